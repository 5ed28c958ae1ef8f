// Replays a whole round over real HTTP against a fresh sandbox service with a Jotform beside it, the clock moved through the call,
// and holds every decision against what was expected.
// npm run demo [-- --shuffled | -- --hostile] [--seed=38]
import type { FixtureDelivery } from '../test/support/jotform-fixtures.ts'
import { readDecisions, readTotals } from './support/decisions.ts'
import { type Instance, jotform, startInstance } from './support/instance.ts'
import { createProgress } from './support/progress.ts'
import { flag, option, seededRandom, shuffle } from './support/random.ts'
import { inGeneva, printDecisions, printTotals } from './support/report.ts'
import { type Closing, runScript } from './support/run.ts'

const limitMs = 5 * 60_000
const seed = Number(option('seed') ?? 38)
const beforeTheCall = '2021-01-04T10:00:00Z'
const afterTheCall = '2021-01-09T02:00:00Z'
/** Past the deadline: the late edit, the closing run, and what settles the forged ones, which Jotform has to deny for half an hour. */
const afterLast = ['2021-01-08T23:07:30Z', '2021-01-08T23:15:30Z', '2021-01-09T00:40:00Z', '2021-01-09T01:20:00Z']
const afterShuffled = ['2021-01-09T02:16:00Z', '2021-01-09T02:33:00Z', '2021-01-09T02:50:00Z']
const atOnce = 8

await runScript(limitMs, async (closing) => {
  const begunAt = performance.now()
  const all = !flag('shuffled') && !flag('hostile')
  const parts: (() => Promise<boolean>)[] = []
  if (all) parts.push(() => inOrder(closing, 'round38', 'Round 38 as it happened'))
  if (all || flag('shuffled')) {
    parts.push(() => shuffled(closing, { polledFirst: false }))
    parts.push(() => shuffled(closing, { polledFirst: true }))
  }
  if (all || flag('hostile')) parts.push(() => inOrder(closing, 'hostile', 'Twelve hostile submissions'))
  let isRight = true
  for (const part of parts) isRight = (await part()) && isRight
  const seconds = Math.round((performance.now() - begunAt) / 1000)
  console.log(`\n${isRight ? 'Everything as expected' : 'NOT everything as expected'}, in ${seconds} s`)
  return isRight
})

async function inOrder(closing: Closing, name: 'round38' | 'hostile', title: string): Promise<boolean> {
  const instance = await begin(closing, title, name, beforeTheCall)
  const { deliveries } = instance.round
  const progress = createProgress('replay', deliveries.length)
  for (const [index, delivery] of deliveries.entries()) {
    await instance.moveTo(delivery.arrivesAt)
    await instance.deliver(delivery)
    await instance.settled()
    progress.show(index + 1, `${inGeneva(delivery.arrivesAt)} in Geneva`)
  }
  progress.end('deliveries, each at its time')
  return finish(instance, afterLast, { sent: deliveries.length, table: true })
}

/** Everything comes after the deadline, in any order and twice: the decisions must be the same. */
async function shuffled(closing: Closing, { polledFirst }: { polledFirst: boolean }): Promise<boolean> {
  const how = polledFirst ? 'after a poll saw everything' : 'before any poll'
  const title = `Round 38 in random order (seed ${seed}), twice, ${atOnce} at a time, ${how}`
  const instance = await begin(closing, title, 'round38', beforeTheCall)
  // The polls that fall due at the deadline fail, so that nothing is known before its delivery.
  if (!polledFirst) instance.api.faults.status = 503
  await instance.moveTo(afterTheCall)
  instance.api.faults.status = undefined
  const previewsSeen = polledFirst ? await countPreviewApplications(instance) : undefined
  const sent = await deliverShuffled(instance)
  await instance.settled()
  const isRight = await finish(instance, afterShuffled, { sent, table: false })
  if (previewsSeen === undefined) return isRight
  const previews = instance.round.expected.filter(({ kind }) => kind === 'preview').length
  console.log(
    `${previewsSeen === previews ? '✓' : '✗'} ${String(previewsSeen).padStart(4)}  previews were applications when the poll saw them, and are tests since their webhooks`,
  )
  return isRight && previewsSeen === previews
}

async function deliverShuffled(instance: Instance): Promise<number> {
  const { deliveries } = instance.round
  const waiting: FixtureDelivery[] = shuffle([...deliveries, ...deliveries], seededRandom(seed))
  const total = waiting.length
  const progress = createProgress('replay', total)
  const send = async () => {
    for (let delivery = waiting.pop(); delivery !== undefined; delivery = waiting.pop()) {
      await instance.deliver(delivery)
      progress.show(total - waiting.length, 'in random order')
    }
  }
  await Promise.all(Array.from({ length: atOnce }, send))
  progress.end('deliveries in random order')
  return total
}

/** Jotform's API does not tell a preview from a submission: only the webhook does. */
async function countPreviewApplications({ client, round }: Instance): Promise<number> {
  const previews = round.expected.filter(({ kind }) => kind === 'preview')
  const seen = await Promise.all(
    previews.map(({ submissionID }) =>
      client.get<{ applicationId: string | null }>(`${jotform}/submissions/${submissionID}`),
    ),
  )
  return seen.filter(({ applicationId }) => applicationId !== null).length
}

async function begin(closing: Closing, title: string, round: 'round38' | 'hostile', now: string): Promise<Instance> {
  console.log(`\n${title}`)
  const instance = await startInstance(closing, { round, now, connections: atOnce })
  console.log(`fresh instance ready after ${(instance.readyAfterMs / 1000).toFixed(1)} s`)
  return instance
}

async function finish(
  instance: Instance,
  instants: string[],
  { sent, table }: { sent: number; table: boolean },
): Promise<boolean> {
  for (const instant of instants) await instance.moveTo(instant)
  const decisions = await readDecisions(instance)
  const totals = await readTotals(instance, decisions, sent)
  printDecisions(table ? decisions : decisions.filter(({ differences }) => differences.length > 0))
  const isRight = printTotals(decisions, totals)
  await instance.stop()
  return isRight
}
