import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { testApp } from '../support/app.ts'

t.test('liveness answers and asks nothing of the database', async (t) => {
  const { anyone, statements } = await testApp(t)
  statements.take()
  const response = await anyone.get('/health/live')
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'ok' })
  t.equal(response.headers['cache-control'], 'no-store')
  t.same(statements.take(), [])
})

t.test('readiness', async (t) => {
  const failedChecks = (body: { checks: Record<string, { status: string }> }) =>
    Object.entries(body.checks)
      .filter(([, { status }]) => status === 'failed')
      .map(([name]) => name)

  await t.test('is told with every check', async (t) => {
    const { anyone } = await testApp(t)
    const response = await anyone.get('/health/ready')
    t.equal(response.statusCode, 200)
    const ok = { status: 'ok', ms: Number }
    t.match(response.json(), { status: 'ok', checks: { database: ok, migrations: ok, queue: ok, storage: ok } })
    t.equal(response.headers['cache-control'], 'no-store')
  })

  await t.test('fails while a migration is pending', async (t) => {
    const { anyone, db } = await testApp(t)
    await sql`delete from kysely_migration where name = (select max(name) from kysely_migration)`.execute(db)
    const response = await anyone.get('/health/ready')
    t.equal(response.statusCode, 503)
    t.equal(response.headers['retry-after'], '5')
    t.same(failedChecks(response.json()), ['migrations'])
  })

  await t.test('holds while a newer version has migrated already', async (t) => {
    const { anyone, db } = await testApp(t)
    await sql`insert into kysely_migration (name, timestamp) values ('99991231T2359-later', '')`.execute(db)
    t.equal((await anyone.get('/health/ready')).statusCode, 200)
  })

  await t.test('fails without the queue', async (t) => {
    const { anyone, db } = await testApp(t)
    await sql`drop schema graphile_worker cascade`.execute(db)
    const response = await anyone.get('/health/ready')
    t.equal(response.statusCode, 503)
    t.same(failedChecks(response.json()), ['queue'])
  })

  await t.test('fails when files cannot be stored', async (t) => {
    const { anyone, deps } = await testApp(t)
    const { directory } = deps.config.storage as { directory: string }
    await rm(directory, { recursive: true, force: true })
    await mkdir(dirname(directory), { recursive: true })
    await writeFile(directory, 'a file where the folder should be')
    const response = await anyone.get('/health/ready')
    t.equal(response.statusCode, 503)
    t.same(failedChecks(response.json()), ['storage'])
  })

  await t.test('fails without the database, and tells no addresses', async (t) => {
    const { anyone, app } = await testApp(t, { url: 'postgres://somebody:secret@127.0.0.1:1/nowhere' })
    t.ok(app)
    const response = await anyone.get('/health/ready')
    t.equal(response.statusCode, 503)
    t.same(failedChecks(response.json()), ['database', 'migrations', 'queue'])
    t.notMatch(response.body, /127\.0\.0\.1|secret|somebody|nowhere/)
    t.equal((await anyone.get('/health/live')).statusCode, 200)
  })

  await t.test('is checked once for callers at the same time', async (t) => {
    const { anyone, statements } = await testApp(t)
    await anyone.get('/health/ready')
    const one = statements.take().length
    await Promise.all(Array.from({ length: 20 }, () => anyone.get('/health/ready')))
    t.ok(statements.take().length < 20 * 3, `one round of checks has at most ${one} statements`)
  })
})

t.test('metrics', async (t) => {
  const submission = {
    form_id: '202012345678901',
    submission_id: '4858630000819278725',
    first_seen_at: '2020-12-20T10:00:00Z',
    first_seen_source: 'webhook' as const,
    updated_at: '2020-12-20T10:00:00Z',
  }
  const { anyone, admin, db, as } = await testApp(t)
  await anyone.get('/v1/states/BEL')
  await anyone.get('/v1/states/XYZ')
  await anyone.get('/no/such/path')
  await sql`select graphile_worker.add_job('copy-something', run_at := now() + interval '1 day')`.execute(db)
  await sql`select graphile_worker.add_job('map-something')`.execute(db)

  await db.insertInto('jotform_submission').values(submission).execute()

  await t.test('without a credential are those of the process', async (t) => {
    const response = await anyone.get('/metrics')
    t.equal(response.statusCode, 200)
    t.match(response.headers['content-type'], /^text\/plain; version=0\.0\.4/)
    for (const shown of [
      'nodejs_eventloop_lag_seconds',
      'nodejs_gc_duration_seconds',
      'process_resident_memory_bytes',
    ]) {
      t.match(response.body, new RegExp(`^# TYPE ${shown} `, 'm'))
    }
    t.notMatch(response.body, /http_request|queue_jobs|jotform|operation|handles|getState/)
  })

  await t.test('with an admin key tell requests and the queue too', async (t) => {
    const { body } = await admin.get('/metrics')
    t.match(body, 'http_request_duration_seconds_count{operation="getState",status="200"} 1')
    t.match(body, 'http_request_duration_seconds_count{operation="getState",status="404"} 1')
    t.match(body, 'http_request_duration_seconds_count{operation="other",status="404"} 1')
    t.match(body, 'queue_jobs{task="copy-something",state="scheduled"} 1')
    t.match(body, 'queue_jobs{task="map-something",state="ready"} 1')
    t.match(body, 'jotform_submissions{state="received"} 1')
  })

  await t.test('are those of one app', async (t) => {
    const other = await testApp(t)
    t.notMatch((await other.admin.get('/metrics')).body, /operation="getState"/)
  })

  await t.test('are refused to a credential that is not valid', async (t) => {
    t.equal((await as({ authorization: 'Bearer wrong' }).get('/metrics')).statusCode, 401)
  })

  await t.test('are told without the queue when it does not answer', async (t) => {
    await sql`drop schema graphile_worker cascade`.execute(db)
    const { statusCode, body } = await admin.get('/metrics')
    t.equal(statusCode, 200)
    t.match(body, /http_request_duration_seconds_count/)
    t.notMatch(body, /queue_jobs\{/)
  })
})
