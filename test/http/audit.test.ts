import t from 'tap'
import { insertApiKey } from '../../src/api-keys/queries.ts'
import { shortened } from '../../src/audit/requests.ts'
import { sealAudit } from '../../src/audit/sealer.ts'
import { hashOf } from '../../src/http/access.ts'
import { adminKey, type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { addressOf, type Place, readDocument } from '../support/document.ts'

const { operations, resolve } = await readDocument()

const admin = { authorization: `Bearer ${adminKey}` }

/** Health, metrics, deliveries and feeds, whose address is the credential, are looked at elsewhere (docs/decisions/0005). */
const unrecorded = (place: Place) => place.tags[0] === 'operations' || /hooks|\{secret\}/.test(place.path)
const isPublic = (place: Place) => place['x-access'].includes('public')

interface Event {
  action: string
  requestId: string
  status: number | null
  kind: string
  details: Record<string, unknown>
  [name: string]: unknown
}

/** Everything that the log says of one request. */
async function eventsOf({ admin }: Pick<TestApp, 'admin'>, requestId: string): Promise<Event[]> {
  return (await admin.get(`/v1/audit-log?requestId=${requestId}&limit=100`)).json().data
}

function exampleOf(place: Place): object | undefined {
  const [media] = Object.entries(place.requestBody?.content ?? {})
    .filter(([type]) => type.includes('json'))
    .map(([, one]) => one)
  if (media === undefined) return undefined
  const schema = resolve(media.schema ?? {})
  return (media.example ??
    Object.values(media.examples ?? {})[0]?.value ??
    schema.example ??
    schema.examples?.[0] ??
    {}) as object
}

t.test('every operation leaves an entry', async (t) => {
  const app = await testApp(t)
  const recorded = operations.filter((place) => !isPublic(place) && !unrecorded(place))
  t.ok(recorded.length > 30)
  for (const [index, place] of recorded.entries()) {
    const requestId = `every-${index}`
    const payload = exampleOf(place)
    const response = await app.inject({
      method: place.method as 'GET',
      url: addressOf(place.path),
      headers: { ...admin, 'x-request-id': requestId },
      ...(payload === undefined ? {} : { payload }),
    })
    // What cannot be done for want of something outside did nothing.
    if (response.statusCode === 503) continue
    const requests = (await eventsOf(app, requestId)).filter(({ kind }) => kind === 'request')
    t.match(
      requests,
      [
        {
          action: place.operationId,
          status: response.statusCode,
          actor: 'admin-key',
          role: 'admin',
          method: place.method,
        },
      ],
      place.operationId,
    )
    t.equal(requests.length, 1, place.operationId)
  }
})

t.test('who is known is recorded on public operations too, a stranger is not', async (t) => {
  const app = await testApp(t)
  const read = operations.filter((place) => isPublic(place) && !unrecorded(place) && place.method === 'GET')
  for (const [index, place] of read.entries()) {
    const url = addressOf(place.path)
    await app.inject({ method: 'GET', url, headers: { ...admin, 'x-request-id': `known-${index}` } })
    await app.inject({ method: 'GET', url, headers: { 'x-request-id': `unknown-${index}` } })
    t.match(await eventsOf(app, `known-${index}`), [{ action: place.operationId }], place.operationId)
    t.same(await eventsOf(app, `unknown-${index}`), [], place.operationId)
  }
  await app.anyone.get('/v1/applications', { 'x-request-id': 'refused' })
  t.same(await eventsOf(app, 'refused'), [], 'a stranger who is refused is counted in the metrics')
})

t.test('an entry says who, what, when, from where and on which record', async (t) => {
  const app = await testApp(t, { now: '2020-12-15T10:00:00Z' })
  const created = await app.admin.post('/v1/applications', aCompleteApplication(), { 'x-request-id': 'make' })
  const { id } = created.json()
  t.match(await eventsOf(app, 'make'), [
    {
      action: 'createApplication',
      kind: 'request',
      status: 201,
      subject: { kind: 'applications', id },
      preSession: 38,
      country: 'BEL',
      remote: '127.0.0.0/24',
      details: { fields: Object.keys(aCompleteApplication()) },
    },
    {
      action: 'application.created',
      kind: 'change',
      status: null,
      role: 'admin',
      subject: { kind: 'applications', id },
    },
  ])

  await app.admin.post(`/v1/applications/${id}/submission`, undefined, { 'x-request-id': 'submit' })
  const changes = await eventsOf(app, 'submit')
  t.same(changes.map(({ action }) => action).sort(), [
    'application.assessed',
    'application.submitted',
    'submitApplication',
  ])

  await app.admin.get(`/v1/applications?preSession=38&country=bel&q=Machel&sort=-receivedAt&limit=5`, {
    'x-request-id': 'list',
  })
  t.match(await eventsOf(app, 'list'), [
    {
      action: 'listApplications',
      subject: null,
      preSession: 38,
      country: 'BEL',
      details: { filters: ['preSession', 'country', 'q'] },
    },
  ])
  t.equal((await eventsOf(app, 'list')).length, 1, 'a list is one entry')

  await app.admin.get(`/v1/applications/${id}/versions`, { 'x-request-id': 'versions' })
  t.match(await eventsOf(app, 'versions'), [{ subject: { kind: 'applications', id }, preSession: 38, country: 'BEL' }])
})

t.test('the reason of a change is shown from the history, and goes with it', async (t) => {
  const app = await testApp(t)
  const { id } = (await app.admin.post('/v1/applications', aCompleteApplication())).json()
  const reason = 'Zoë Machel asked for it'
  await app.admin.post(`/v1/applications/${id}/withdrawal`, { reason }, { 'x-request-id': 'withdraw' })
  const withdrawn = async () => (await eventsOf(app, 'withdraw')).find(({ kind }) => kind === 'change')
  t.match(await withdrawn(), { action: 'application.withdrawn', reason })
  await app.pool.query('update history_event set reason = null where application_id = $1', [id])
  t.match(await withdrawn(), { action: 'application.withdrawn', reason: null, subject: { id } })
})

t.test('a refusal of somebody known is recorded with its code', async (t) => {
  const app = await testApp(t)
  await insertApiKey(app.db, {
    name: 'reviewer',
    role: 'reviewer',
    key_hash: hashOf('key-of-reviewer'),
    created_at: '2020-12-01T00:00:00Z',
  })
  const reviewer = app.as({ authorization: 'Bearer key-of-reviewer' })
  t.equal((await reviewer.get('/v1/integrations/jotform/status', { 'x-request-id': 'forbidden' })).statusCode, 403)
  t.match(await eventsOf(app, 'forbidden'), [
    { action: 'getJotformStatus', status: 403, role: 'reviewer', details: { code: 'forbidden' } },
  ])
  const nobody = '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'
  t.equal((await app.admin.get(`/v1/applications/${nobody}`, { 'x-request-id': 'missing' })).statusCode, 404)
  t.match(await eventsOf(app, 'missing'), [
    { status: 404, details: { code: 'application_not_found' }, subject: { kind: 'applications', id: nobody } },
  ])
  t.equal((await app.admin.get('/v1/applications?zoeMachel=1', { 'x-request-id': 'typo' })).statusCode, 400)
  t.match(await eventsOf(app, 'typo'), [{ status: 400, details: { code: 'invalid_request' } }])
  t.notMatch(JSON.stringify(await eventsOf(app, 'typo')), /zoeMachel/)
})

t.test('nothing that a person wrote enters', async (t) => {
  const app = await testApp(t)
  const marker = 'Qanat'
  const email = 'qanat@qanat.example'
  const body = {
    ...aCompleteApplication(),
    organisation: { ...aCompleteApplication().organisation, name: marker, email, aim: marker },
    speaker: { firstName: marker, lastName: marker, email, atRisk: true },
    uprSubmission: { reference: marker },
  }
  const { id } = (await app.admin.post('/v1/applications', body)).json()
  const read = await app.admin.get(`/v1/applications/${id}`)
  const ifMatch = { 'if-match': String(read.headers.etag) }
  await app.admin.patch(`/v1/applications/${id}`, { speaker: { position: marker } }, ifMatch)
  await app.admin.post(`/v1/applications/${id}/submission`)
  await app.admin.get(`/v1/applications?q=${marker}`)
  await app.admin.get(`/v1/applications?${marker}=${marker}`)
  await app.admin.get(`/v1/applications/${email}`)
  await app.admin.get(`/v1/pre-sessions/38/countries/${marker}`)
  await app.admin.post('/v1/applications', { [marker]: marker })
  const waiver = { email, until: '2021-01-20T10:00:00Z', reason: marker }
  await app.admin.post('/v1/pre-sessions/38/countries/BEL/deadline-waivers', waiver)
  await app.admin.post('/v1/pre-sessions/38/countries/BEL/deadline-extensions', {
    local: '2021-01-10T23:59',
    reason: marker,
  })
  await app.admin.post(`/v1/applications/${id}/withdrawal`, { reason: marker })
  await sealAudit(app.deps)
  await app.admin.get(`/v1/applications/${id}/history`)
  for (const table of ['audit_event', 'audit_unsealed']) {
    const { rows } = await app.pool.query(`select row_to_json(${table})::text as text from ${table}`)
    t.ok(rows.length > 0, table)
    t.notMatch(rows.map(({ text }) => text).join('\n'), /qanat/i, table)
  }
})

t.test('what cannot be recorded does not leave', async (t) => {
  const app = await testApp(t)
  const { id } = (await app.admin.post('/v1/applications', aCompleteApplication())).json()
  const before = (await app.pool.query('select count(*)::int as n from application')).rows[0].n
  await app.pool.query('alter table audit_unsealed add constraint broken check (false) not valid')
  for (const path of [
    '/v1/applications',
    `/v1/applications/${id}`,
    `/v1/applications/${id}/assessment`,
    '/v1/audit-log',
  ]) {
    const response = await app.admin.get(path)
    t.equal(response.statusCode, 503, path)
    t.match(response.json(), { code: 'unavailable' })
    t.equal(response.headers['retry-after'], '5')
    t.equal(response.headers.etag, undefined)
    t.notMatch(response.body, /Ligue/)
  }
  t.ok((await app.admin.post('/v1/applications', aCompleteApplication())).statusCode >= 500)
  const after = (await app.pool.query('select count(*)::int as n from application')).rows[0].n
  t.equal(after, before, 'a change and its entry are there together or not at all')
  t.equal((await app.anyone.get('/v1/pre-sessions/38')).statusCode, 200, 'what is public needs no entry')
  await app.pool.query('alter table audit_unsealed drop constraint broken')
  t.equal((await app.admin.get(`/v1/applications/${id}`)).statusCode, 200)
})

t.test('the log is read page by page, by filter, and each reading is an entry', async (t) => {
  const app = await testApp(t)
  for (let n = 0; n < 7; n += 1) await app.admin.get('/v1/pre-sessions/38/history', { 'x-request-id': `page-${n}` })
  await sealAudit(app.deps)
  for (let n = 7; n < 10; n += 1) await app.admin.get('/v1/pre-sessions/38/history', { 'x-request-id': `page-${n}` })
  const seen: string[] = []
  let cursor = ''
  for (;;) {
    const page = (await app.admin.get(`/v1/audit-log?action=listPreSessionHistory&limit=4${cursor}`)).json()
    seen.push(...page.data.map(({ requestId }: Event) => requestId))
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  t.same(
    seen,
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((n) => `page-${n}`),
    'sealed or not, newest first',
  )
  const count = async (query: string) => (await app.admin.get(`/v1/audit-log?limit=100&${query}`)).json().data.length
  t.equal(await count('action=listPreSessionHistory&preSession=38&actor=admin-key'), 10)
  t.equal(await count('action=listPreSessionHistory&preSession=39'), 0)
  t.equal(await count('actor=somebody'), 0)
  t.equal(await count('until=2020-12-15T09:59:59Z'), 0)
  t.equal(await count('action=listPreSessionHistory&since=2020-12-15T10:00:00Z'), 10)
  t.ok((await count('action=listAuditEvents')) >= 7)

  const head = (await app.admin.get('/v1/audit-log/head')).json()
  t.equal(head.seq, 7)
  t.match(head.hash, /^[\da-f]{64}$/)
  t.ok(head.unsealed > 3)
  await sealAudit(app.deps)
  const later = (await app.admin.get('/v1/audit-log/head')).json()
  t.ok(later.seq > 7)
  t.equal(later.unsealed, 0)
})

t.test('a worker seals within a second', async (t) => {
  const app = await testApp(t, { worker: true })
  await app.admin.get('/v1/applications', { 'x-request-id': 'soon' })
  const began = performance.now()
  for (;;) {
    const [event] = await eventsOf(app, 'soon')
    if (event?.seq != null) break
    if (performance.now() - began > 5_000) throw new Error('not sealed')
  }
  t.ok(performance.now() - began < 1_500)
})

t.test('an address is kept without its last part', async (t) => {
  const cases = {
    '203.0.113.77': '203.0.113.0/24',
    '::ffff:203.0.113.77': '203.0.113.0/24',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1::/48',
    '2001:db8::6': '2001:db8::/48',
    '::1': '::/48',
  }
  for (const [ip, expected] of Object.entries(cases)) t.equal(shortened(ip), expected, ip)
})
