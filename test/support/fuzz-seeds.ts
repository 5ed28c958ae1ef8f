import { sql } from 'kysely'
import type { Test } from 'tap'
import { insertApiKey } from '../../src/api-keys/queries.ts'
import type { Db } from '../../src/db/database.ts'
import { hashOf } from '../../src/http/access.ts'
import { listTasks } from '../../src/jobs/list.ts'
import { startWorker } from '../../src/jobs/worker.ts'
import { adminKey, type TestApp, testApp } from './app.ts'
import { aCompleteApplication } from './builders.ts'
import { seedAreas } from './fuzz-areas/all.ts'
import { startJotformApi } from './jotform-api.ts'
import { readRound } from './jotform-fixtures.ts'
import { hookPath, hookSecret, jotform } from './jotform-intake.ts'

/** Where the clock stands before each request. */
export const standing = '2020-12-15T10:00:00Z'

const deadline = { local: '2021-08-16T23:59', timeZone: 'Europe/Zurich' }
const aRound = (number: number) => ({
  number,
  format: 'virtual',
  dates: { start: '2021-12-06', end: '2021-12-10', precision: 'week' },
  timeZone: 'Europe/Zurich',
  applicationDeadline: deadline,
})

const aForm = () => {
  const boundary = 'seedboundary'
  const parts = [
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="upr.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4\n%%EOF\n\r\n`,
    `--${boundary}--\r\n`,
  ]
  return { payload: parts.join(''), headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } }
}

