import t from 'tap'
import { findAssignments } from '../../src/api-keys/queries.ts'
import { hashOf } from '../../src/http/access.ts'
import { type TestApp, testApp } from '../support/app.ts'

type Client = TestApp['admin']
interface Made {
  id: string
  key: string
  owner: string
  as: Client
}

const bearer = (service: TestApp, key: string) => service.as({ authorization: `Bearer ${key}` })

async function make(service: TestApp, by: Client, body: object): Promise<Made> {
  const response = await by.post('/v1/api-keys', { name: 'a key', ...body })
  if (response.statusCode !== 201) throw new Error(response.body)
  const made = response.json()
  return { ...made, as: bearer(service, made.key) }
}

t.test('a key is shown once and kept as a hash', async (t) => {
  const service = await testApp(t)
  const { admin, db } = service
  const response = await admin.post('/v1/api-keys', {
    name: 'Reviewer portal',
    role: 'integration',
    scopes: ['applications:read'],
    preSessions: [38],
    expiresAt: '2021-06-01T02:00:00+02:00',
  })
  t.equal(response.statusCode, 201)
  const { key, ...view } = response.json()
  t.match(key, /^upr_[A-Za-z0-9_-]{43}$/)
  t.match(view, {
    owner: 'admin-key',
    preSessions: [38],
    expiresAt: '2021-06-01T00:00:00Z',
    scopes: ['applications:read'],
  })
  t.equal(response.headers.location, `/v1/api-keys/${view.id}`)
  t.match(response.headers['cache-control'], 'no-store')

  const read = await admin.get(`/v1/api-keys/${view.id}`)
  t.same(read.json(), view)
  t.equal((await admin.get(`/v1/api-keys/${view.id}`, { 'if-none-match': String(read.headers.etag) })).statusCode, 304)
  const stored = await db.selectFrom('api_key').selectAll().where('id', '=', view.id).executeTakeFirstOrThrow()
  t.ok(stored.key_hash.equals(hashOf(key)))
  t.notOk(JSON.stringify(stored).includes(key.slice(4)))
  t.notOk((await admin.get('/v1/api-keys')).body.includes(key))
  t.equal((await admin.get('/v1/api-keys/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10')).json().code, 'api_key_not_found')
})

t.test('the list pages through all keys, the newest first', async (t) => {
  const service = await testApp(t)
  const { admin } = service
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) ids.unshift((await make(service, admin, { name, role: 'reviewer' })).id)
  const first = (await admin.get('/v1/api-keys?limit=2')).json()
  const second = (await admin.get(`/v1/api-keys?limit=2&cursor=${first.nextCursor}`)).json()
  t.same([...first.data, ...second.data].map(({ id }: { id: string }) => id).slice(0, 3), ids)
  t.equal((await admin.get('/v1/api-keys?cursor=abc')).json().code, 'invalid_cursor')
})

t.test('what cannot be asked for has a pointer', async (t) => {
  const { admin } = await testApp(t)
  const cases: [object, string, string][] = [
    [{ role: 'integration' }, '/scopes', 'required'],
    [{ role: 'reviewer', scopes: ['sponsors:read'] }, '/scopes/0', 'unknown_scope'],
    [{ role: 'reviewer', expiresAt: '2020-12-15T10:00:00Z' }, '/expiresAt', 'in_the_past'],
    [{ role: 'applicant' }, '/role', 'not_an_allowed_value'],
    [{ role: 'reviewer', preSessions: [] }, '/preSessions', 'too_few_items'],
    [{ role: 'reviewer', countries: ['bel'] }, '/countries/0', 'wrong_format'],
  ]
  for (const [body, pointer, code] of cases) {
    const response = await admin.post('/v1/api-keys', { name: 'x', ...body })
    t.equal(response.statusCode, 400, pointer)
    t.match(response.json().errors, [{ pointer, code }], pointer)
  }
})

t.test('a key does what its role, scopes and limits say', async (t) => {
  const service = await testApp(t)
  const { admin } = service
  const reader = await make(service, admin, { role: 'secretariat', scopes: ['applications:read'] })
  t.equal((await reader.as.get('/v1/applications')).statusCode, 200)
  t.match((await reader.as.post('/v1/applications', { preSession: 38 })).json(), {
    status: 403,
    detail: /applications:write/,
  })
  t.equal((await reader.as.get('/v1/pre-sessions/38/history')).statusCode, 403)
  t.equal((await reader.as.get('/v1/api-keys')).statusCode, 403, 'only an admin')

  const one = await make(service, admin, { role: 'secretariat', preSessions: [38], countries: ['BEL'] })
  const address = '/v1/pre-sessions/38/countries'
  const release = { at: '2021-02-15T09:00:00Z' }
  t.equal((await one.as.post(`${address}/BEL/release`, release)).statusCode, 200)
  t.equal((await one.as.post(`${address}/DNK/release`, release)).statusCode, 403, 'another country')
  const move = await one.as.post('/v1/pre-sessions/38/transitions', { to: 'callClosed' })
  t.equal(move.statusCode, 403, 'a key for one country does not change the round (leak 11)')
  t.equal((await one.as.get('/v1/pre-sessions/39/history')).statusCode, 403, 'another round')
})

