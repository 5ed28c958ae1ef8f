import t from 'tap'
import type { Timing } from '../../src/domain/receipt.ts'
import { chooseAssessedVersion } from '../../src/domain/versions.ts'

const closesAt = '2021-01-08T23:00:00Z'
const before = { n: 1, receivedAt: '2021-01-08T21:00:00Z' }
const lastSecond = { n: 2, receivedAt: '2021-01-08T22:59:59.999Z' }
const after = { n: 3, receivedAt: closesAt }

/** All for one country. */
const choose = (versions: { n: number; receivedAt: string }[], submitted: number, closesAt: string, timing: Timing) =>
  chooseAssessedVersion(
    versions.map((version) => ({ ...version, closesAt, timing })),
    submitted,
  )

t.test('the last content before the deadline counts; an edit after it never does', async (t) => {
  t.strictSame(choose([before, lastSecond, after], 1, closesAt, 'onTime'), { n: 2 })
  t.strictSame(choose([after, lastSecond, before], 1, closesAt, 'onTime'), { n: 2 }, 'in any order')
  t.strictSame(choose([before, after], 1, closesAt, 'onTime'), { n: 1 })
  t.strictSame(choose([before, { ...before, n: 2 }], 1, closesAt, 'onTime'), { n: 2 }, 'the same instant')
})

t.test('a late application counts as it was handed in, even if a draft was there before', async (t) => {
  t.strictSame(choose([before, after], 3, closesAt, 'late'), { n: 3 })
  t.strictSame(choose([after, { n: 4, receivedAt: '2021-01-09T08:00:00Z' }], 3, closesAt, 'late'), {
    n: 3,
  })
})

t.test('on time, but only later content was ever seen: nobody can say what stood there', async (t) => {
  t.match(choose([after], 3, closesAt, 'onTime'), { n: 3, unknown: /deadline unknown/ })
})

t.test('an undecided receipt takes the last content in time, or what was handed in', async (t) => {
  t.strictSame(choose([before, after], 1, closesAt, 'undetermined'), { n: 1 })
  t.strictSame(choose([after], 3, closesAt, 'undetermined'), { n: 3 })
})

t.test('content for another country counts by the end of that country', async (t) => {
  const extended = '2021-01-15T23:00:00Z'
  const first = { ...before, closesAt, timing: 'onTime' as const }
  const moved = { n: 2, receivedAt: '2021-01-12T10:00:00Z', closesAt: extended, timing: 'onTime' as const }
  t.strictSame(chooseAssessedVersion([first, moved], 1), { n: 2 }, 'in time for the country it names')
  const back = { ...moved, closesAt }
  const longer = { ...first, closesAt: extended }
  t.strictSame(chooseAssessedVersion([longer, back], 1), { n: 1 }, 'too late for the country it names')
  const late = { ...first, receivedAt: '2021-01-10T10:00:00Z', timing: 'late' as const }
  t.strictSame(chooseAssessedVersion([late, moved], 1), { n: 2 }, 'arrived in time for the second country alone')
  const draft = { ...first, closesAt: extended }
  const handedIn = { ...moved, closesAt, timing: 'late' as const }
  t.strictSame(chooseAssessedVersion([draft, handedIn], 2), { n: 2 }, 'a draft for another country was never handed in')
})
