// Sends thousands of different deliveries to the real service while it is killed again and again, and its database once, and counts:
// every delivery that was answered 200 must end as exactly one application.
// npm run crash [-- --never-resend] [--count=2000] [--seed=1] [--service-kills=3] [--database-kills=1]
import { setTimeout as delay } from 'node:timers/promises'
import { startJotformApi } from '../test/support/jotform-api.ts'
import { createCampaign, type Kill } from './support/campaign.ts'
import { type ApiClient, apiClient } from './support/client.ts'
import { jotform } from './support/instance.ts'
import { deliveryMaker, type MadeDelivery } from './support/made-deliveries.ts'
import { createProgress } from './support/progress.ts'
import { flag, option, seededRandom } from './support/random.ts'
import { runScript, temporaryDirectory } from './support/run.ts'
import { createSender } from './support/sender.ts'
import { newIdentity } from './support/service.ts'

const limitMs = 12 * 60_000
const stillMs = 60_000
const connections = 16
const count = Number(option('count') ?? 2_000)
const seed = Number(option('seed') ?? Date.now() % 1_000_000)
const serviceKills = Number(option('service-kills') ?? 3)
const databaseKills = Number(option('database-kills') ?? 1)
const resends = !flag('never-resend')
/** How long a relay waits before it tries again; without a relay, how long until the next applicant of this connection. */
const pauseMs = resends ? 100 : 500
/** Two hours before the deadline, when Jotform is polled every minute too. */
const startsAt = '2021-01-08T21:00:00Z'

interface Ledger {
  made: Map<string, MadeDelivery>
  /** Answered 200; never sent again after that. */
  answered: Set<string>
  attempts: number
  /** Attempts that were not answered 200, by reason. */
  failures: Map<string, number>
  unavailableWithoutRetryAfter: number
}

await runScript(limitMs, async (closing) => {
  console.log(
    `${count} deliveries over ${connections} connections, seed ${seed}, ${resends ? 'a relay sends again what was not answered 200' : 'nothing is sent again'}`,
  )
  const random = seededRandom(seed)
  const maker = deliveryMaker(random)
  const identity = await newIdentity()
  const api = await startJotformApi({ dir: maker.dir, now: startsAt, apiKey: identity.jotformKey })
  closing.defer(api.close)
  api.rows.clear()
  api.faults.fileContent = maker.upload
  const campaign = await createCampaign(closing, {
    dataDir: await temporaryDirectory(closing, 'crash'),
    identity,
    env: {
      SANDBOX: 'true',
      JOTFORM_API_URL: api.url,
      JOTFORM_FILES_URL: api.url,
      JOTFORM_API_KEY: identity.jotformKey,
      JOTFORM_HOOK_SECRETS: identity.hookSecret,
    },
  })
  const client = apiClient(campaign.url, identity.adminKey)
  await client.put('/v1/sandbox/clock', { now: startsAt })
  api.setNow(startsAt)
  await client.put(`${jotform}/forms/${maker.mapping.formId}`, maker.mapping)

  const hook = `${campaign.url}${jotform}/hooks/${identity.hookSecret}`
  api.registerWebhook(hook)
  const sender = createSender(hook, connections)
  closing.defer(sender.close)
  const begunAt = performance.now()
  const now = () => new Date(Date.parse(startsAt) + performance.now() - begunAt).toISOString()
  const ledger: Ledger = {
    made: new Map(),
    answered: new Set(),
    attempts: 0,
    failures: new Map(),
    unavailableWithoutRetryAfter: 0,
  }
  const progress = createProgress('sent', count)
  let next = 0

  const sendAll = async () => {
    while (next < count) {
      const delivery = maker.make(next, now())
      next += 1
      ledger.made.set(delivery.submissionId, delivery)
      // Jotform stores a submission before it calls.
      api.rows.set(delivery.submissionId, delivery.row)
      while (!(await attempt(delivery)) && resends) await delay(pauseMs)
      progress.show(ledger.made.size, `${ledger.answered.size} answered 200, ${campaign.kills.length} kills`)
    }
  }
  const attempt = async ({ submissionId, contentType, body }: MadeDelivery): Promise<boolean> => {
    ledger.attempts += 1
    const posted = await sender.post({ contentType, body })
    if ('status' in posted && posted.status === 200) {
      ledger.answered.add(submissionId)
      campaign.answered()
      return true
    }
    const reason = 'status' in posted ? String(posted.status) : posted.failed
    ledger.failures.set(reason, (ledger.failures.get(reason) ?? 0) + 1)
    if ('status' in posted && posted.status === 503 && posted.retryAfter === undefined) {
      ledger.unavailableWithoutRetryAfter += 1
    }
    if (!resends) await delay(pauseMs)
    return false
  }

  const plan = planKills(random)
  const killing = campaign.killAt(plan, () => next)
  await Promise.all([killing, ...Array.from({ length: connections }, sendAll)])
  const sentMs = performance.now() - begunAt
  progress.end(`in ${(sentMs / 1000).toFixed(1)} s, ${ledger.answered.size} answered 200`)
  const isDrained = await drain(client)
  return (await report(client, ledger, campaign.kills)) && isDrained
})