t.test('a key never exceeds the one that made it', async (t) => {
  const service = await testApp(t)
  const { admin } = service
  const limited = await make(service, admin, {
    role: 'admin',
    scopes: ['api-keys:read', 'api-keys:write', 'countries:write'],
    preSessions: [38],
    countries: ['BEL', 'DNK'],
  })
  const beyond: [object, string][] = [
    [{ scopes: ['*'] }, '/scopes'],
    [{ scopes: ['applications:read'] }, '/scopes'],
    [{ preSessions: [38, 39] }, '/preSessions'],
    [{ countries: ['BEL', 'EST'] }, '/countries'],
  ]
  for (const [body, pointer] of beyond) {
    const response = await limited.as.post('/v1/api-keys', { name: 'x', role: 'secretariat', ...body })
    t.equal(response.statusCode, 403, JSON.stringify(body))
    t.match(response.json().errors, [{ pointer, code: 'more_than_you_have' }])
  }

  await t.test('what it leaves out is what its maker has', async (t) => {
    const child = await make(service, limited.as, { role: 'secretariat' })
    t.match(child, { owner: limited.id, preSessions: [38], countries: ['BEL', 'DNK'] })
    t.equal(
      (await child.as.post('/v1/pre-sessions/38/countries/EST/release', { at: '2021-02-15T09:00:00Z' })).statusCode,
      403,
    )
    t.same((await child.as.get('/v1/applications')).json().data, [], 'no more than everybody sees')
    t.equal((await child.as.get('/v1/pre-sessions/38/history')).statusCode, 403)
  })

  await t.test('it knows nothing of keys beyond its limits, and gets at none of them', async (t) => {
    const full = await make(service, admin, { role: 'admin' })
    const listed = (await limited.as.get('/v1/api-keys')).json().data.map(({ id }: { id: string }) => id)
    t.notOk(listed.includes(full.id))
    t.ok(listed.includes(limited.id))
    const address = `/v1/api-keys/${full.id}`
    const answers = [
      await limited.as.get(address),
      await limited.as.post(`${address}/rotations`, {}),
      await limited.as.post(`${address}/revocation`, { reason: 'x' }),
      await limited.as.patch(address, { name: 'x' }, { 'if-match': '*' }),
      await limited.as.get(`${address}/assignments`),
      await limited.as.put(`${address}/assignments`, { data: [] }),
    ]
    for (const answer of answers) t.equal(answer.json().code, 'api_key_not_found')
  })

  await t.test('narrowing the maker narrows what it made', async (t) => {
    const maker = await make(service, admin, { role: 'admin' })
    const child = await make(service, maker.as, { role: 'secretariat' })
    const grandchild = await make(service, maker.as, { role: 'reviewer' })
    const address = '/v1/pre-sessions/38/countries/DNK/release'
    t.equal((await child.as.post(address, { at: '2021-02-15T09:00:00Z' })).statusCode, 200)
    const etag = String((await admin.get(`/v1/api-keys/${maker.id}`)).headers.etag)
    t.equal(
      (await admin.patch(`/v1/api-keys/${maker.id}`, { countries: ['BEL'] }, { 'if-match': etag })).statusCode,
      200,
    )
    t.equal((await child.as.post(address, { at: '2021-02-15T09:00:00Z' })).statusCode, 403)
    t.equal((await admin.post(`/v1/api-keys/${maker.id}/revocation`, { reason: 'stolen' })).statusCode, 200)
    t.equal((await child.as.get('/v1/applications')).statusCode, 401)
    t.equal((await grandchild.as.get('/v1/applications')).statusCode, 401)
  })
})

