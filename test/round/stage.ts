import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { adminKey } from '../support/app.ts'
import { testDatabase } from '../support/database.ts'
import { type HttpClient, httpClient } from '../support/http-client.ts'
import { hookSecret } from '../support/jotform-intake.ts'
import { tokenIn } from '../support/links.ts'
import { startScript } from '../support/process.ts'

/** The service as a process, with the sandbox's clock and mailbox; everything in this story goes over HTTP. */
export async function openStage(t: Test) {
  const dataDir = await mkdtemp(join(tmpdir(), 'pre-sessions-round-'))
  const service = startScript('src/server.ts', {
    SANDBOX: 'true',
    ADMIN_API_KEY: adminKey,
    DATA_DIR: dataDir,
    DATABASE_URL: await testDatabase(t),
    JOTFORM_HOOK_SECRETS: hookSecret,
    RATE_LIMIT_PER_MINUTE: '1000000',
    PORT: '0',
  })
  t.teardown(async () => {
    await service.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  const address = await service.address()
  const admin = httpClient(address, adminKey)
  const anyone = httpClient(address)

  /** Asks until the answer is there: the queue works beside. */
  async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (const began = performance.now(); performance.now() - began < 20_000; ) {
      const found = await look()
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
    throw new Error(`In twenty seconds there was no ${what}.`)
  }

  const mailsTo = async (to: string) => {
    const mails = (await admin.get('/v1/sandbox/mails?limit=100')).body.data as { to: string; text: string }[]
    return mails.filter((mail) => mail.to === to)
  }

  return {
    service,
    address,
    admin,
    anyone,
    until,
    mailsTo,
    at: (now: string) => admin.put(200, '/v1/sandbox/clock', { now }),
    /** A person who asks for a link, opens the mail and exchanges its token for a session. */
    async enter(request: { email: string; purpose: string; preSession?: number }): Promise<HttpClient> {
      const before = (await mailsTo(request.email)).length
      await anyone.post(202, '/v1/access-links', { preSession: 38, ...request })
      const mail = await until(`link for ${request.email}`, async () => {
        const mails = await mailsTo(request.email)
        return mails.length > before ? mails[0] : undefined
      })
      const { body } = await anyone.post(201, '/v1/sessions', { token: tokenIn(mail.text) })
      return httpClient(address, body.token)
    },
  }
}

export type Stage = Awaited<ReturnType<typeof openStage>>
