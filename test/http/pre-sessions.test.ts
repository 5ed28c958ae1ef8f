import t from 'tap'
import { encodeCursor } from '../../src/db/page.ts'
import { type TestApp, testApp } from '../support/app.ts'

const round40 = {
  number: 40,
  format: 'virtual',
  dates: { start: '2021-12-06', end: '2021-12-10', precision: 'week' },
  timeZone: 'Europe/Zurich',
  applicationDeadline: { local: '2021-08-16T23:59' },
}

const match = (response: { headers: Record<string, unknown> }) => ({ 'if-match': String(response.headers.etag) })
const move = (api: TestApp, number: number, to: string, extra: object = {}) =>
  api.admin.post(`/v1/pre-sessions/${number}/transitions`, { to, ...extra })

t.test('round 38 is there from the first start, open for applications', async (t) => {
  const { anyone } = await testApp(t)
  const response = await anyone.get('/v1/pre-sessions/38')
  t.equal(response.statusCode, 200)
  t.match(response.json(), {
    number: 38,
    title: 'Pre-sessions 38',
    format: 'virtual',
    dates: { start: '2021-03-22', end: '2021-03-26', precision: 'week' },
    timeZone: 'Europe/Zurich',
    status: 'callOpen',
    acceptingApplications: true,
    applicationDeadline: {
      local: '2021-01-08T23:59',
      timeZone: 'Europe/Zurich',
      wording: '23h59 CET on Friday, 8 January 2021',
      closesAt: '2021-01-08T23:00:00Z',
    },
    settings: { uprSubmissionRequired: true, minimumApplications: null, panelSize: { min: 4, max: 6 } },
  })
  const again = await anyone.get('/v1/pre-sessions/38', { 'if-none-match': String(response.headers.etag) })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
})

t.test(
  'a round is made from number, format, dates, zone and deadline, with the countries of its session',
  async (t) => {
    const { admin, anyone } = await testApp(t)
    const created = await admin.post('/v1/pre-sessions', round40)
    t.equal(created.statusCode, 201, created.body)
    t.equal(created.headers.location, '/v1/pre-sessions/40')
    t.match(created.json(), { title: 'Pre-sessions 40', status: 'draft', acceptingApplications: false })
    t.equal(created.json().applicationDeadline.closesAt, '2021-08-16T22:00:00Z', 'summer: Geneva is two hours ahead')
    t.equal(created.json().applicationDeadline.wording, '23:59 on Monday 16 August 2021 (Europe/Zurich)')

    const countries = (await admin.get('/v1/pre-sessions/40/countries')).json().data
    const session = (await anyone.get('/v1/working-group-sessions/40')).json()
    const codes = (list: { iso3: string }[]) => list.map(({ iso3 }) => iso3)
    t.same(codes(countries), codes(session.states), 'in the order of the session')
    t.ok(countries.every((country: { confidence: string }) => country.confidence === 'sourced'))

    await admin.post('/v1/pre-sessions', { ...round40, number: 53, title: 'The fifty-third' })
    const inferred = (await admin.get('/v1/pre-sessions/53/countries')).json().data
    t.ok(inferred.length > 0 && inferred.every((country: { confidence: string }) => country.confidence === 'inferred'))
    const unknown = await admin.post('/v1/pre-sessions', { ...round40, number: 99 })
    t.equal(unknown.statusCode, 201, 'a session outside the calendar begins without countries')
    t.same((await admin.get('/v1/pre-sessions/99/countries')).json(), { data: [], nextCursor: null })
  },
)

t.test('of ten who create one round at once, one succeeds', async (t) => {
  const { admin } = await testApp(t)
  const answers = await Promise.all(Array.from({ length: 10 }, () => admin.post('/v1/pre-sessions', round40)))
  t.equal(answers.filter(({ statusCode }) => statusCode === 201).length, 1)
  const losers = answers.filter(({ statusCode }) => statusCode !== 201)
  t.ok(losers.every((response) => response.statusCode === 409 && response.json().code === 'pre_session_exists'))
  t.equal((await admin.get('/v1/pre-sessions/40/countries')).json().data.length, 12)
})