t.test('a change needs the ETag, and only narrows', async (t) => {
  const service = await testApp(t)
  const { admin, db } = service
  const { id, as } = await make(service, admin, { role: 'secretariat', preSessions: [38, 39] })
  const address = `/v1/api-keys/${id}`
  t.equal((await admin.patch(address, { name: 'b' })).statusCode, 428)
  t.equal((await admin.patch(address, { name: 'b' }, { 'if-match': '"old"' })).statusCode, 412)
  const { etag } = (await admin.get(address)).headers
  await as.get('/v1/applications')
  await db.updateTable('api_key').set({ last_used_at: '2020-12-15T10:00:00Z' }).where('id', '=', id).execute()
  const changed = await admin.patch(address, { name: 'b', preSessions: [38] }, { 'if-match': String(etag) })
  t.equal(changed.statusCode, 200, 'a use in between is no change')
  t.match(changed.json(), { name: 'b', preSessions: [38] })
  for (const body of [{ preSessions: [38, 39] }, { preSessions: [40] }]) {
    const response = await admin.patch(address, body, { 'if-match': '*' })
    t.match(response.json(), { status: 400, errors: [{ pointer: '/preSessions', code: 'wider_than_now' }] })
  }
  const timed = await admin.patch(address, { expiresAt: '2020-12-20T00:00:00Z' }, { 'if-match': '*' })
  t.equal(timed.json().expiresAt, '2020-12-20T00:00:00Z')
  t.notOk((await admin.patch(address, { expiresAt: null }, { 'if-match': '*' })).json().expiresAt)
})

t.test('a key ends by the clock', async (t) => {
  const service = await testApp(t)
  const { admin, clock } = service
  const { id, as } = await make(service, admin, { role: 'secretariat', expiresAt: '2021-01-01T00:00:00Z' })
  t.equal((await as.get('/v1/applications')).statusCode, 200)
  clock.set('2020-12-31T23:59:58Z')
  t.equal((await as.get('/v1/applications')).statusCode, 200)
  clock.set('2021-01-01T00:00:00Z')
  t.equal((await as.get('/v1/applications')).statusCode, 401)
  for (const [path, body] of [
    ['rotations', {}],
    ['', { name: 'x' }],
  ] as const) {
    const response =
      path === ''
        ? await admin.patch(`/v1/api-keys/${id}`, body, { 'if-match': '*' })
        : await admin.post(`/v1/api-keys/${id}/${path}`, body)
    t.equal(response.json().code, 'api_key_ended')
  }
})

t.test('a revocation ends a key at once here, and soon elsewhere', async (t) => {
  const service = await testApp(t)
  const other = await testApp(t, { url: service.url })
  const { admin } = service
  const { id, as, key } = await make(service, admin, { role: 'secretariat' })
  const elsewhere = bearer(other, key)
  for (const client of [as, elsewhere]) t.equal((await client.get('/v1/applications')).statusCode, 200)
  const revoked = await admin.post(`/v1/api-keys/${id}/revocation`, { reason: 'Sent by mail' })
  t.match(revoked.json(), { revocationReason: 'Sent by mail', revokedAt: /^2020-12-15T10:00/ })
  t.equal((await as.get('/v1/applications')).statusCode, 401)
  other.clock.set('2020-12-15T10:01:00Z')
  t.equal((await elsewhere.get('/v1/applications')).statusCode, 401, 'within five seconds in another process')
  const again = await admin.post(`/v1/api-keys/${id}/revocation`, { reason: 'Again' })
  t.match(again.json(), { revocationReason: 'Sent by mail' })
  t.equal((await admin.post(`/v1/api-keys/${id}/rotations`, {})).json().code, 'api_key_ended')
})

t.test('a rotation overlaps, and hands everything over', async (t) => {
  const service = await testApp(t)
  const { admin, clock } = service
  const maker = await make(service, admin, { role: 'admin' })
  const child = await make(service, maker.as, { role: 'secretariat' })
  const response = await maker.as.post(`/v1/api-keys/${maker.id}/rotations`, { overlapSeconds: 3600 })
  t.equal(response.statusCode, 201)
  const fresh = response.json()
  t.match(fresh, { name: 'a key', role: 'admin', owner: 'admin-key', key: /^upr_/ })
  t.match((await admin.get(`/v1/api-keys/${maker.id}`)).json(), {
    replacedBy: fresh.id,
    expiresAt: /^2020-12-15T11:00/,
  })
  t.equal((await admin.get(`/v1/api-keys/${child.id}`)).json().owner, fresh.id)
  t.equal((await admin.post(`/v1/api-keys/${maker.id}/rotations`, {})).json().code, 'api_key_ended', 'once')
  const successor = bearer(service, fresh.key)
  for (const client of [maker.as, successor]) t.equal((await client.get('/v1/applications')).statusCode, 200)
  clock.set('2020-12-15T11:00:01Z')
  t.equal((await maker.as.get('/v1/applications')).statusCode, 401)
  for (const client of [successor, child.as]) t.equal((await client.get('/v1/applications')).statusCode, 200)
  const now = await successor.post(`/v1/api-keys/${fresh.id}/rotations`, { overlapSeconds: 0 })
  t.equal(now.statusCode, 201)
  t.equal((await successor.get('/v1/applications')).statusCode, 401, 'no overlap, no second request')
})

