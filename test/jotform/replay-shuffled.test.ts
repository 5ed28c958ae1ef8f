import { sql } from 'kysely'
import t from 'tap'
import { checkRound, type Intake, startIntake } from '../support/jotform-intake.ts'
import { sized } from '../support/sizes.ts'

/** The same shuffle every time, so that a failure can be looked at again. */
function shuffle<T>(items: T[], seed: number): T[] {
  let state = seed
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
  return items
    .map((item) => [next(), item] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item)
}

/** So many submissions of each kind that the round has; the others are of no round then. */
function keepSome({ api, round }: Intake, ofEach: number): void {
  const seen = new Map<string, number>()
  const kept = round.expected.filter(({ kind, outcome, special, missing }) => {
    const name = [kind, outcome, special, ...missing].join(' ')
    seen.set(name, (seen.get(name) ?? 0) + 1)
    return (seen.get(name) ?? 0) <= ofEach
  })
  const ids = kept.map(({ submissionID }) => submissionID)
  api.keepOnly(...ids)
  round.expected = kept
  round.deliveries = round.deliveries.filter(({ submissionID }) => ids.includes(submissionID))
}

async function deliverAll({ round, deliver }: Intake, seed: number): Promise<number[]> {
  const twice = shuffle([...round.deliveries, ...round.deliveries], seed)
  const statuses: number[] = []
  const sender = async () => {
    for (let delivery = twice.pop(); delivery !== undefined; delivery = twice.pop())
      statuses.push(await deliver(delivery))
  }
  await Promise.all(Array.from({ length: 8 }, sender))
  return statuses
}

for (const name of ['round38', 'hostile'] as const) {
  for (const polledFirst of [false, true]) {
    const how = polledFirst ? 'after a poll saw everything' : 'before any poll'
    t.test(`${name} in random order, twice, eight at a time, ${how}: the same`, async (t) => {
      const intake = await startIntake(t, { round: name })
      keepSome(intake, sized(1, 100))
      await intake.moveTo('2021-01-09T02:00:00Z', { poll: polledFirst })
      const statuses = await deliverAll(intake, polledFirst ? 7 : 38)
      t.ok(statuses.every((status) => status === 200))
      await intake.settled()
      for (const instant of ['2021-01-09T02:16:00Z', '2021-01-09T02:33:00Z', '2021-01-09T02:50:00Z'])
        await intake.moveTo(instant)
      await checkRound(t, intake)
      const { rows } = await sql<{
        n: number
      }>`select count(*)::int as n from jotform_delivery where source = 'webhook'`.execute(intake.app.db)
      t.equal(rows[0]?.n, intake.round.deliveries.length * 2, 'every delivery is kept')
    })
  }
}