/** As many equal stretches of the run as kills, one kill somewhere in each; which of them is the database's is drawn too. */
function planKills(random: () => number): Kill[] {
  const total = serviceKills + databaseKills
  const order = Array.from({ length: total }, (_, index) => ({
    draw: random(),
    what: index < serviceKills ? ('service' as const) : ('database' as const),
  })).sort((a, b) => a.draw - b.draw)
  return order.map(({ what }, index) => ({
    what,
    after: Math.trunc(count * (0.05 + (0.85 * (index + random())) / total)),
  }))
}

/**
 * Until no job can run, every delivery was read and every submission has come to its end. A slow machine may take its time: the queue has
 * failed when nothing moves any more. Jobs that broke off wait some seconds before they run again.
 */
async function drain(client: ApiClient): Promise<boolean> {
  const begunAt = performance.now()
  let standing = ''
  for (let movedAt = begunAt; performance.now() - movedAt < stillMs; await delay(100)) {
    const jobs = await client.countJobs()
    const { counts } = await client.get<{ counts: Record<string, number> }>(`${jotform}/status`)
    const unfinished = ['received', 'verifying', 'verified', 'filesPending'].some((state) => counts[state])
    const left = (jobs.ready ?? 0) + (jobs.running ?? 0) + (jobs.scheduled ?? 0)
    if (left === 0 && !unfinished) {
      console.log(`queue worked off ${((performance.now() - begunAt) / 1000).toFixed(1)} s later`)
      return true
    }
    const now = JSON.stringify({ jobs, counts })
    if (now !== standing) movedAt = performance.now()
    standing = now
  }
  console.log(`✗ the queue stands still for ${stillMs / 1000} s at ${standing}`)
  return false
}

interface Application {
  outcome: string
  source: { submissionId?: string }
}

async function report(client: ApiClient, ledger: Ledger, kills: Kill[]): Promise<boolean> {
  const { made, answered, attempts, failures } = ledger
  const deliveries = await client.list<{ submissionId: string | null; state: string }>(
    `${jotform}/deliveries?source=webhook`,
  )
  const applications = await client.list<Application>('/v1/applications?preSession=38')
  // Only a job without a key ends as failed when nothing took its place: another job of the same key does the work of one that broke off.
  const givenUp = (await client.countJobs('jotform-interpret')).failed ?? 0
  const rows = countBy(deliveries, ({ submissionId }) => submissionId ?? '')
  const applied = countBy(applications, ({ source }) => source.submissionId ?? '')
  const ids = [...answered]
  const unanswered = [...made.keys()].filter((id) => !answered.has(id))
  const wrong = applications.filter(({ source, outcome }) => made.get(source.submissionId ?? '')?.outcome !== outcome)
  const lost = ids.filter((id) => (applied.get(id) ?? 0) === 0)
  const doubled = [...applied.values()].filter((n) => n > 1)
  const print = (n: number, what: string, isRight = true) => {
    console.log(`${isRight ? '✓' : '✗'} ${String(n).padStart(5)}  ${what}`)
    return isRight
  }

  printKills(kills)
  console.log(
    `\n${attempts} attempts; not answered 200: ${[...failures].map(([reason, n]) => `${n} × ${reason}`).join(', ') || 'none'}`,
  )
  const surprises = [...failures.keys()].filter((reason) => /^\d+$/.test(reason) && reason !== '503')
  const checks = [
    print(answered.size, 'deliveries answered 200', answered.size > 0 && (!resends || answered.size === count)),
    print(
      ids.filter((id) => !rows.has(id)).length,
      'answered 200 without a delivery that was stored and read',
      ids.every((id) => rows.has(id)),
    ),
    print(applications.length, 'applications'),
    print(
      ids.filter((id) => applied.get(id) === 1).length,
      'answered 200 and exactly one application',
      ids.every((id) => applied.get(id) === 1),
    ),
    print(lost.length, 'lost', lost.length === 0),
    print(doubled.length, 'doubled', doubled.length === 0),
    print(wrong.length, 'decided otherwise than expected', wrong.length === 0),
    print(deliveries.length - answered.size, 'stored although the answer was lost on the way'),
    print(givenUp, 'deliveries that nobody reads any more', givenUp === 0),
    print(surprises.length, 'kinds of answers other than 200 and 503', surprises.length === 0),
    print(ledger.unavailableWithoutRetryAfter, '503 without Retry-After', ledger.unavailableWithoutRetryAfter === 0),
  ]
  if (!resends) {
    print(unanswered.length, 'never answered 200 and never sent again')
    print(unanswered.filter((id) => rows.has(id)).length, '… of them stored all the same')
    print(unanswered.filter((id) => !rows.has(id) && applied.has(id)).length, '… found by a poll by now')
  }
  return checks.every((check) => check)
}

function printKills(kills: Kill[]): void {
  for (const { what, after, readyMs = 0, silentMs } of kills) {
    console.log(
      `${what} killed after ${after} deliveries: ready again in ${Math.round(readyMs)} ms, ${silentMs === undefined ? 'no answer 200 before the next kill' : `${Math.round(silentMs)} ms between two answers 200`}`,
    )
  }
  for (const what of ['service', 'database'] as const) {
    const times = kills.filter((kill) => kill.what === what).map(({ readyMs = 0 }) => readyMs)
    if (times.length === 0) continue
    times.sort((a, b) => a - b)
    const p50 = times[Math.trunc((times.length - 1) / 2)] as number
    console.log(`${what}: ready again p50 ${Math.round(p50)} ms, max ${Math.round(times.at(-1) as number)} ms`)
  }
}

function countBy<T>(items: T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return counts
}
