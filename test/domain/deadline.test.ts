import t from 'tap'
import { describeInstant, isDisplayTimeZone, resolveDeadline, resolveExtension } from '../../src/domain/deadline.ts'
import { effectiveDeadline } from '../../src/domain/effective-deadline.ts'
import { judgeApiReceipt } from '../../src/domain/receipt.ts'
import { accepted, refused } from './deadline.cases.ts'

for (const { name, input, closesAt } of accepted) {
  t.test(`accepted: ${name}`, async (t) => {
    t.strictSame(resolveDeadline(input), { deadline: { ...input, closesAt } })
    t.strictSame(
      resolveDeadline({ ...input, closesAt }),
      { deadline: { ...input, closesAt } },
      'closesAt may be repeated',
    )
  })
}

for (const { name, input, pointer, code, message } of refused) {
  t.test(`refused: ${name}`, async (t) => {
    const result = resolveDeadline(input)
    t.match(result, { faults: [{ pointer, code, message }] })
  })
}

t.test('both faults of one deadline are told at once', async (t) => {
  const result = resolveDeadline({ local: 'Friday', timeZone: 'CET' })
  t.match(result, { faults: [{ pointer: '/local' }, { pointer: '/timeZone' }] })
})

t.test('the wording is kept; another way to write the same closesAt is accepted', async (t) => {
  const wording = '23h59 CET on Friday, 8 January 2021'
  const input = { local: '2021-01-08T23:59', timeZone: 'Europe/Zurich', wording }
  const expected = { deadline: { ...input, closesAt: '2021-01-08T23:00:00Z' } }
  t.strictSame(resolveDeadline({ ...input, closesAt: '2021-01-09T00:00:00.000+01:00' }), expected)
  t.strictSame(resolveDeadline({ ...input, offset: undefined, closesAt: undefined }), expected)
})

t.test('the named minute counts in full, and the next instant is late', async (t) => {
  const closesAt = '2021-01-08T23:00:00Z'
  const timing = (at: string) => judgeApiReceipt(at, closesAt).timing
  t.equal(timing('2021-01-08T22:59:00Z'), 'onTime')
  t.equal(timing('2021-01-08T22:59:59Z'), 'onTime')
  t.equal(timing('2021-01-08T22:59:59.999Z'), 'onTime')
  t.equal(timing('2021-01-08T23:00:00Z'), 'late')
  t.equal(timing('2021-01-08T23:00:00.001Z'), 'late')
})

t.test('an extension closes later or is refused', async (t) => {
  const current = { local: '2021-01-08T23:59', timeZone: 'Europe/Zurich', closesAt: '2021-01-08T23:00:00Z' }
  t.match(resolveExtension(current, { local: '2021-01-15T23:59', timeZone: 'Europe/Zurich' }), {
    deadline: { closesAt: '2021-01-15T23:00:00Z' },
  })
  for (const local of ['2021-01-08T23:59', '2021-01-08T23:58', '2021-01-01T00:00']) {
    t.match(resolveExtension(current, { local, timeZone: 'Europe/Zurich' }), { faults: [{ code: 'not_later' }] }, local)
  }
  t.match(resolveExtension(current, { local: 'x', timeZone: 'Europe/Zurich' }), {
    faults: [{ code: 'invalid_local_time' }],
  })
})

t.test('which deadline holds for one application', async (t) => {
  const round = { local: '2021-01-08T23:59', timeZone: 'Europe/Zurich', closesAt: '2021-01-08T23:00:00Z' }
  const later = { local: '2021-01-15T23:59', timeZone: 'Europe/Zurich', closesAt: '2021-01-15T23:00:00Z' }
  const until = '2021-01-20T12:00:00Z'
  t.strictSame(effectiveDeadline(round), { ...round, source: 'round' })
  t.strictSame(effectiveDeadline(round, later), { ...later, source: 'extension', original: round })
  t.strictSame(effectiveDeadline(later, round), { ...later, source: 'round' }, 'an earlier extension is none')
  t.match(effectiveDeadline(round, { ...round }), { source: 'round' }, 'nor is an equal one')
  t.strictSame(effectiveDeadline(round, undefined, { until: round.closesAt }), { ...round, source: 'round' })
  const waiver = { id: 'w', until }
  const waived = { local: '2021-01-20T12:59', timeZone: 'Europe/Zurich', closesAt: until, source: 'waiver', waiver }
  t.strictSame(effectiveDeadline(round, undefined, waiver), { ...waived, waived: round })
  t.strictSame(effectiveDeadline(round, later, waiver), { ...waived, waived: later, original: round })
})

t.test('zones in which a time may be shown', async (t) => {
  for (const zone of ['UTC', 'Europe/Zurich', 'Pacific/Palau', 'America/Argentina/Buenos_Aires'])
    t.ok(isDisplayTimeZone(zone), zone)
  for (const zone of ['CET', 'EST', 'Etc/UTC', '+01:00', 'Mars/Base', 'utc', '']) t.notOk(isDisplayTimeZone(zone), zone)
})

t.test('an instant in the clocks of a place', async (t) => {
  const closesAt = '2021-01-08T23:00:00Z'
  t.strictSame(describeInstant(closesAt, 'Europe/Zurich'), {
    local: '2021-01-09T00:00',
    offset: '+01:00',
    weekday: 'saturday',
    timeZone: 'Europe/Zurich',
  })
  t.match(describeInstant(closesAt, 'Asia/Kathmandu'), { local: '2021-01-09T04:45', offset: '+05:45' })
  t.match(describeInstant(closesAt, 'Pacific/Honolulu'), { local: '2021-01-08T13:00', weekday: 'friday' })
  t.match(describeInstant('2021-01-08T22:59:59.999Z', 'UTC'), { local: '2021-01-08T22:59:59', offset: '+00:00' })
  t.match(describeInstant('2021-03-24T12:00:00Z', 'America/New_York'), { local: '2021-03-24T08:00' }, '5 h from Geneva')
  t.match(describeInstant('2021-03-24T12:00:00Z', 'Europe/Zurich'), { local: '2021-03-24T13:00', weekday: 'wednesday' })
})
