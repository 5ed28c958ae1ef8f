import type { Closing } from './run.ts'
import { findDatabase, isReady, type Service, type ServiceOptions, startService } from './service.ts'
import { waitFor } from './wait.ts'

/** A process that is killed without warning once so many deliveries have begun. */
export interface Kill {
  what: 'service' | 'database'
  after: number
  /** From the kill until /health/ready says 200 again. */
  readyMs?: number
  /** Between the last delivery answered 200 before the kill and the first one after it. */
  silentMs?: number
}

const recoveryLimitMs = 60_000

/** A service that is killed and started again, and told of every delivery that it answered 200. */
export async function createCampaign(closing: Closing, options: ServiceOptions) {
  let service: Service = await startService(closing, options)
  const kills: Kill[] = []
  let lastAnswerAt = performance.now()
  let broken: { kill: Kill; since: number } | undefined

  const killService = async () => {
    await service.kill()
    service = await startService(closing, options)
  }
  const killDatabase = async () => {
    const pid = await findDatabase(options.dataDir)
    if (pid === undefined) throw new Error('The database has no process.')
    process.kill(pid, 'SIGKILL')
    await waitFor(
      'the database is back',
      async () => {
        if (service.hasEnded()) throw new Error('The service did not outlive its database.')
        const found = await findDatabase(options.dataDir)
        return found !== undefined && found !== pid && (await isReady(service.url)) ? true : undefined
      },
      { limitMs: recoveryLimitMs, everyMs: 5 },
    )
  }

  return {
    url: service.url,
    kills,
    /** A delivery was answered 200 just now. */
    answered() {
      const now = performance.now()
      // What was answered before the kill may arrive after it: an answer counts from when the process is back.
      if (broken?.kill.readyMs !== undefined) {
        broken.kill.silentMs = now - broken.since
        broken = undefined
      }
      lastAnswerAt = now
    },
    async killAt(plan: Kill[], begun: () => number) {
      for (const kill of plan) {
        await waitFor('deliveries arrive', async () => (begun() >= kill.after ? true : undefined), {
          limitMs: recoveryLimitMs,
          everyMs: 1,
        })
        const killedAt = performance.now()
        broken = { kill, since: lastAnswerAt }
        kills.push(kill)
        await (kill.what === 'service' ? killService() : killDatabase())
        kill.readyMs = performance.now() - killedAt
      }
    },
  }
}
