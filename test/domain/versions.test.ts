import t from 'tap'
import { chooseAssessedVersion, type VersionFacts } from '../../src/domain/versions.ts'

const closesAt = '2021-01-08T23:00:00Z'
const before: VersionFacts = { n: 1, receivedAt: '2021-01-08T21:00:00Z' }
const lastSecond: VersionFacts = { n: 2, receivedAt: '2021-01-08T22:59:59.999Z' }
const after: VersionFacts = { n: 3, receivedAt: closesAt }

t.test('the last content before the deadline counts; an edit after it never does', async (t) => {
  t.strictSame(chooseAssessedVersion([before, lastSecond, after], 1, closesAt, 'onTime'), { n: 2 })
  t.strictSame(chooseAssessedVersion([after, lastSecond, before], 1, closesAt, 'onTime'), { n: 2 }, 'in any order')
  t.strictSame(chooseAssessedVersion([before, after], 1, closesAt, 'onTime'), { n: 1 })
  t.strictSame(
    chooseAssessedVersion([before, { ...before, n: 2 }], 1, closesAt, 'onTime'),
    { n: 2 },
    'the same instant',
  )
})

t.test('a late application counts as it was handed in, even if a draft was there before', async (t) => {
  t.strictSame(chooseAssessedVersion([before, after], 3, closesAt, 'late'), { n: 3 })
  t.strictSame(chooseAssessedVersion([after, { n: 4, receivedAt: '2021-01-09T08:00:00Z' }], 3, closesAt, 'late'), {
    n: 3,
  })
})

t.test('on time, but only later content was ever seen: nobody can say what stood there', async (t) => {
  t.match(chooseAssessedVersion([after], 3, closesAt, 'onTime'), { n: 3, unknown: /deadline unknown/ })
})

t.test('an undecided receipt takes the last content in time, or what was handed in', async (t) => {
  t.strictSame(chooseAssessedVersion([before, after], 3, closesAt, 'undetermined'), { n: 1 })
  t.strictSame(chooseAssessedVersion([after], 3, closesAt, 'undetermined'), { n: 3 })
})