t.test('what cannot be is refused with every reason', async (t) => {
  const { admin } = await testApp(t)
  const cases: [string, object, string, string][] = [
    ['CET is no zone', { timeZone: 'CET' }, '/timeZone', 'invalid_time_zone'],
    [
      'a deadline in an offset',
      { applicationDeadline: { local: '2021-08-16T23:59', timeZone: '+02:00' } },
      '/applicationDeadline/timeZone',
      'invalid_time_zone',
    ],
    [
      'a deadline in UTC',
      { applicationDeadline: { local: '2021-08-16T23:59', timeZone: 'UTC' } },
      '/applicationDeadline/timeZone',
      'invalid_time_zone',
    ],
    [
      'a clock time in the gap of spring',
      { applicationDeadline: { local: '2021-03-28T02:30' } },
      '/applicationDeadline/local',
      'nonexistent_local_time',
    ],
    [
      'a clock time that occurs twice',
      { applicationDeadline: { local: '2021-10-31T02:30' } },
      '/applicationDeadline/offset',
      'ambiguous_local_time',
    ],
    [
      'an end that is not the computed one',
      { applicationDeadline: { local: '2021-08-16T23:59', closesAt: '2021-08-16T21:59:00Z' } },
      '/applicationDeadline/closesAt',
      'closes_at_mismatch',
    ],
    [
      'a last day before the first',
      { dates: { start: '2021-12-10', end: '2021-12-06' } },
      '/dates/end',
      'before_start',
    ],
    [
      'a panel with more at least than at most',
      { settings: { panelSize: { min: 7 } } },
      '/settings/panelSize/max',
      'below_min',
    ],
    [
      'a field that nobody knows',
      { settings: { requiredFields: ['/organisation/nme'] } },
      '/settings/requiredFields/0',
      'not_an_allowed_value',
    ],
    ['a typo', { tilte: 'x' }, '/tilte', 'unknown_field'],
    ['a status', { status: 'callOpen' }, '/status', 'unknown_field'],
    ['a title of nothing', { title: '  ' }, '/title', 'wrong_format'],
  ]
  for (const [name, change, pointer, code] of cases) {
    const response = await admin.post('/v1/pre-sessions', { ...round40, ...change })
    t.equal(response.statusCode, 400, name)
    t.ok(
      response
        .json()
        .errors.some((fault: { pointer: string; code: string }) => fault.pointer === pointer && fault.code === code),
      `${name}: ${response.body}`,
    )
  }
  const repeated = { local: '2021-10-31T02:30', offset: '+01:00', closesAt: '2021-10-31T01:31:00Z' }
  t.equal((await admin.post('/v1/pre-sessions', { ...round40, applicationDeadline: repeated })).statusCode, 201)
})

t.test('a draft is not there for the public, nor when it is called off unpublished', async (t) => {
  const api = await testApp(t)
  const { admin, anyone } = api
  await admin.post('/v1/pre-sessions', round40)
  const paths = ['', '/countries', '/countries/TGO', '/deadlines', '/deadlines.ics']
  for (const path of paths) {
    const draft = await anyone.get(`/v1/pre-sessions/40${path}`)
    const never = await anyone.get(`/v1/pre-sessions/41${path}`)
    t.equal(draft.statusCode, 404, path)
    const { requestId: _a, instance: _b, ...problem } = draft.json()
    const { requestId: _c, instance: _d, ...other } = never.json()
    t.same(problem, other, `${path}: the same as a round that never was`)
    t.equal((await admin.get(`/v1/pre-sessions/40${path}`)).statusCode, 200, path)
  }
  const numbers = async () =>
    (await anyone.get('/v1/pre-sessions')).json().data.map(({ number }: { number: number }) => number)
  t.same(await numbers(), [38])
  t.same((await anyone.get('/v1/pre-sessions?status=draft')).json().data, [])
  t.equal((await move(api, 40, 'cancelled', { reason: 'No funds' })).statusCode, 200)
  t.same(await numbers(), [38], 'called off before anybody knew of it')
  t.equal((await anyone.get('/v1/pre-sessions/40')).statusCode, 404)
})

