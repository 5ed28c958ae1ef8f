import t from 'tap'
import { appliedNames, cutoffOf, readPeriods, retentionClasses, retentionNames } from '../../src/domain/retention.ts'

t.test('every class says what, how long and from when', async (t) => {
  for (const name of retentionNames) {
    const { what, from, days } = retentionClasses[name]
    t.match(what, /^[A-Z].*\.$/, name)
    t.ok(from.length > 5 && (days === null || days > 0), name)
  }
  t.same(
    retentionNames.filter((name) => !appliedNames.includes(name)),
    ['answers', 'auditLog', 'statistics', 'erasureMarks'],
  )
})

t.test('days are counted back from now', async (t) => {
  t.equal(cutoffOf('2021-06-14T00:00:00Z', 30), '2021-05-15T00:00:00Z')
  t.equal(cutoffOf('2021-03-28T12:00:00.500Z', 1), '2021-03-27T12:00:00.500Z')
})

t.test('own periods', async (t) => {
  t.same(readPeriods(''), { periods: {}, faults: [] })
  t.same(readPeriods(' drafts=1 ,mails = 99999 '), { periods: { drafts: 1, mails: 99_999 }, faults: [] })
  for (const text of [
    'x',
    'drafts',
    'drafts=',
    'drafts=0',
    'drafts=1.5',
    'drafts=100000',
    'statistics=1',
    'constructor=1',
  ])
    t.equal(readPeriods(text).faults.length, 1, text)
})
