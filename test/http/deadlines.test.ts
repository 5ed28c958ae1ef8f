import ICAL from 'ical.js'
import t from 'tap'
import { type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { faultsOfText } from '../support/calendars.ts'

const round = '/v1/pre-sessions/38'
const belgium = `${round}/countries/BEL`
const afterwards = '2021-01-10T12:00:00Z'
const match = (response: { headers: Record<string, unknown> }) => ({ 'if-match': String(response.headers.etag) })

/** Submits an application for a country at an instant; answers a function that tells its outcome now. */
async function submitted({ admin, clock }: TestApp, at: string, country = 'BEL') {
  const { id } = (await admin.post('/v1/applications', { ...aCompleteApplication(), country })).json()
  clock.set(at)
  await admin.post(`/v1/applications/${id}/submission`)
  return async () => (await admin.get(`/v1/applications/${id}`)).json().outcome
}

const moveTo = async (api: TestApp, ...statuses: string[]) => {
  for (const to of statuses) await api.admin.post(`${round}/transitions`, { to })
}

t.test('the deadlines of a round are told by the clocks of any zone', async (t) => {
  const { admin, anyone, clock } = await testApp(t)
  clock.set('2021-01-08T22:59:00Z')
  const palau = await anyone.get(`${round}/deadlines?timeZone=Pacific/Palau`)
  t.equal(palau.headers['cache-control'], 'no-store')
  t.match(palau.json().serverTime, /^2021-01-08T22:59:0\d/)
  t.same(palau.json().data, [
    {
      kind: 'application',
      local: '2021-01-08T23:59',
      timeZone: 'Europe/Zurich',
      wording: '23h59 CET on Friday, 8 January 2021',
      closesAt: '2021-01-08T23:00:00Z',
      inTimeZone: {
        timeZone: 'Pacific/Palau',
        local: '2021-01-09T07:59',
        weekday: 'saturday',
        offset: '+09:00',
        closesAtLocal: '2021-01-09T08:00',
      },
    },
  ])
  const { inTimeZone: honolulu } = (await anyone.get(`${round}/deadlines?timeZone=Pacific/Honolulu`)).json().data[0]
  t.match(honolulu, { local: '2021-01-08T12:59', weekday: 'friday', offset: '-10:00' })
  t.equal((await anyone.get(`${round}/deadlines?timeZone=UTC`)).json().data[0].inTimeZone.local, '2021-01-08T22:59')
  for (const zone of ['CET', 'Etc/GMT-1', '%2B01:00', 'Europe/Geneva']) {
    const refused = await anyone.get(`${round}/deadlines?timeZone=${zone}`)
    t.equal(refused.json().errors?.[0].pointer, '/query/timeZone', zone)
  }
  await admin.post(`${belgium}/deadline-extensions`, { local: '2021-01-15T23:59', reason: 'Strike' })
  const current = await admin.get(round)
  await admin.patch(
    round,
    { videoDeadline: { local: '2021-03-08T12:00' }, statementDeadline: { local: '2021-03-08T18:00' } },
    match(current),
  )
  const { data } = (await anyone.get(`${round}/deadlines`)).json()
  t.same(
    data.map(({ kind, country, closesAt }: Record<string, string>) => [kind, country, closesAt]),
    [
      ['application', undefined, '2021-01-08T23:00:00Z'],
      ['statement', undefined, '2021-03-08T17:01:00Z'],
      ['video', undefined, '2021-03-08T11:01:00Z'],
      ['application', 'BEL', '2021-01-15T23:00:00Z'],
    ],
  )
})

t.test('the calendar of deadlines keeps its UIDs and counts its changes', async (t) => {
  const { admin, anyone } = await testApp(t)
  const events = async () => {
    const response = await anyone.get(`${round}/deadlines.ics`)
    t.match(response.headers['content-type'], /^text\/calendar/)
    t.same(faultsOfText(response.body), [])
    const calendar = new ICAL.Component(ICAL.parse(response.body))
    return calendar.getAllSubcomponents('vevent').map((component) => new ICAL.Event(component))
  }
  const [first] = await events()
  t.equal(first?.uid, 'pre-sessions-38-application@upr-info.org')
  t.equal(first?.startDate.toString(), '2021-01-08T22:59:00Z', 'the named minute, in UTC')
  t.equal(first?.endDate.toString(), '2021-01-08T23:00:00Z')
  t.match(first?.description, /23h59 CET on Friday, 8 January 2021/)
  t.equal(first?.component.getFirstPropertyValue('transp'), 'TRANSPARENT')
  const etag = (await anyone.get(`${round}/deadlines.ics`)).headers.etag as string
  t.equal((await anyone.get(`${round}/deadlines.ics`, { 'if-none-match': etag })).statusCode, 304)

  await admin.post(`${belgium}/deadline-extensions`, { local: '2021-01-15T23:59', reason: 'Strike' })
  const [same, extended] = await events()
  t.equal(same?.sequence, first?.sequence)
  t.equal(extended?.uid, 'pre-sessions-38-application-BEL@upr-info.org')
  await admin.post(`${belgium}/deadline-extensions`, { local: '2021-01-22T23:59', reason: 'Strike' })
  const again = (await events())[1]
  t.equal(again?.endDate.toString(), '2021-01-22T23:00:00Z')
  t.ok(Number(again?.sequence) > Number(extended?.sequence), 'SEQUENCE grows')

  await admin.post(`${round}/transitions`, { to: 'cancelled', reason: 'No funds' })
  const cancelled = await events()
  t.ok(cancelled.every((event) => event.component.getFirstPropertyValue('status') === 'CANCELLED'))
  t.ok(Number(cancelled[0]?.sequence) > Number(first?.sequence))
})

t.test('an extension holds for one country, later only', async (t) => {
  const api = await testApp(t)
  const { admin, anyone } = api
  const response = await admin.post(`${belgium}/deadline-extensions`, {
    local: '2021-01-15T23:59',
    wording: '15 January, 23h59 Geneva time',
    reason: 'Few applications',
  })
  t.equal(response.statusCode, 201, response.body)
  t.match(response.json(), {
    deadline: {
      local: '2021-01-15T23:59',
      timeZone: 'Europe/Zurich',
      wording: '15 January, 23h59 Geneva time',
      closesAt: '2021-01-15T23:00:00Z',
    },
    previous: {
      local: '2021-01-08T23:59',
      wording: '23h59 CET on Friday, 8 January 2021',
      closesAt: '2021-01-08T23:00:00Z',
    },
    reason: 'Few applications',
    reassessedCount: 0,
  })
  t.equal((await anyone.get(belgium)).json().applicationDeadline.closesAt, '2021-01-15T23:00:00Z')
  t.equal((await anyone.get(`${round}/countries/DNK`)).json().applicationDeadline.closesAt, '2021-01-08T23:00:00Z')
  t.notMatch((await anyone.get(belgium)).body, /Few applications/)

  for (const local of ['2021-01-15T23:59', '2021-01-15T23:58', '2021-01-01T00:00']) {
    const refused = await admin.post(`${belgium}/deadline-extensions`, { local, reason: 'x' })
    t.equal(refused.json().code, 'extension_not_later', local)
  }
  const zone = await admin.post(`${belgium}/deadline-extensions`, {
    local: '2021-02-15T23:59',
    timeZone: 'CET',
    reason: 'x',
  })
  t.equal(zone.json().errors[0].code, 'invalid_time_zone')
  t.equal(
    (await admin.post(`${belgium}/deadline-extensions`, { local: '2021-02-15T23:59' })).json().errors[0].pointer,
    '/reason',
  )
  t.equal(
    (await admin.post(`${belgium}/deadline-extensions`, { local: '2021-02-31T23:59', reason: 'x' })).json().errors[0]
      .pointer,
    '/local',
  )
  t.equal(
    (await admin.post(`${round}/countries/FRA/deadline-extensions`, { local: '2021-02-15T23:59', reason: 'x' })).json()
      .code,
    'country_not_found',
  )

  const list = (await admin.get(`${belgium}/deadline-extensions`)).json()
  t.same(list, { data: [response.json()], nextCursor: null })
  t.same((await admin.get(`${round}/countries/DNK/deadline-extensions`)).json().data, [])
  t.equal((await admin.get(`${round}/countries/FRA/deadline-extensions`)).json().code, 'country_not_found')
  await moveTo(api, 'callClosed', 'selecting', 'confirmed')
  const tooLate = await admin.post(`${belgium}/deadline-extensions`, { local: '2021-03-15T23:59', reason: 'x' })
  t.equal(tooLate.json().code, 'extension_not_possible')
})

t.test('an extension after the closing reopens the call and treats all alike', async (t) => {
  const api = await testApp(t)
  const { admin, anyone, clock } = api
  const inTime = await submitted(api, '2021-01-08T22:59:30Z')
  const between = await submitted(api, '2021-01-09T08:00:00Z')
  const elsewhere = await submitted(api, '2021-01-09T08:00:00Z', 'DNK')
  const tooLate = await submitted(api, '2021-01-20T08:00:00Z')
  t.same([await inTime(), await between(), await elsewhere(), await tooLate()], ['eligible', 'late', 'late', 'late'])
  await moveTo(api, 'callClosed', 'selecting')
  clock.set(afterwards)
  const extension = await admin.post(`${belgium}/deadline-extensions`, {
    local: '2021-01-15T23:59',
    reason: 'Few applications',
  })
  t.equal(extension.json().reassessedCount, 1)
  t.same(
    [await inTime(), await between(), await elsewhere(), await tooLate()],
    ['eligible', 'eligible', 'late', 'late'],
  )
  t.match((await anyone.get(round)).json(), { status: 'callOpen', acceptingApplications: true })
  t.equal((await anyone.get(belgium)).json().acceptingApplications, true)
  t.equal(
    (await anyone.get(`${round}/countries/DNK`)).json().acceptingApplications,
    false,
    'its own deadline has passed',
  )

  const { data } = (await admin.get(`${round}/history`)).json()
  t.match(data.slice(-2), [
    { action: 'preSession.statusChanged', details: { from: 'selecting', to: 'callOpen', cause: 'deadlineExtension' } },
    { action: 'country.deadlineExtended', reason: 'Few applications', details: { iso3: 'BEL', reassessedCount: 1 } },
  ])
})

t.test('a submission that meets an extension is judged by it, whichever comes first', async (t) => {
  const { admin, clock } = await testApp(t)
  const ids: string[] = []
  for (let n = 0; n < 8; n += 1) ids.push((await admin.post('/v1/applications', aCompleteApplication())).json().id)
  clock.set('2021-01-09T08:00:00Z')
  const extension = { local: '2021-01-15T23:59', reason: 'Few applications' }
  const waiver = { email: 'zoe@ligue.example', until: '2021-01-20T23:59', reason: 'Outage' }
  const submit = (id: string | undefined) => admin.post(`/v1/applications/${id}/submission`)
  const answers = await Promise.all([
    ...ids.slice(0, 4).map(submit),
    admin.post(`${belgium}/deadline-extensions`, extension),
    ...ids.slice(4).map(submit),
    admin.post(`${belgium}/deadline-waivers`, waiver),
  ])
  t.ok(answers.every(({ statusCode }) => statusCode === 200 || statusCode === 201))
  const { byOutcome } = (await admin.get(belgium)).json().applicationCounts
  t.match(byOutcome, { eligible: 8, late: 0 })
})

t.test('of extensions at the same time each is later than the one before', async (t) => {
  const { admin } = await testApp(t)
  const twins = await Promise.all(
    [1, 2].map(() => admin.post(`${belgium}/deadline-extensions`, { local: '2021-01-15T23:59', reason: 'x' })),
  )
  t.same(twins.map(({ statusCode }) => statusCode).sort(), [201, 409])
  const days = ['16', '17', '18', '19', '20', '21']
  await Promise.all(
    days.map((day) => admin.post(`${belgium}/deadline-extensions`, { local: `2021-01-${day}T23:59`, reason: 'x' })),
  )
  const { data } = (await admin.get(`${belgium}/deadline-extensions`)).json()
  for (const [index, { deadline }] of data.entries()) {
    if (index > 0) t.same(data[index].previous, data[index - 1].deadline)
    t.ok(index === 0 || deadline.closesAt > data[index - 1].deadline.closesAt)
  }
  t.equal((await admin.get(belgium)).json().applicationDeadline.closesAt, '2021-01-21T23:00:00Z')
})

t.test('the deadline of a round is free in a draft and then only moves later', async (t) => {
  const api = await testApp(t)
  const { admin, clock } = api
  const between = await submitted(api, '2021-01-09T08:00:00Z')
  const danish = await submitted(api, '2021-01-09T08:00:00Z', 'DNK')
  clock.set(afterwards)
  await admin.post(`${round}/countries/DNK/deadline-extensions`, { local: '2021-01-20T23:59', reason: 'x' })
  await moveTo(api, 'callClosed')
  const current = await admin.get(round)
  const earlier = await admin.patch(round, { applicationDeadline: { local: '2021-01-07T23:59' } }, match(current))
  t.equal(earlier.json().code, 'extension_not_later')
  const worded = await admin.patch(
    round,
    { applicationDeadline: { wording: '8 January 2021, 23:59 (Geneva)' } },
    match(current),
  )
  t.match(worded.json().applicationDeadline, {
    wording: '8 January 2021, 23:59 (Geneva)',
    closesAt: '2021-01-08T23:00:00Z',
  })
  const later = await admin.patch(round, { applicationDeadline: { local: '2021-01-11T23:59' } }, match(worded))
  t.match(later.json(), { status: 'callOpen', acceptingApplications: true })
  t.equal(
    later.json().applicationDeadline.wording,
    '23:59 on Monday 11 January 2021 (Europe/Zurich)',
    'the old wording is not kept',
  )
  t.same([await between(), await danish()], ['eligible', 'eligible'])
  const history = (await admin.get(`${round}/history`)).json().data.at(-1)
  t.match(history, {
    action: 'preSession.changed',
    details: { reassessedCount: 1, changes: { applicationDeadline: { to: { local: '2021-01-11T23:59' } } } },
  })
  await moveTo(api, 'callClosed', 'selecting', 'confirmed')
  const confirmed = await admin.get(round)
  const refused = await admin.patch(round, { applicationDeadline: { local: '2021-02-11T23:59' } }, match(confirmed))
  t.equal(refused.json().code, 'extension_not_possible')

  const draft = await admin.post('/v1/pre-sessions', {
    number: 40,
    format: 'virtual',
    dates: { start: '2021-12-06', end: '2021-12-10' },
    timeZone: 'Europe/Zurich',
    applicationDeadline: { local: '2021-08-16T23:59' },
  })
  const freely = await admin.patch(
    '/v1/pre-sessions/40',
    { applicationDeadline: { local: '2021-08-01T23:59' } },
    match(draft),
  )
  t.equal(freely.json().applicationDeadline.closesAt, '2021-08-01T22:00:00Z')
})

t.test('a waiver lets one applicant in, before or after the fact', async (t) => {
  const api = await testApp(t)
  const { admin, anyone } = api
  const late = await submitted(api, '2021-01-09T08:00:00Z')
  t.equal(await late(), 'late')
  const waiver = { email: 'Zoe@Ligue.example', until: '2021-01-09T23:59', reason: 'Internet shutdown' }
  const granted = await admin.post(`${belgium}/deadline-waivers`, waiver)
  t.equal(granted.statusCode, 201, granted.body)
  t.match(granted.json(), {
    email: 'zoe@ligue.example',
    until: '2021-01-09T23:00:00Z',
    reason: 'Internet shutdown',
    reassessedCount: 1,
  })
  t.equal(await late(), 'eligible')
  t.equal(
    (await anyone.get(belgium)).json().applicationDeadline.closesAt,
    '2021-01-08T23:00:00Z',
    'nobody else gets more time',
  )
  t.match((await admin.get(`${belgium}/deadline-waivers`)).json(), { data: [granted.json()], nextCursor: null })
  t.notMatch((await admin.get(`${round}/history`)).body, /ligue/i, 'the history names no address')

  const until = async (value: string) => admin.post(`${belgium}/deadline-waivers`, { ...waiver, until: value })
  t.equal((await until('2021-01-09T22:30:00+01:00')).json().until, '2021-01-09T21:30:00Z')
  t.equal((await until('2021-01-08T23:59')).json().code, 'extension_not_later', 'it would give nobody more time')
  for (const value of ['2021-03-28T02:30', '2021-10-31T02:30', '2021-01-09', '2021-01-09T25:00']) {
    t.equal((await until(value)).json().errors[0].pointer, '/until', value)
  }
  const current = await admin.get(round)
  await admin.patch(round, { settings: { lateWaiversAllowed: false } }, match(current))
  t.equal((await until('2021-01-10T23:59')).json().code, 'waivers_not_allowed')
  t.equal((await admin.get(`${round}/countries/FRA/deadline-waivers`)).json().code, 'country_not_found')
})