t.test('the list is walked page by page, filtered and sorted', async (t) => {
  const { admin, anyone } = await testApp(t)
  for (const number of [40, 41, 42]) await admin.post('/v1/pre-sessions', { ...round40, number, format: 'hybrid' })
  const first = await admin.get('/v1/pre-sessions?limit=2')
  t.same(
    first.json().data.map(({ number }: { number: number }) => number),
    [42, 41],
  )
  const link = /<([^>]+)>; rel="next"/.exec(String(first.headers.link))?.[1] as string
  const second = (await admin.get(link)).json()
  t.same(
    second.data.map(({ number }: { number: number }) => number),
    [40, 38],
  )
  t.equal(second.nextCursor, null)
  const { data } = (await admin.get('/v1/pre-sessions?sort=number&format=hybrid&status=draft')).json()
  t.same(
    data.map(({ number }: { number: number }) => number),
    [40, 41, 42],
  )

  for (const query of [
    `sort=number&cursor=${first.json().nextCursor}`,
    'cursor=abc',
    'number=38',
    'limit=0',
    'status=open',
  ]) {
    const refused = await anyone.get(`/v1/pre-sessions?${query}`)
    t.equal(refused.statusCode, 400, query)
  }
})

t.test('a change needs the current ETag, and merges', async (t) => {
  const { admin, anyone } = await testApp(t)
  const path = '/v1/pre-sessions/38'
  const before = await admin.get(path)
  t.equal((await admin.patch(path, { title: 'x' })).json().code, 'precondition_required')
  const patch = {
    title: 'Pre-sessions 38, online',
    dates: { precision: 'exact' },
    settings: { panelSize: { max: 7 }, aimWordLimit: 250 },
  }
  const changed = await admin.patch(path, patch, match(before))
  t.equal(changed.statusCode, 200, changed.body)
  t.match(changed.json(), {
    title: 'Pre-sessions 38, online',
    dates: { start: '2021-03-22', end: '2021-03-26', precision: 'exact' },
    settings: { panelSize: { min: 4, max: 7 }, aimWordLimit: 250, speakingTimeMinutes: 5 },
  })
  t.equal((await admin.patch(path, { title: 'y' }, match(before))).json().code, 'precondition_failed')
  t.same((await anyone.get(path)).json(), changed.json(), 'the public sees the same')

  const cleared = await admin.patch(path, { settings: { aimWordLimit: null } }, match(changed))
  t.equal(cleared.json().settings.aimWordLimit, 200, 'null goes back to the default')
  const video = await admin.patch(path, { videoDeadline: { local: '2021-03-08T12:00' } }, match(cleared))
  t.equal(video.json().videoDeadline.closesAt, '2021-03-08T11:01:00Z')
  const without = await admin.patch(path, { videoDeadline: null }, match(video))
  t.notOk('videoDeadline' in without.json())
  const same = await admin.patch(path, { title: 'Pre-sessions 38, online' }, match(without))
  t.same(same.json(), without.json(), 'a change of nothing changes nothing')
  t.equal((await admin.patch(path, { number: 39 }, match(same))).statusCode, 400)
  t.equal((await admin.patch('/v1/pre-sessions/40', {}, { 'if-match': '*' })).json().code, 'pre_session_not_found')

  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => admin.patch(path, { title: `Title ${n}` }, match(same))),
  )
  const won = answers.filter(({ statusCode }) => statusCode === 200)
  t.equal(won.length, 1, 'of eight edits of one state, one succeeds')
  t.ok(answers.every(({ statusCode }) => statusCode === 200 || statusCode === 412))
})

