import { randomUUID } from 'node:crypto'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { isEmail } from '../domain/text.ts'
import { enqueue, enqueueMany } from '../jobs/queue.ts'
import { insertMails } from './queries.ts'
import type { Message, TemplateName } from './templates.ts'

/** Two days of tries at the pace of the queue. */
export const maxAttempts = 14

export interface Outgoing {
  /** One plain address: each message has one recipient. */
  to: string
  template: TemplateName
  /** What is kept of how the template was filled: no secret, and never a name, a country and a theme together. */
  params: Record<string, string | number>
  message: Message
  /** From then on it is not sent any more. */
  usefulUntil?: string
}

/** Puts a message into the outbox in the transaction of its cause: it goes out if and only if the cause is committed. */
export async function enqueueMail(deps: Pick<Deps, 'config'>, tx: Tx, mail: Outgoing, now: string): Promise<string> {
  const [id] = await enqueueMails(deps, tx, [mail], now)
  return id as string
}

/** The same for many, each with its one recipient, in two statements; the ids are in the order of the messages. */
export async function enqueueMails(
  { config }: Pick<Deps, 'config'>,
  tx: Tx,
  mails: readonly Outgoing[],
  now: string,
): Promise<string[]> {
  if (mails.length === 0) return []
  for (const { to, message } of mails) {
    if (!isEmail(to) || hasControls(to)) throw new Error('A message goes to one plain address.')
    if (hasControls(message.subject)) throw new Error('A subject is one line.')
  }
  const rows = mails.map(({ to, template, params, message, usefulUntil }) => ({
    to_address: to,
    template,
    params: JSON.stringify(params),
    subject: message.subject,
    text: message.text,
    message_id: `<${randomUUID()}@${hostOf(config)}>`,
    created_at: now,
    useful_until: usefulUntil ?? null,
  }))
  const ids = await insertMails(tx, rows)
  await enqueueMany(
    tx,
    'mail-send',
    ids.map((mailId) => ({ payload: { mailId }, jobKey: `mail:${mailId}` })),
    maxAttempts,
  )
  return ids
}

/** A mail server that takes a message twice can tell by its Message-ID, which never changes. */
export const enqueueSending = (db: Deps['db'], mailId: string) =>
  enqueue(db, 'mail-send', { mailId }, { jobKey: `mail:${mailId}`, jobKeyMode: 'preserve_run_at', maxAttempts })

const hasControls = (text: string): boolean => /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)

const hostOf = ({ mail, http }: Deps['config']): string =>
  mail.from?.address.split('@').at(-1) ?? new URL(http.publicUrl).hostname
