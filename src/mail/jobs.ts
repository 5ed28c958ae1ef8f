import type { Deps } from '../deps.ts'
import { isEarlier } from '../domain/instant.ts'
import type { Task, Tick } from '../jobs/worker.ts'
import { expireMails, findQueuedMail, listForgottenMails, updateMail } from './queries.ts'
import { enqueueSending, maxAttempts } from './service.ts'

const tickMs = 60_000
const timeoutMs = 20_000
/** How many forgotten mails are taken up at a time. */
const batch = 500

type SendMail = (message: object) => Promise<unknown>

export const mailTasks = (deps: Deps): Record<string, Task> => {
  const send = mailSender(deps)
  return { 'mail-send': (payload) => sendQueued(deps, send, (payload as { mailId: string }).mailId) }
}

export const mailTicks = (deps: Deps): Tick[] => [{ name: 'mail-outbox', everyMs: tickMs, run: () => tidyOutbox(deps) }]

/** Nothing without SMTP_URL. The library is loaded with the first mail: most processes never send one. */
function mailSender({ config }: Deps): SendMail | undefined {
  const { smtpUrl } = config.mail
  if (smtpUrl === undefined) return undefined
  let transport: Promise<{ sendMail: SendMail }> | undefined
  return async (message) => {
    transport ??= import('nodemailer').then(({ createTransport }) =>
      createTransport({
        url: smtpUrl,
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        disableFileAccess: true,
        disableUrlAccess: true,
      }),
    )
    await (await transport).sendMail(message)
  }
}

/** Sends one message and drops its text. Without a mail server it stays where it is. */
async function sendQueued(deps: Deps, send: SendMail | undefined, id: string): Promise<void> {
  const { db, clock, config } = deps
  const mail = send === undefined ? undefined : await findQueuedMail(db, id)
  if (send === undefined || mail === undefined) return
  // The sandbox keeps what it sent, since it is there to be looked at.
  const dropText = config.sandbox ? {} : { text: null }
  if (mail.useful_until !== null && !isEarlier(clock.now(), mail.useful_until))
    return void (await updateMail(db, id, { state: 'failed', last_error: 'EXPIRED', ...dropText }))
  const attempts = mail.attempts + 1
  try {
    await send({
      from: config.mail.from,
      to: { name: '', address: mail.to_address },
      // Said apart from the headers, so that nothing in them can add a recipient.
      envelope: { from: config.mail.from?.address, to: [mail.to_address] },
      subject: mail.subject,
      text: mail.text,
      messageId: mail.message_id,
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
  } catch (error) {
    const { reason, isFinal } = failureOf(error)
    const givesUp = isFinal || attempts >= maxAttempts
    await updateMail(db, id, { attempts, last_error: reason, ...(givesUp ? { state: 'failed', ...dropText } : {}) })
    if (givesUp) return deps.log.error({ mail: id, reason }, 'a mail could not be sent')
    // The queue logs this and tries again later: it must not hold the server's words, which name the address.
    throw new Error(`A mail could not be sent: ${reason}`)
  }
  await updateMail(db, id, { state: 'sent', attempts, last_error: null, sent_at: clock.now(), ...dropText })
}

/** A mail server that refuses the recipient or the message for good is not asked again; a fault of its configuration may be mended. */
function failureOf(error: unknown): { reason: string; isFinal: boolean } {
  const { code, responseCode, command } = error as { code?: string; responseCode?: number; command?: string }
  return {
    reason: [code ?? 'UNKNOWN', command, responseCode].filter((part) => part !== undefined).join(' '),
    isFinal: (responseCode ?? 0) >= 500 && ['RCPT TO', 'DATA'].includes(command ?? ''),
  }
}

async function tidyOutbox({ db, clock, config }: Deps): Promise<void> {
  if (!config.sandbox) await expireMails(db, clock.now())
  if (config.mail.smtpUrl === undefined) return
  for (const { id } of await listForgottenMails(db, batch)) await enqueueSending(db, id)
}
