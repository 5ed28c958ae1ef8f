import { createHash, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import pg from 'pg'
import t from 'tap'
import { createCipher } from '../../src/crypto/cipher.ts'
import { hashOf } from '../../src/http/access.ts'
import { deleteExpired, deleteKeptAbout } from '../../src/idempotency/queries.ts'
import { adminKey, type TestApp, testApp } from '../support/app.ts'

const draft = (name = 'Ligue des droits') => ({ preSession: 38, country: 'BEL', organisation: { name } })
const keyed = (key: string) => ({ 'idempotency-key': key })
const post = ({ admin }: TestApp, key: string, body: object = draft()) =>
  admin.post('/v1/applications', body, keyed(key))

const cipherOf = ({ deps }: TestApp) => createCipher([deps.keys.answers])

const countApplications = async ({ db }: TestApp, name: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from application where body -> 'organisation' ->> 'name' = ${name}`.execute(db)
  return rows[0]?.n ?? 0
}

t.test('the first answer is given again, byte for byte, and nothing is done twice', async (t) => {
  const app = await testApp(t)
  const first = await post(app, 'one')
  t.equal(first.statusCode, 201)
  t.equal(first.headers['idempotent-replayed'], undefined)
  t.equal(first.headers['content-type'], 'application/json; charset=utf-8')
  app.clock.set('2020-12-15T11:00:00Z')
  const again = await post(app, 'one')
  t.equal(again.statusCode, 201)
  t.equal(again.body, first.body)
  t.equal(again.headers['idempotent-replayed'], 'true')
  for (const name of ['content-type', 'location', 'etag', 'cache-control', 'content-length'])
    t.equal(again.headers[name], first.headers[name], name)
  t.not(again.headers['x-request-id'], first.headers['x-request-id'])
  t.equal(await countApplications(app, 'Ligue des droits'), 1)
})

t.test('without a key every request is a new one', async (t) => {
  const app = await testApp(t)
  await app.admin.post('/v1/applications', draft())
  await app.admin.post('/v1/applications', draft())
  t.equal(await countApplications(app, 'Ligue des droits'), 2)
})

t.test('two replicas, the same key at the same moment, fifty times: one effect, one answer', async (t) => {
  const first = await testApp(t)
  const second = await testApp(t, { url: first.url })
  let inProgress = 0
  for (let round = 0; round < 50; round += 1) {
    const body = draft(`Twin ${round}`)
    const key = randomUUID()
    const send = async (app: TestApp): Promise<string> => {
      for (;;) {
        const answer = await post(app, key, body)
        if (answer.statusCode === 201) return answer.body
        t.equal(answer.json().code, 'idempotency_in_progress')
        t.equal(answer.headers['retry-after'], '1')
        inProgress += 1
      }
    }
    const answers = await Promise.all([send(first), send(second), send(first), send(second)])
    t.equal(new Set(answers).size, 1, `round ${round}: one answer`)
    t.equal(await countApplications(first, body.organisation.name), 1, `round ${round}: one effect`)
  }
  t.comment(`${inProgress} times a twin was still in progress`)
})

t.test('many at once over few connections: one effect, no answer but the first and 409', async (t) => {
  const app = await testApp(t)
  const answers = await Promise.all(Array.from({ length: 200 }, () => post(app, 'crowd', draft('Crowd'))))
  const statuses = new Set(answers.map(({ statusCode }) => statusCode))
  t.ok([...statuses].every((status) => status === 201 || status === 409))
  t.equal(new Set(answers.filter(({ statusCode }) => statusCode === 201).map(({ body }) => body)).size, 1)
  t.equal(answers.filter((one) => one.statusCode === 201 && !one.headers['idempotent-replayed']).length, 1)
  t.equal(await countApplications(app, 'Crowd'), 1)
})

t.test('another content under the same key is refused every time', async (t) => {
  const app = await testApp(t)
  const first = await post(app, 'one')
  for (const name of ['Another', 'One more']) {
    const answer = await post(app, 'one', draft(name))
    t.equal(answer.statusCode, 422)
    t.equal(answer.json().code, 'idempotency_key_reused')
    t.equal(await countApplications(app, name), 0)
  }
  const precondition = await app.admin.post('/v1/applications', draft(), { ...keyed('one'), 'if-match': '"x"' })
  t.equal(precondition.statusCode, 422, 'a precondition is part of the request')
  const reordered = await post(app, 'one', {
    organisation: { name: 'Ligue des droits' },
    country: 'BEL',
    preSession: 38,
  })
  t.equal(reordered.body, first.body, 'the order of fields is not')
})

t.test('a key belongs to its credential and its path', async (t) => {
  const app = await testApp(t)
  const other = 'another-key-0123456789-0123456789-0123456789'
  await app.db
    .insertInto('api_key')
    .values({ name: 'other', role: 'secretariat', key_hash: hashOf(other), created_at: '2020-12-01T00:00:00Z' })
    .execute()
  const first = await post(app, 'shared')
  const otherCaller = await app
    .as({ authorization: `Bearer ${other}` })
    .post('/v1/applications', draft(), keyed('shared'))
  t.equal(otherCaller.statusCode, 201)
  t.not(otherCaller.json().id, first.json().id)
  const otherPath = await app.admin.post(`/v1/applications/${first.json().id}/withdrawal`, {}, keyed('shared'))
  t.equal(otherPath.statusCode, 200)
  t.equal(otherPath.headers['idempotent-replayed'], undefined)
})

t.test('callers without a credential are told apart by their address', async (t) => {
  const app = await testApp(t)
  const from = (remoteAddress: string, name: string) =>
    app.inject({
      method: 'POST',
      url: '/v1/pre-sessions/38/countries/BEL/assessments',
      headers: keyed('public'),
      payload: { organisation: { name } },
      remoteAddress,
    })
  t.equal((await from('192.0.2.1', 'A')).statusCode, 200)
  t.equal((await from('192.0.2.2', 'B')).statusCode, 200)
  t.equal((await from('192.0.2.1', 'A')).headers['idempotent-replayed'], 'true')
  t.equal((await from('192.0.2.1', 'B')).statusCode, 422)
})

t.test('a key is bare or in quotes, and not every text is one', async (t) => {
  const app = await testApp(t)
  const bare = await post(app, 'abc')
  const quoted = await post(app, '"abc"')
  t.equal(quoted.body, bare.body, 'the same key in both spellings')
  t.equal((await post(app, `"${'k'.repeat(255)}"`)).statusCode, 201)
  for (const key of ['', '""', 'a b', 'a, b', '"a', '"a"b', '"a\\b"', 'é', 'k'.repeat(256)]) {
    const answer = await post(app, key, draft('Refused'))
    t.equal(answer.statusCode, 400, key)
    t.equal(answer.json().errors[0].pointer, '/headers/idempotency-key', key)
  }
  t.equal(await countApplications(app, 'Refused'), 0)
})

t.test('a refusal is kept too; what was never begun is not', async (t) => {
  const app = await testApp(t)
  const add = (key: string) => app.admin.post('/v1/pre-sessions/38/countries', { iso3: 'FRA' }, keyed(key))
  t.equal((await add('first')).statusCode, 201)
  const first = await add('second')
  t.equal(first.json().code, 'country_exists')
  await app.db.deleteFrom('country_under_review').where('iso3', '=', 'FRA').execute()
  const again = await add('second')
  t.equal(again.statusCode, 409)
  t.equal(again.body, first.body)
  t.equal(again.headers['idempotent-replayed'], 'true')

  t.equal((await post(app, 'typo', { preSession: 38, contry: 'BEL' })).statusCode, 400)
  t.equal((await post(app, 'typo')).statusCode, 201, 'an invalid request leaves the key free')
})

t.test('a fault of the service is neither kept nor done', async (t) => {
  const app = await testApp(t)
  await sql`alter table history_event add constraint no_more check (actor <> 'admin-key') not valid`.execute(app.db)
  t.equal((await post(app, 'fault')).statusCode, 500)
  t.equal(await countApplications(app, 'Ligue des droits'), 0)
  await sql`alter table history_event drop constraint no_more`.execute(app.db)
  const retry = await post(app, 'fault')
  t.equal(retry.statusCode, 201)
  t.equal(retry.headers['idempotent-replayed'], undefined)
})

t.test('an answer that cannot be kept is not given', async (t) => {
  const app = await testApp(t)
  await sql`alter table idempotency_key add constraint none check (false) not valid`.execute(app.db)
  const refused = await post(app, 'unkept')
  t.equal(refused.statusCode, 500)
  t.equal(refused.json().code, 'internal_error')
  t.equal(refused.headers.location, undefined)
  t.equal(await countApplications(app, 'Ligue des droits'), 0, 'and its effect is not there')
})

t.test('the database goes away in the middle: 503, and the retry does it once', async (t) => {
  const app = await testApp(t)
  const blocker = new pg.Client({ connectionString: app.url })
  await blocker.connect()
  t.teardown(() => blocker.end())
  await blocker.query('begin')
  await blocker.query('lock table history_event in access exclusive mode')
  const request = post(app, 'cut', draft('Cut'))
  for (;;) {
    const { rows } = await app.pool.query(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rows.length === 0) continue
    const twin = await post(app, 'cut', draft('Cut'))
    t.equal(twin.json().code, 'idempotency_in_progress', 'its twin is told to wait')
    await blocker.query('select pg_terminate_backend($1)', [rows[0].pid])
    break
  }
  const cut = await request
  t.equal(cut.statusCode, 503)
  await blocker.query('rollback')
  t.equal(await countApplications(app, 'Cut'), 0)
  const retry = await post(app, 'cut', draft('Cut'))
  t.equal(retry.statusCode, 201)
  t.equal(retry.headers['idempotent-replayed'], undefined)
  t.equal(await countApplications(app, 'Cut'), 1)
})

t.test('an answer is kept for 72 hours by the clock of the service', async (t) => {
  const app = await testApp(t, { now: '2020-12-15T10:00:00Z' })
  const first = await post(app, 'old')
  app.clock.set('2020-12-18T09:59:59Z')
  await deleteExpired(app.db, app.clock.now())
  t.equal((await post(app, 'old')).body, first.body)
  app.clock.set('2020-12-18T10:00:01Z')
  const anew = await post(app, 'old')
  t.equal(anew.headers['idempotent-replayed'], undefined, 'expired, though the row is still there')
  t.equal((await post(app, 'old')).body, anew.body)
  app.clock.set('2020-12-21T10:00:02Z')
  await deleteExpired(app.db, app.clock.now())
  t.same(await app.db.selectFrom('idempotency_key').select('status').execute(), [])
})

t.test('documents: the same file under the same key is one document, whatever the boundary', async (t) => {
  const app = await testApp(t)
  const { id } = (await app.admin.post('/v1/applications', draft())).json()
  const upload = (content: string, boundary: string) =>
    app.inject({
      method: 'POST',
      url: `/v1/applications/${id}/documents`,
      headers: {
        authorization: `Bearer ${adminKey}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
        ...keyed('file'),
      },
      payload: `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\ncontent-type: application/pdf\r\n\r\n${content}\r\n--${boundary}--\r\n`,
    })
  const pdf = '%PDF-1.4\n%%EOF\n'
  const first = await upload(pdf, 'one')
  t.equal(first.statusCode, 201)
  const again = await upload(pdf, 'two')
  t.equal(again.body, first.body)
  t.equal(again.headers.location, first.headers.location)
  t.equal(again.headers['idempotent-replayed'], 'true')
  t.equal((await upload(`${pdf}%%EOF\n`, 'three')).statusCode, 422)
  t.equal((await app.db.selectFrom('document').select('id').execute()).length, 1)
})

