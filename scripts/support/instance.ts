import { join } from 'node:path'
import { startJotformApi } from '../../test/support/jotform-api.ts'
import { readRound } from '../../test/support/jotform-fixtures.ts'
import { type ApiClient, apiClient } from './client.ts'
import { type Closing, temporaryDirectory } from './run.ts'
import { createSender, type Posting } from './sender.ts'
import { newIdentity, startService } from './service.ts'
import { waitFor } from './wait.ts'

export const jotform = '/v1/integrations/jotform'

const settleLimitMs = 60_000
/** States of a submission that has still something to come by itself. */
const unfinished = ['received', 'verified', 'filesPending']

export type Instance = Awaited<ReturnType<typeof startInstance>>

export interface InstanceOptions {
  round: 'round38' | 'hostile'
  /** Where both clocks stand at the start. */
  now: string
  connections?: number
}

/** A fresh sandbox service with a database of its own and a Jotform beside it, and the round's mapping in place. */
export async function startInstance(closing: Closing, { round: name, now, connections = 8 }: InstanceOptions) {
  const round = readRound(name)
  const dataDir = await temporaryDirectory(closing, 'demo')
  const identity = await newIdentity()
  const api = await startJotformApi({ dir: round.dir, now, apiKey: identity.jotformKey })
  closing.defer(api.close)
  const service = await startService(closing, {
    dataDir,
    identity,
    env: {
      SANDBOX: 'true',
      JOTFORM_API_URL: api.url,
      JOTFORM_FILES_URL: api.url,
      JOTFORM_API_KEY: identity.jotformKey,
      JOTFORM_HOOK_SECRETS: identity.hookSecret,
    },
  })
  const client = apiClient(service.url, identity.adminKey)
  const hook = `${service.url}${jotform}/hooks/${identity.hookSecret}`
  api.registerWebhook(hook)
  const sender = createSender(hook, connections)
  closing.defer(sender.close)

  const setClock = (instant: string) => client.put('/v1/sandbox/clock', { now: instant })
  /** Nothing is left that would run now. What waits for a later time, such as the next question to Jotform, is not waited for. */
  const settled = () =>
    waitFor(
      'the queue is worked off',
      async () => {
        const { ready = 0, running = 0 } = await client.countJobs()
        if (ready + running > 0) return undefined
        const { counts } = await client.get<{ counts: Record<string, number> }>(`${jotform}/status`)
        return unfinished.every((state) => counts[state] === undefined) ? true : undefined
      },
      { limitMs: settleLimitMs },
    )

  await setClock(now)
  await client.put(`${jotform}/forms/${round.mapping.formId}`, round.mapping)
  return {
    round,
    api,
    client,
    readyAfterMs: service.readyAfterMs,
    settled,
    /**
     * Both clocks, and what falls due by it. Jotform is silent meanwhile: no poll may find at the old time of the service what
     * was sent at the new one, which no real clock does.
     */
    async moveTo(instant: string) {
      const release = api.hold()
      try {
        const moved = setClock(instant)
        await Promise.race([moved, waitFor('the clock is moved', () => hasMoved(client, instant), { limitMs: 10_000 })])
        api.setNow(instant)
        release()
        await moved
      } finally {
        release()
      }
      await settled()
    },
    async deliver({ file, contentType }: { file: string; contentType: string }) {
      const posting: Posting = { contentType, body: round.read(file) }
      const posted = await sender.post(posting)
      if (!('status' in posted) || posted.status !== 200)
        throw new Error(`${file} was answered ${JSON.stringify(posted)} instead of 200`)
    },
    stop: service.stop,
    logFile: join(dataDir, 'service.log'),
  }
}

async function hasMoved(client: ApiClient, instant: string): Promise<true | undefined> {
  const { now } = await client.get<{ now: string }>('/v1/sandbox/clock')
  const behindMs = Date.parse(now) - Date.parse(instant)
  return behindMs >= 0 && behindMs < 1_000 ? true : undefined
}
