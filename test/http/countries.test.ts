import t from 'tap'
import { testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'

const base = '/v1/pre-sessions/38/countries'
const match = (response: { headers: Record<string, unknown> }) => ({ 'if-match': String(response.headers.etag) })
const codes = (list: { iso3: string }[]) => list.map(({ iso3 }) => iso3)

t.test('the fourteen countries of round 38 stand in the order of the announcement', async (t) => {
  const { anyone } = await testApp(t)
  const { data } = (await anyone.get(base)).json()
  t.same(codes(data), [
    'BEL',
    'DNK',
    'EST',
    'LVA',
    'MOZ',
    'NAM',
    'NER',
    'PLW',
    'PRY',
    'SYC',
    'SLE',
    'SGP',
    'SLB',
    'SOM',
  ])
  t.same(data[0], {
    iso3: 'BEL',
    name: 'Belgium',
    confidence: 'sourced',
    applicationDeadline: {
      local: '2021-01-08T23:59',
      timeZone: 'Europe/Zurich',
      wording: '23h59 CET on Friday, 8 January 2021',
      closesAt: '2021-01-08T23:00:00Z',
    },
    acceptingApplications: true,
    status: 'candidate',
  })
  const walked: string[] = []
  for (let path: string | undefined = `${base}?limit=5`; path !== undefined; ) {
    const page = await anyone.get(path)
    walked.push(...codes(page.json().data))
    path = /<([^>]+)>; rel="next"/.exec(String(page.headers.link ?? ''))?.[1]
  }
  t.same(walked, codes(data))
  const one = await anyone.get(`${base}/bel`)
  t.same(one.json(), data[0], 'in any letter case')
  t.equal((await anyone.get(`${base}/BEL`, { 'if-none-match': String(one.headers.etag) })).statusCode, 304)
})

t.test('numbers of applications are told to staff alone', async (t) => {
  const { admin, anyone } = await testApp(t)
  const before = await anyone.get(`${base}/BEL`)
  const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
  await admin.post('/v1/applications', { preSession: 38, country: 'BEL' })
  await admin.post(`/v1/applications/${id}/submission`)
  const counts = {
    draft: 1,
    submitted: 1,
    byOutcome: { eligible: 1, incomplete: 0, late: 0, ineligible: 0, needsReview: 0 },
  }
  t.same((await admin.get(`${base}/BEL`)).json().applicationCounts, counts)
  const { data } = (await admin.get(base)).json()
  t.same(data[0].applicationCounts, counts)
  t.equal(data[1].applicationCounts.submitted, 0)
  const after = await anyone.get(`${base}/BEL`)
  t.same(after.json(), before.json())
  t.equal(after.headers.etag, before.headers.etag, 'nothing hints at an application')
  t.notMatch((await anyone.get(base)).body, /applicationCounts|updatedAt/)
})

t.test('what was decided stays hidden until the release', async (t) => {
  const { admin, anyone, clock } = await testApp(t)
  const path = `${base}/BEL`
  const etag = async () => (await anyone.get(path)).headers.etag
  const before = await etag()
  const current = await admin.get(path)
  const held = await admin.patch(path, { status: 'held', reason: 'Twelve applications' }, match(current))
  t.match(held.json(), { status: 'held', applicationCounts: {} })
  t.equal((await anyone.get(path)).json().status, 'candidate')
  t.equal(await etag(), before, 'not even the ETag tells')
  t.equal((await admin.patch(path, { status: 'candidate' }, match(held))).json().code, 'illegal_transition')

  const released = await admin.post(`${path}/release`, { at: '2021-02-01T12:00:00+01:00' })
  t.match(released.json(), { releaseAt: '2021-02-01T11:00:00Z', status: 'held' })
  clock.set('2021-02-01T10:59:58Z')
  t.match((await anyone.get(path)).json(), { status: 'candidate', releaseAt: '2021-02-01T11:00:00Z' })
  clock.set('2021-02-01T11:00:00Z')
  t.equal((await anyone.get(path)).json().status, 'held', 'at the very instant it is released')

  const denmark = await admin.get(`${base}/DNK`)
  await admin.patch(`${base}/DNK`, { status: 'notHeld' }, match(denmark))
  t.equal((await anyone.get(base)).json().data[1].status, 'candidate')
  const estonia = await admin.get(`${base}/EST`)
  const withdrawn = await admin.patch(`${base}/EST`, { status: 'withdrawn' }, match(estonia))
  t.equal(withdrawn.json().acceptingApplications, false)
  t.equal((await anyone.get(`${base}/EST`)).json().status, 'withdrawn', 'that a country left is no secret')

  const actions = (await admin.get('/v1/pre-sessions/38/history'))
    .json()
    .data.map(
      ({ action, reason, details }: { action: string; reason: string; details: { iso3: string; to?: string } }) => [
        action,
        details.iso3,
        details.to,
        reason,
      ],
    )
  t.same(actions, [
    ['country.statusChanged', 'BEL', 'held', 'Twelve applications'],
    ['country.releaseSet', 'BEL', undefined, null],
    ['country.statusChanged', 'DNK', 'notHeld', null],
    ['country.statusChanged', 'EST', 'withdrawn', null],
  ])
})

t.test('a country joins and leaves the round', async (t) => {
  const { admin, anyone } = await testApp(t)
  const added = await admin.post(base, { iso3: 'sdn' })
  t.equal(added.statusCode, 201, added.body)
  t.equal(added.headers.location, `${base}/SDN`)
  t.match(added.json(), { iso3: 'SDN', name: 'Sudan', confidence: 'entered', status: 'candidate' })
  t.equal(codes((await anyone.get(base)).json().data).at(-1), 'SDN', 'behind the others')
  t.equal((await admin.post(base, { iso3: 'SDN' })).json().code, 'country_exists')
  for (const iso3 of ['ZZZ', 'VAT'])
    t.equal((await admin.post(base, { iso3 })).json().errors[0].code, 'unknown_state', iso3)

  t.equal((await admin.delete(`${base}/SDN`)).json().code, 'precondition_required')
  t.equal((await admin.delete(`${base}/SDN`, { 'if-match': '"stale"' })).json().code, 'precondition_failed')
  const gone = await admin.delete(`${base}/SDN`, match(added))
  t.equal(gone.statusCode, 204)
  t.equal(gone.body, '')
  t.equal((await anyone.get(`${base}/SDN`)).json().code, 'country_not_found')
  const answers = await Promise.all(Array.from({ length: 10 }, () => admin.post(base, { iso3: 'FRA' })))
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [201, ...Array(9).fill(409)], 'of ten, one adds it')
  const many = await Promise.all(['DEU', 'ITA', 'ESP', 'PRT'].map((iso3) => admin.post(base, { iso3 })))
  t.ok(many.every(({ statusCode }) => statusCode === 201))
  t.equal(new Set(codes((await anyone.get(`${base}?limit=100`)).json().data)).size, 19)
})