t.test('imports: the same table under the same key is imported once', async (t) => {
  const app = await testApp(t)
  const send = (key: string, query: string, boundary: string) =>
    app.inject({
      method: 'POST',
      url: `/v1/integrations/jotform/imports?${query}`,
      headers: {
        authorization: `Bearer ${adminKey}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
        ...keyed(key),
      },
      payload: `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nSubmission ID,Submission Date\n\r\n--${boundary}--\r\n`,
    })
  const first = await send('import', 'dryRun=true', 'one')
  const again = await send('import', 'dryRun=true', 'two')
  t.equal(again.body, first.body)
  t.equal(again.headers['idempotent-replayed'], 'true')
  t.equal((await send('import', 'dryRun=false', 'one')).statusCode, 422, 'the query is part of the request')
})

t.test('the database alone tells nothing of what is kept', async (t) => {
  const app = await testApp(t)
  const marker = 'Marker-Organisation-7f3a'
  const key = 'marker-key-91c2'
  const email = 'marker@person.example'
  const body = { ...draft(marker), speaker: { firstName: 'Zoë', lastName: 'Machel', email } }
  const first = await post(app, key, body)
  t.match(first.body, marker)
  const rows = await app.db.selectFrom('idempotency_key').selectAll().execute()
  t.equal(rows.length, 1)
  const { rows: texts } = await sql<{ bytes: string }>`
    select string_agg(encode(key_hash || request_hash || answer || subjects[1], 'escape') || k::text, '') as bytes
    from idempotency_key k`.execute(app.db)
  for (const text of [marker, key, email, 'admin-key', '/v1/applications'])
    t.notOk(texts[0]?.bytes.includes(text), `${text} cannot be read`)
  const row = rows[0] as (typeof rows)[number]
  t.throws(() => cipherOf(app).decrypt(row.answer as Buffer, Buffer.from('another row')), 'nor moved to another row')
  const changed = Buffer.from(row.answer as Buffer)
  changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
  t.throws(() => cipherOf(app).decrypt(changed, row.key_hash), 'nor changed')
})

t.test('a kept answer goes with the person', async (t) => {
  const app = await testApp(t)
  const email = 'Zoe@Person.example'
  const { id } = (await post(app, 'a', { ...draft(), speaker: { firstName: 'Zoë', lastName: 'M', email } })).json()
  await app.admin.post('/v1/applications', draft('Other'), keyed('b'))
  const waiver = { email, until: '2021-02-01T00:00:00Z', reason: 'No electricity.' }
  await app.admin.post('/v1/pre-sessions/38/countries/BEL/deadline-waivers', waiver, keyed('c'))
  const count = async () => (await app.db.selectFrom('idempotency_key').select('status').execute()).length
  t.equal(await count(), 3)
  const fingerprints = cipherOf(app).fingerprints(email.toLowerCase())
  await deleteKeptAbout(app.db, { applicationIds: [], fingerprints })
  t.equal(await count(), 1, 'those that name the address')
  await app.admin.post(`/v1/applications/${id}/withdrawal`, {}, keyed('d'))
  await deleteKeptAbout(app.db, { applicationIds: [id], fingerprints: [] })
  t.equal(await count(), 1, 'those that are about the application')
})

t.test('a secret is shown once: the retry is told so, and no secret is kept', async (t) => {
  const app = await testApp(t)
  const create = (name = 'Robot') =>
    app.admin.post('/v1/api-keys', { name, role: 'secretariat', scopes: ['applications:read'] }, keyed('secret'))
  const first = await create()
  t.equal(first.statusCode, 201)
  const again = await create()
  t.equal(again.statusCode, 409)
  t.equal(again.json().code, 'secret_already_shown')
  t.equal((await create('Another')).json().code, 'idempotency_key_reused')
  t.same(await app.db.selectFrom('idempotency_key').select(['status', 'answer']).execute(), [
    { status: 201, answer: null },
  ])
  const rotate = () => app.admin.post(`/v1/api-keys/${first.json().id}/rotations`, {}, keyed('rotate'))
  t.match((await rotate()).statusCode, /^20/)
  t.equal((await rotate()).json().code, 'secret_already_shown')
})

t.test('a key that was replaced still opens what it sealed', async (t) => {
  const keyOf = (text: string) => createHash('sha256').update(text).digest()
  const context = Buffer.from('context')
  const sealed = createCipher([keyOf('old')]).encrypt('text', context)
  const rotated = createCipher([keyOf('new'), keyOf('old')])
  t.equal(rotated.decrypt(sealed, context), 'text')
  t.throws(() => createCipher([keyOf('new')]).decrypt(sealed, context))
  t.equal(rotated.fingerprints('a').length, 2)
})