t.test('a person moves a round, along legal moves only, and the history tells', async (t) => {
  const api = await testApp(t)
  const { admin, anyone } = api
  await admin.post('/v1/pre-sessions', round40)
  const illegal = await move(api, 40, 'running')
  t.equal(illegal.statusCode, 409)
  t.match(illegal.json(), { code: 'illegal_transition', detail: /callOpen, cancelled/ })
  t.equal((await move(api, 40, 'cancelled')).json().errors[0].pointer, '/reason')
  const draft = await admin.get('/v1/pre-sessions/40')
  const opened = await admin.post('/v1/pre-sessions/40/transitions', { to: 'callOpen' }, match(draft))
  t.match(opened.json(), { status: 'callOpen', acceptingApplications: true })
  t.equal((await anyone.get('/v1/pre-sessions/40')).statusCode, 200)
  const stale = await admin.post('/v1/pre-sessions/40/transitions', { to: 'callClosed' }, match(draft))
  t.equal(stale.json().code, 'precondition_failed')
  t.equal((await move(api, 40, 'callClosed')).json().acceptingApplications, false)
  t.equal((await move(api, 40, 'callOpen')).json().code, 'illegal_transition', 'only an extension reopens a call')
  t.equal((await move(api, 40, 'postponed', { reason: 'The Working Group was put off' })).statusCode, 200)
  t.equal((await move(api, 41, 'callOpen')).json().code, 'pre_session_not_found')

  const first = await admin.get('/v1/pre-sessions/40/history?limit=3')
  const rest = await admin.get(`/v1/pre-sessions/40/history?limit=3&cursor=${first.json().nextCursor}`)
  const events = [...first.json().data, ...rest.json().data]
  t.same(
    events.map(({ action, reason, details: { to } }) => [action, to, reason]),
    [
      ['preSession.created', undefined, null],
      ['preSession.statusChanged', 'callOpen', null],
      ['preSession.statusChanged', 'callClosed', null],
      ['preSession.statusChanged', 'postponed', 'The Working Group was put off'],
    ],
  )
  t.equal((await admin.get('/v1/pre-sessions/41/history')).json().code, 'pre_session_not_found')
  t.same((await admin.get('/v1/pre-sessions/38/history')).json(), { data: [], nextCursor: null })
})

t.test('reading is public, everything else is not', async (t) => {
  const { anyone, as } = await testApp(t)
  for (const response of [
    await anyone.post('/v1/pre-sessions', round40),
    await anyone.patch('/v1/pre-sessions/38', { title: 'x' }),
    await anyone.post('/v1/pre-sessions/38/transitions', { to: 'callClosed' }),
    await anyone.get('/v1/pre-sessions/38/history'),
  ]) {
    t.equal(response.statusCode, 401)
    t.ok(response.headers['www-authenticate'])
  }
  const wrong = await as({ authorization: 'Bearer wrong' }).get('/v1/pre-sessions/38')
  t.equal(wrong.statusCode, 401)
  t.equal((await anyone.get('/v1/pre-sessions/1000')).json().code, 'pre_session_not_found')
  t.equal((await anyone.get('/v1/pre-sessions/abc')).json().errors[0].pointer, '/params/number')
})

t.test('a cursor made up by hand is refused', async (t) => {
  const { admin } = await testApp(t)
  const forged: [string, unknown, string | number, string][] = [
    ['/v1/pre-sessions', ['preSessions', '-number', {}], 'x', 'x'],
    ['/v1/pre-sessions', ['preSessions', '-number', {}], 1e12, 'x'],
    ['/v1/pre-sessions/38/countries', ['countries', 38], 1.5, 'BEL'],
    ['/v1/pre-sessions/38/history', ['history', 38], 'x', 'x'],
    ['/v1/pre-sessions/38/countries/BEL/deadline-waivers', ['waivers', 38, 'BEL'], 'x', "'"],
  ]
  for (const [path, binding, value, id] of forged) {
    const response = await admin.get(`${path}?cursor=${encodeCursor({ value, id }, binding)}`)
    t.equal(response.json().code, 'invalid_cursor', path)
  }
})

t.test('a public read is one statement', async (t) => {
  const { anyone, statements } = await testApp(t)
  for (const path of [
    '',
    '/38',
    '/38/deadlines',
    '/38/deadlines.ics',
    '/38/countries',
    '/38/countries/bel',
    '/37',
    '/38/countries/fra',
  ]) {
    statements.take()
    await anyone.get(`/v1/pre-sessions${path}`)
    t.equal(statements.take().length, 1, path)
  }
})