/** The service with something of every kind in it, under names that generated requests use. */
export async function seededApp(t: Test) {
  const round = readRound('round38')
  const api = await startJotformApi({ dir: round.dir, now: standing })
  t.teardown(api.close)
  const service = await testApp(t, {
    now: standing,
    env: {
      JOTFORM_API_URL: api.url,
      JOTFORM_FILES_URL: api.url,
      JOTFORM_API_KEY: api.apiKey,
      JOTFORM_HOOK_SECRETS: hookSecret,
    },
  })
  const { admin, clock, db, deps, inject, url } = service
  deps.sandbox = { set: async (now) => void clock.set(now), onSet: [] }
  const ok = async (answer: ReturnType<typeof admin.get>) => {
    const response = await answer
    if (response.statusCode >= 400) throw new Error(`A seed was refused: ${response.body}`)
    return response
  }
  const create = async (body: object = aCompleteApplication()): Promise<string> =>
    (await ok(admin.post('/v1/applications', body))).json().id
  const upload = async (id: string): Promise<string> => {
    const form = aForm()
    const response = await inject({
      method: 'POST',
      url: `/v1/applications/${id}/documents`,
      headers: { ...form.headers, authorization: `Bearer ${adminKey}` },
      payload: form.payload,
    })
    return response.json().id
  }
  const submit = (id: string) => ok(admin.post(`/v1/applications/${id}/submission`))

  await ok(admin.post('/v1/pre-sessions', aRound(40)))
  await ok(admin.post('/v1/pre-sessions', aRound(41)))
  await ok(admin.post('/v1/pre-sessions/41/transitions', { to: 'callOpen' }))
  await ok(admin.post('/v1/pre-sessions', aRound(42)))
  await ok(admin.post('/v1/pre-sessions/42/transitions', { to: 'cancelled', reason: 'Seed' }))
  for (const day of ['11', '12', '13']) {
    const extension = { local: `2021-01-${day}T23:59`, reason: 'Seed' }
    await ok(admin.post('/v1/pre-sessions/38/countries/EST/deadline-extensions', extension))
    const waiver = { email: 'zoe@ligue.example', until: `2021-01-${day}T23:59`, reason: 'Seed' }
    await ok(admin.post('/v1/pre-sessions/38/countries/LVA/deadline-waivers', waiver))
  }
  const { issues: _, ...withoutIssues } = aCompleteApplication()
  const applications = {
    draft: await create(),
    submitted: await create(),
    incomplete: await create(withoutIssues),
    late: await create({ ...aCompleteApplication(), country: 'DNK' }),
    withdrawn: await create(),
    prevented: await create(),
    selected: await create(),
    otherSelected: await create(),
  }
  const document = await upload(applications.draft)
  const documentOfAnother = await upload(applications.submitted)
  for (const id of [applications.submitted, applications.incomplete, applications.prevented]) await submit(id)
  for (const id of [applications.selected, applications.otherSelected]) {
    await submit(id)
    await ok(admin.post(`/v1/applications/${id}/decisions`, { decision: 'selected', reason: 'Seed' }))
  }
  clock.set('2021-01-09T10:00:00Z')
  await submit(applications.late)
  clock.set(standing)
  await ok(admin.post(`/v1/applications/${applications.withdrawn}/withdrawal`, { reason: 'Seed' }))
  await sql`update application set status = 'prevented', told_status = 'submitted' where id = ${applications.prevented}`.execute(
    db,
  )

  await ok(admin.put(`${jotform}/forms/${round.mapping.formId}`, round.mapping))
  const deliver = async ({ file, contentType }: (typeof round.deliveries)[number]) =>
    ok(inject({ method: 'POST', url: hookPath, headers: { 'content-type': contentType }, payload: round.read(file) }))
  clock.set('2021-01-07T10:00:00Z')
  api.setNow('2021-01-07T10:00:00Z')
  for (const delivery of round.deliveries.slice(0, 4)) await deliver(delivery)
  const worker = await startWorker(deps, { url, tasks: listTasks(deps), ticks: [] })
  await queueEmpty(db)
  await worker.stop()
  for (const delivery of round.deliveries.slice(4, 6)) await deliver(delivery)
  clock.set(standing)

  for (const role of ['secretariat', 'reviewer', 'integration'] as const) {
    await insertApiKey(db, { name: role, role, key_hash: hashOf(`key-of-${role}`), created_at: standing })
  }
  for (const name of ['spare', 'other']) {
    await insertApiKey(db, { name, role: 'reviewer', key_hash: hashOf(`key-${name}`), created_at: standing })
  }
  const keyOf = async (name: string) =>
    (await db.selectFrom('api_key').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id
  const ids = async (path: string, key: string): Promise<string[]> =>
    (await ok(admin.get(path))).json().data.map((item: Record<string, string>) => item[key])
  const [delivery, otherDelivery] = await ids(`${jotform}/deliveries?limit=6`, 'id')
  const [submission, otherSubmission] = await ids(`${jotform}/submissions`, 'submissionId')
  const { rows } = await sql<{ id: string }>`select id from application where source = 'jotform' limit 1`.execute(db)
  const names: Record<string, string> = {
    ...applications,
    fromJotform: rows[0]?.id ?? '',
    document,
    documentOfAnother,
    delivery: delivery ?? '',
    otherDelivery: otherDelivery ?? '',
    submission: submission ?? '',
    otherSubmission: otherSubmission ?? '',
    apiKey: await keyOf('spare'),
    otherApiKey: await keyOf('other'),
    form: round.mapping.formId,
    secret: hookSecret,
    ...(await signedIn(service)),
    ...(await seedAreas(service)),
    absent: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10',
  }
  for (const [name, value] of Object.entries(names)) if (!value) throw new Error(`There is no seed "${name}".`)
  return { ...service, names, changes: await watchChanges(db) }
}

/** Links that wait to be opened, sessions that can be ended, delegates that can be revoked. */
async function signedIn({ db, admin }: TestApp): Promise<Record<string, string>> {
  const person = { email: 'zoe@ligue.example', pre_session: 38, country: null, state: null, slot_id: null }
  const times = { created_at: '2020-12-15T00:00:00Z', expires_at: '2100-01-01T00:00:00Z' }
  const link = async (token: string) => {
    const row = {
      ...person,
      ...times,
      purpose: 'applicant' as const,
      token_hash: hashOf(token),
      used_at: null,
      replaced_at: null,
    }
    await db.insertInto('access_link').values(row).execute()
    return token
  }
  const session = async (token: string) => {
    const row = {
      ...person,
      ...times,
      role: 'applicant' as const,
      token_hash: hashOf(token),
      access_link_id: null,
      revoked_at: null,
    }
    return (await db.insertInto('session').values(row).returning('id').executeTakeFirstOrThrow()).id
  }
  const delegate = async (email: string) =>
    (await admin.post('/v1/mission-delegates', { state: 'CHE', email })).json().id
  for (const guest of ['ses_guest', 'ses_other_guest']) await session(guest)
  return {
    link: await link('lnk_seed'),
    otherLink: await link('lnk_other_seed'),
    thirdLink: await link('lnk_third_seed'),
    session: await session('ses_seed'),
    otherSession: await session('ses_other_seed'),
    delegate: await delegate('upr@mission.example'),
    otherDelegate: await delegate('two@mission.example'),
  }
}

export type SeededApp = Awaited<ReturnType<typeof seededApp>>

async function queueEmpty(db: Db): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { rows } = await sql<{ left: number }>`select count(*)::int as left from graphile_worker.jobs
      where (run_at <= now() and attempts < max_attempts) or locked_at is not null`.execute(db)
    if (rows[0]?.left === 0) return
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

/**
 * Counts every row that was written and committed; what was rolled back is not among them. Left out is what is kept of every request, whatever
 * becomes of it: the last use of a key, the audit log, answers that may be asked for again.
 */
async function watchChanges(db: Db): Promise<() => Promise<{ last: number; tables: string[] }>> {
  await sql`create schema fuzz`.execute(db)
  await sql`create table fuzz.change (id bigint generated always as identity primary key, name text not null)`.execute(
    db,
  )
  await sql`create function fuzz.note() returns trigger language plpgsql security definer as
    $$ begin insert into fuzz.change (name) values (tg_table_name || ' ' || tg_op); return null; end $$`.execute(db)
  await sql`do $$ declare place record; begin
    for place in select schemaname, tablename from pg_tables where schemaname in ('public', 'graphile_worker') and tablename !~ '^(api_key|audit_|idempoten|rate_)' loop
      execute format('create trigger fuzz_note after insert or update or delete on %I.%I for each row execute function fuzz.note()', place.schemaname, place.tablename);
    end loop; end $$`.execute(db)
  let seen = 0
  return async () => {
    const { rows } = await sql<{
      id: string
      name: string
    }>`select id::text, name from fuzz.change where id > ${seen} order by change.id`.execute(db)
    seen = Number(rows.at(-1)?.id ?? seen)
    return { last: seen, tables: [...new Set(rows.map((row) => row.name))] }
  }
}