t.test('last use is written, but not with every request', async (t) => {
  const service = await testApp(t)
  const { admin, db, clock } = service
  const { id, as } = await make(service, admin, { role: 'secretariat' })
  t.notOk((await admin.get(`/v1/api-keys/${id}`)).json().lastUsedAt)
  const used = async () =>
    (await db.selectFrom('api_key').select('last_used_at').where('id', '=', id).executeTakeFirstOrThrow()).last_used_at
  await as.get('/v1/applications')
  let first = await used()
  // It is written beside the request: wait for the write, not for a time.
  while (first === null) first = await used()
  t.match(first, /^2020-12-15T10:00/)
  clock.set('2020-12-16T00:00:00Z')
  for (let request = 0; request < 20; request += 1) await as.get('/v1/applications')
  t.equal(await used(), first)
})

t.test('reviewers are assigned to countries', async (t) => {
  const service = await testApp(t)
  const { admin, db } = service
  const reviewer = await make(service, admin, { role: 'reviewer' })
  const address = `/v1/api-keys/${reviewer.id}/assignments`
  const empty = await admin.get(address)
  t.same(empty.json(), { data: [] })
  const asItIs = { 'if-match': '*' }
  const data = [
    { preSession: 38, country: 'DNK' },
    { preSession: 38, country: 'BEL', seesIdentities: true },
  ]
  t.equal((await admin.put(address, { data })).statusCode, 428)
  const assigned = await admin.put(address, { data }, { 'if-match': String(empty.headers.etag) })
  t.equal((await admin.put(address, { data: [] }, { 'if-match': String(empty.headers.etag) })).statusCode, 412)
  t.same(assigned.json().data, [
    { preSession: 38, country: 'BEL', seesIdentities: true },
    { preSession: 38, country: 'DNK', seesIdentities: false },
  ])
  const read = await admin.get(address)
  t.same(read.json(), assigned.json())
  t.equal(read.headers.etag, assigned.headers.etag)
  t.same(await findAssignments(db, reviewer.id), [
    { pre_session: 38, country: 'BEL', sees_identities: true },
    { pre_session: 38, country: 'DNK', sees_identities: false },
  ])

  const unknown = await admin.put(address, { data: [...data, { preSession: 38, country: 'FRA' }] })
  t.match(unknown.json().errors, [{ pointer: '/data/2/country', code: 'unknown_country' }])
  const twice = await admin.put(address, { data: [data[0], data[0]] })
  t.match(twice.json().errors, [{ pointer: '/data/1', code: 'repeated_item' }])

  await t.test('the successor of a key reads what it read', async (t) => {
    const fresh = (await admin.post(`/v1/api-keys/${reviewer.id}/rotations`, {})).json()
    t.equal((await findAssignments(db, fresh.id)).length, 2)
  })

  await t.test('what is no longer named is taken away (leak 14)', async (t) => {
    await admin.put(address, { data: [data[0]] }, asItIs)
    t.same(await findAssignments(db, reviewer.id), [{ pre_session: 38, country: 'DNK', sees_identities: false }])
  })

  await t.test('a subject of a token is assigned in the same way', async (t) => {
    const subject = '/v1/api-keys/oidc%3Aanna/assignments'
    t.equal((await admin.put(subject, { data }, asItIs)).statusCode, 200)
    t.equal((await findAssignments(db, 'oidc:anna')).length, 2)
    const limited = await make(service, admin, { role: 'admin', countries: ['BEL'] })
    t.equal((await limited.as.put(subject, { data }, asItIs)).statusCode, 403)
    t.same((await limited.as.get(subject)).json().data, [{ preSession: 38, country: 'BEL', seesIdentities: true }])
    t.same((await limited.as.put(subject, { data: [] }, asItIs)).json().data, [])
    t.same(await findAssignments(db, 'oidc:anna'), [{ pre_session: 38, country: 'DNK', sees_identities: false }])
  })

  await t.test('nobody else is', async (t) => {
    const other = await make(service, admin, { role: 'secretariat' })
    t.equal((await admin.put(`/v1/api-keys/${other.id}/assignments`, { data })).json().code, 'not_a_reviewer')
  })

  await t.test('many lists at once end in one of them', async (t) => {
    const lists = [[data[0]], [data[1]], data].flatMap((list) => [list, list, list])
    const answers = await Promise.all(lists.map((list) => admin.put(address, { data: list }, asItIs)))
    t.same([...new Set(answers.map((answer) => answer.statusCode))], [200])
  })
})