t.test('a country that something refers to is not removed', async (t) => {
  const { admin } = await testApp(t)
  await admin.post('/v1/applications', { preSession: 38, country: 'BEL' })
  await admin.post(`${base}/DNK/deadline-extensions`, { local: '2021-01-15T23:59', reason: 'Few applications' })
  await admin.post(`${base}/EST/deadline-waivers`, {
    email: 'a@b.example',
    until: '2021-01-15T23:59',
    reason: 'Outage',
  })
  for (const iso3 of ['BEL', 'DNK', 'EST']) {
    const current = await admin.get(`${base}/${iso3}`)
    const refused = await admin.delete(`${base}/${iso3}`, match(current))
    t.equal(refused.json().code, 'country_in_use', iso3)
  }
})

t.test('a change needs the ETag of what staff see', async (t) => {
  const { admin, anyone } = await testApp(t)
  const path = `${base}/BEL`
  t.equal((await admin.patch(path, { status: 'held' })).json().code, 'precondition_required')
  const publicTag = match(await anyone.get(path))
  t.equal((await admin.patch(path, { status: 'held' }, publicTag)).json().code, 'precondition_failed')
  const current = await admin.get(path)
  const answers = await Promise.all(
    ['held', 'notHeld', 'withdrawn', 'held'].map((status) => admin.patch(path, { status }, match(current))),
  )
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [200, 412, 412, 412])
  t.equal(
    (await admin.post(`${path}/release`, { at: '2021-02-01T11:00:00Z' }, match(current))).json().code,
    'precondition_failed',
  )
  t.equal((await admin.patch(path, { name: 'x' }, { 'if-match': '*' })).json().errors[0].code, 'unknown_field')
  t.equal((await admin.patch(`${base}/FRA`, {}, { 'if-match': '*' })).json().code, 'country_not_found')
  t.equal((await admin.post('/v1/pre-sessions/41/countries', { iso3: 'BEL' })).json().code, 'pre_session_not_found')
  t.equal((await admin.post(`${path}/release`, { at: 'soon' })).json().errors[0].pointer, '/at')
})

t.test('extensions, waivers and changes are for staff alone', async (t) => {
  const { anyone } = await testApp(t)
  for (const response of [
    await anyone.post(base, { iso3: 'FRA' }),
    await anyone.patch(`${base}/BEL`, { status: 'held' }),
    await anyone.delete(`${base}/BEL`),
    await anyone.post(`${base}/BEL/release`, { at: '2021-02-01T11:00:00Z' }),
    await anyone.get(`${base}/BEL/deadline-extensions`),
    await anyone.post(`${base}/BEL/deadline-extensions`, { local: '2021-01-15T23:59', reason: 'x' }),
    await anyone.get(`${base}/BEL/deadline-waivers`),
    await anyone.post(`${base}/BEL/deadline-waivers`, { email: 'a@b.example', until: '2021-01-15T23:59', reason: 'x' }),
  ]) {
    t.equal(response.statusCode, 401)
  }
})

t.test('staff read a page of countries in one statement, numbers included', async (t) => {
  const { admin, statements } = await testApp(t)
  for (const path of [base, `${base}/BEL`]) {
    statements.take()
    await admin.get(path)
    t.equal(statements.take().length, 1, path)
  }
})
