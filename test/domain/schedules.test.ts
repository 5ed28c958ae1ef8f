import t from 'tap'
import { isForged } from '../../src/domain/forgery.ts'
import { addSeconds } from '../../src/domain/instant.ts'
import {
  closingRunAt,
  dailyFullUntil,
  duePolls,
  type PollFacts,
  pollIntervalSeconds,
} from '../../src/domain/poll-schedule.ts'
import { nextAttemptDelaySeconds } from '../../src/domain/retry.ts'
import { sayDuration } from '../../src/domain/wording.ts'

const closesAt = '2021-01-08T23:00:00Z'
const minute = 60
const hour = 3600
const day = 86_400
const at = (seconds: number) => addSeconds(closesAt, seconds)

t.test('tries at Jotform come ever later, and end after 72 hours', async (t) => {
  t.strictSame([0, 1, 2, 3, 4, 5, 6].map(nextAttemptDelaySeconds), [0, 10, 60, 300, 900, 900, 900])
  let waited = 0
  let tries = 1
  for (let delay = nextAttemptDelaySeconds(tries); delay !== undefined; delay = nextAttemptDelaySeconds(tries)) {
    waited += delay
    tries += 1
  }
  t.ok(waited <= 72 * hour && waited > 72 * hour - 900, `${waited} s`)
  t.equal(nextAttemptDelaySeconds(tries + 1), undefined)
})

t.test('forged: denied three times over half an hour', async (t) => {
  const tries = [0, 10, 70, 370, 1270, 2170].map(at)
  t.notOk(isForged([], at(day)))
  t.notOk(isForged([at(0), at(hour)], at(day)), 'twice is not enough')
  t.notOk(isForged(tries.slice(0, 5), at(day)), '21 minutes are not enough')
  t.ok(isForged(tries, at(day)))
  t.ok(isForged([at(1800), at(0), at(5)], at(1800)), 'in any order, at 30 minutes sharp')
  t.notOk(isForged([at(1799), at(0), at(5)], at(1800)))
  t.notOk(isForged(tries, at(2169)), 'what lies ahead does not count')
})

t.test('polls come faster towards a deadline', async (t) => {
  const expected: [number, number][] = [
    [-2 * day, 10],
    [-day - 1, 10],
    [-day, 5],
    [-2 * hour - 1, 5],
    [-2 * hour, 1],
    [0, 1],
    [hour, 1],
    [hour + 1, 10],
  ]
  for (const [seconds, minutes] of expected)
    t.equal(pollIntervalSeconds(at(seconds), [closesAt]), minutes * minute, `${seconds} s`)
  t.equal(pollIntervalSeconds(at(-2 * day), [closesAt, at(-2 * day + hour)]), minute, 'any deadline')
  t.equal(pollIntervalSeconds(at(0), []), 10 * minute)
  t.equal(closingRunAt(closesAt), '2021-01-08T23:15:00Z')
  t.equal(dailyFullUntil(closesAt), '2021-02-07T23:00:00Z')
})

t.test('which polls have fallen due', async (t) => {
  const due = (now: number, facts: Partial<PollFacts> = {}) =>
    duePolls({
      now: at(now),
      deadlines: [closesAt],
      lastWindowPollAt: at(now),
      lastFullPollAt: at(now),
      closingRunsDone: [],
      ...facts,
    })
  t.strictSame(due(-hour), [])
  t.strictSame(due(-hour, { lastWindowPollAt: at(-hour - 59) }), [])
  t.strictSame(due(-hour, { lastWindowPollAt: at(-hour - 60) }), [{ kind: 'window', since: at(-7 * hour) }])
  t.strictSame(
    due(-hour, { lastWindowPollAt: at(-10 * hour) }),
    [{ kind: 'window', since: at(-11 * hour) }],
    'after an outage',
  )
  t.strictSame(
    due(-hour, { lastWindowPollAt: at(0) }),
    [{ kind: 'window', since: at(-7 * hour) }],
    'the clock was put back',
  )
  t.strictSame(due(-hour, { lastWindowPollAt: undefined }), [{ kind: 'window', since: at(-7 * hour) }])
  t.strictSame(due(15 * minute - 1), [])
  t.strictSame(due(15 * minute), [{ kind: 'closing', closesAt }])
  t.strictSame(due(15 * minute, { closingRunsDone: [closesAt] }), [])
  t.strictSame(
    due(15 * minute, { deadlines: [closesAt, closesAt, at(day)] }),
    [{ kind: 'closing', closesAt }],
    'once for all countries',
  )
  t.strictSame(due(20 * day), [{ kind: 'closing', closesAt }], 'made up for after an outage')
  t.strictSame(due(31 * day), [])
  const done = { closingRunsDone: [closesAt] }
  t.strictSame(due(2 * day, { ...done, lastFullPollAt: at(day) }), [{ kind: 'daily' }])
  t.strictSame(due(2 * day, { ...done, lastFullPollAt: at(day + 1) }), [])
  t.strictSame(due(-5 * day, { lastFullPollAt: undefined }), [{ kind: 'daily' }])
  t.strictSame(
    due(2 * day, { lastFullPollAt: undefined }),
    [{ kind: 'closing', closesAt }],
    'a closing run is a full one',
  )
  t.strictSame(due(30 * day + 1, { ...done, lastFullPollAt: undefined }), [])
})

t.test('lengths of time in words', async (t) => {
  const said: [number, string][] = [
    [0, '0 seconds'],
    [1, '1 second'],
    [-108, '1 minute 48 seconds'],
    [0.001, '0.001 seconds'],
    [3600, '1 hour'],
    [93_784, '1 day 2 hours'],
    [59.999, '59.999 seconds'],
  ]
  for (const [seconds, text] of said) t.equal(sayDuration(seconds), text)
})
