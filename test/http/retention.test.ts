import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import t from 'tap'
import { sealAudit } from '../../src/audit/sealer.ts'
import { verifyAudit } from '../../src/audit/verifying.ts'
import type { Deps } from '../../src/deps.ts'
import { jotformIntake } from '../../src/jotform/people.ts'
import { applyDaily } from '../../src/retention/service.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { runJobs } from '../support/jobs.ts'
import { aDelegate, aToken } from '../support/links.ts'
import { aQaSlot, duringSlot, release, seatedIn, sessionsOf } from '../support/questions.ts'
import { aSpeaker } from '../support/speakers.ts'
import { allFiles, allRows, withMarker } from '../support/traces.ts'
import { lockWaiters } from '../support/waiters.ts'

const apply = async ({ admin }: TestApp) => {
  const answer = await admin.post('/v1/retention/runs')
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json().counts
}
const policy = async ({ admin }: TestApp) => (await admin.get('/v1/retention')).json()

interface Wanted {
  submitted?: boolean
  decision?: string
  consents?: string[]
}

/** An application whose every word is its name. */
async function anApplication(
  { admin }: TestApp,
  name: string,
  { submitted = true, decision, consents = [] }: Wanted = {},
) {
  const body = aCompleteApplication()
  const speaker = { ...body.speaker, firstName: name, email: `${name}@post.example` }
  const { id } = (await admin.post('/v1/applications', { ...body, speaker, consents })).json()
  if (submitted) await admin.post(`/v1/applications/${id}/submission`)
  if (decision !== undefined)
    await admin.post(`/v1/applications/${id}/decisions`, { decision, reason: `About ${name}.` })
  return id as string
}

t.test('applications go at the end of their period, and are counted on', async (t) => {
  const app = await testApp(t)
  const { admin, clock } = app
  const made = {
    draft: await anApplication(app, 'dorothea', { submitted: false }),
    rejected: await anApplication(app, 'rosamunde', { decision: 'notSelected' }),
    selected: await anApplication(app, 'sigismund', { decision: 'selected' }),
    published: await anApplication(app, 'philomena', { decision: 'selected', consents: ['publishVideo'] }),
    contact: await anApplication(app, 'kunigunde', { consents: ['keepContact'] }),
  }
  const isThere = async (id: string) => (await admin.get(`/v1/applications/${id}`)).statusCode === 200
  const numbers = async () => (await admin.get('/v1/pre-sessions/38/countries/BEL')).json().counts
  const before = await numbers()
  const steps: [string, object, (keyof typeof made)[]][] = [
    // The deadline was 8 January at 23:00, the Working Group met until 14 May.
    ['2021-04-08T22:58:00Z', {}, []],
    ['2021-04-08T23:02:00Z', { drafts: 1 }, ['draft']],
    ['2021-06-13T23:58:00Z', {}, []],
    ['2021-06-14T00:02:00Z', { unsuccessfulApplications: 1 }, ['rejected']],
    ['2021-11-11T00:02:00Z', { selectedApplications: 1 }, ['selected']],
    ['2024-05-14T00:02:00Z', { keptContacts: 1 }, ['contact']],
    ['2031-01-01T00:00:00Z', {}, []],
  ]
  const gone: string[] = []
  for (const [now, expected, names] of steps) {
    clock.set(now)
    const { classes } = await policy(app)
    const due = classes
      .filter(({ due }: { due: number | null }) => due)
      .map(({ class: name, due }: { class: string; due: number }) => [name, due])
    t.same(Object.fromEntries(due), expected, `what is due at ${now} is told before`)
    t.same(await apply(app), expected, now)
    gone.push(...names.map((name) => made[name]))
    for (const id of Object.values(made)) t.equal(await isThere(id), !gone.includes(id))
  }
  t.same(await numbers(), before)
  await admin.put(`/v1/applications/${made.published}/consents`, { consents: [] }, { 'if-match': '*' })
  t.same(await apply(app), {}, 'so many days after the consent was withdrawn')
  clock.set('2031-07-01T00:00:00Z')
  t.same(await apply(app), { selectedApplications: 1 })
  t.same(await numbers(), before)
  const rows = await allRows(app.deps)
  for (const name of ['dorothea', 'rosamunde', 'sigismund', 'philomena', 'kunigunde'])
    t.same(
      withMarker(rows, name, ({ text }) => text),
      [],
      name,
    )
  await sealAudit(app.deps)
  t.match(await verifyAudit(app.db), { faults: [] })
})

t.test('what people leave beside applications goes too', async (t) => {
  const app = await testApp(t, { env: { JOTFORM_HOOK_SECRETS: 'a-secret-of-the-hook' } })
  const { admin, anyone, clock, db } = app
  await anApplication(app, 'wilhelmine')
  const email = 'wilhelmine@post.example'
  await anyone.post('/v1/sessions', { token: await aToken(app, { email }) })
  const delegate = await aDelegate(app, 'CHE', email)
  await admin.delete(`/v1/mission-delegates/${delegate.id}`)
  const waiver = { email: 'late@post.example', until: '2021-02-01T00:00', reason: 'No electricity for Wilhelmine.' }
  await admin.post('/v1/pre-sessions/38/countries/BEL/deadline-waivers', waiver)
  await anyone.post('/v1/access-links', { email, purpose: 'applicant', preSession: 38 })
  const headers = { 'content-type': 'text/plain' }
  await app.inject({
    method: 'POST',
    url: '/v1/integrations/jotform/hooks/a-secret-of-the-hook',
    headers,
    payload: 'wilhelmine',
  })
  await sql`delete from graphile_worker._private_jobs`.execute(db)
  const { id: personId } = (await admin.post('/v1/people', { emails: [email] })).json()

  clock.set('2020-12-22T11:00:00Z')
  t.same(await apply(app), { accessLinkRequests: 1 })
  clock.set('2021-01-20T10:00:00Z')
  t.same(await apply(app), { sessions: 1, accessLinks: 1, mails: 1 })
  clock.set('2021-06-15T10:00:00Z')
  t.same(await apply(app), {
    unsuccessfulApplications: 1,
    jotformLeftovers: 1,
    missionDelegates: 1,
    deadlineWaivers: 1,
    people: 1,
  })
  t.equal((await admin.get(`/v1/people/${personId}`)).statusCode, 404)
  t.same(
    withMarker(await allRows(app.deps), 'wilhelmine', ({ text }) => text),
    [],
  )
})

t.test('files that nobody names, and what was coming in when a process died', async (t) => {
  const app = await testApp(t)
  const { storage, config } = app.deps
  const directory = (config.storage as { directory: string }).directory
  const kept = await anApplication(app, 'kasimir', { submitted: false })
  const content = `--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.4\n%%EOF\n\r\n--b--\r\n`
  await app.admin.post(`/v1/applications/${kept}/documents`, Buffer.from(content), {
    'content-type': 'multipart/form-data; boundary=b',
  })
  const { sha256 } = await storage.put(Readable.from(['an orphan']))
  const fresh = await storage.put(Readable.from(['one that is about to be named']))
  await mkdir(join(directory, 'incoming'), { recursive: true })
  await writeFile(join(directory, 'incoming', 'cut-off'), 'cut off')
  const long = new Date(Date.now() - 2 * 86_400_000)
  for (const folder of await readdir(directory))
    for (const name of await readdir(join(directory, folder)))
      if (name !== fresh.sha256) await utimes(join(directory, folder, name), long, long)
  t.same(await apply(app), { orphanedFiles: 2 })
  await runJobs(app.deps)
  t.equal(await storage.has(sha256), false)
  t.equal(await storage.has(fresh.sha256), true)
  const left = await allFiles(directory)
  t.equal(left.length, 2)
  t.same(
    left.filter((file) => /orphan|cut off/.test(file)),
    [],
  )
})

t.test('once a day, in one replica, from the second day on', async (t) => {
  const lines: string[] = []
  const app = await testApp(t, { logTo: { write: (line) => void lines.push(line) } })
  const { clock } = app
  const daily = (deps: Deps = app.deps) => applyDaily(deps, jotformIntake(deps))
  const runs = () => app.db.selectFrom('retention_run').selectAll().orderBy('day').execute()
  await anApplication(app, 'theodora', { submitted: false })
  clock.set('2022-01-01T10:00:00Z')
  await daily()
  t.match(await runs(), [{ day: '2022-01-01', counts: {} }], 'the first day is not one of retention')
  clock.set('2022-01-02T00:00:10Z')
  await Promise.all([daily(), daily(), daily()])
  t.match(await runs(), [{}, { day: '2022-01-02', counts: { drafts: 1 }, finished_at: String }])
  t.equal((await runs()).length, 2)
  const { lastRun } = await policy(app)
  t.match(lastRun, { counts: { drafts: 1 } })
  const { data } = (await app.admin.get('/v1/audit-log?action=retention.applied')).json()
  t.match(data, [{ actor: 'system', details: { drafts: 1 } }])
  t.equal(lines.filter((line) => /retention periods applied/.test(line) && /"drafts":1/.test(line)).length, 1)

  await sql`update retention_run set finished_at = null where day = '2022-01-02'`.execute(app.db)
  await daily()
  t.equal((await runs()).at(-1)?.finished_at, null, 'whoever began it has an hour')
  clock.set('2022-01-02T01:10:00Z')
  await daily()
  t.type((await runs()).at(-1)?.finished_at, 'string', 'then another one takes over')
})

t.test('what is changed meanwhile stays', async (t) => {
  const app = await testApp(t)
  const id = await anApplication(app, 'leopoldine', { submitted: false })
  app.clock.set('2022-01-01T00:00:00Z')
  const client = await app.pool.connect()
  await client.query('begin')
  await client.query(`update application set updated_at = '2021-12-31T00:00:00Z' where id = $1`, [id])
  const running = apply(app)
  await lockWaiters(app, 1)
  await client.query('commit')
  client.release()
  t.same(await running, {})
  t.equal((await app.admin.get(`/v1/applications/${id}`)).statusCode, 200)
})

t.test('periods are configured by class', async (t) => {
  const app = await testApp(t, { env: { RETENTION_DAYS: 'drafts=1, sessions=7' } })
  const { classes } = await policy(app)
  const periods = new Map(
    classes.map((one: { class: string; days: number | null; defaultDays: number | null }) => [
      one.class,
      [one.days, one.defaultDays],
    ]),
  )
  t.same(
    ['drafts', 'sessions', 'mails', 'auditLog'].map((name) => periods.get(name)),
    [
      [1, 90],
      [7, 30],
      [30, 30],
      [null, null],
    ],
  )
})

t.test('of questions the words go and who put them, what is counted stays', async (t) => {
  const app = await testApp(t, { now: duringSlot, env: { RETENTION_DAYS: 'questions=90' } })
  const { admin, anyone, clock, db } = app
  const slot = await aQaSlot(app)
  const session = sessionsOf(app)
  const zoe = await aSpeaker(app, 'zoe', { ...seatedIn(slot.id), email: 'zoe@ligue.example' })
  await release(app, 'BEL', '2021-03-20T09:00:00Z')
  await release(app, 'DNK', '2021-03-20T09:00:00Z')
  const mission = (state: string) => session({ role: 'mission', state })
  const [france, germany] = [await mission('FRA'), await mission('DEU')]
  const moderator = await session({ role: 'moderator', slot_id: slot.id })
  const put = async (by: typeof france, body: object) => {
    const answer = await by.post(`${slot.path}/questions`, body)
    t.equal(answer.statusCode, 201, answer.body)
    return answer.json().id as string
  }
  const move = async (id: string, body: object) => {
    const moved = await admin.post(`/v1/questions/${id}/transitions`, body)
    t.equal(moved.statusCode, 200, moved.body)
  }
  const asked = await put(france, { text: 'Why was Theodolinde not heard?', country: 'BEL', applicationId: zoe.id })
  await move(asked, { to: 'approved' })
  await germany.put(`/v1/questions/${asked}/votes/mine`)
  await move(asked, { to: 'asked' })
  await move(asked, { to: 'lapsed' })
  await move(asked, { to: 'answeredInWriting', answer: 'Theodolinde was ill.' })
  const held = await put(germany, { text: 'About Theodolinde.', country: 'BEL' })
  await move(held, { to: 'held', reason: 'It names Theodolinde.' })
  await put(moderator, { text: 'And you, Theodolinde?' })
  const before = (await admin.get(`/v1/questions/${asked}`)).json()

  clock.set('2021-08-12T23:59:00Z')
  t.notOk((await apply(app)).questions, 'nothing yet')
  clock.set('2021-08-13T00:01:00Z')
  const due = (await policy(app)).classes.find((one: { class: string }) => one.class === 'questions')
  t.match(due, { days: 90, defaultDays: 180, due: 3 })
  t.match(await apply(app), { questions: 3 })
  const rows = await allRows(app.deps)
  t.same(
    withMarker(rows, 'theodolinde', ({ table }) => table),
    [],
  )
  const questions = rows.filter(({ table }) => /\.(question|history_event)$/.test(table))
  for (const { id } of [france, germany, moderator])
    t.same(
      questions.filter(({ text }) => text.includes(id)),
      [],
      'nor who put it',
    )
  const { text, answer, applicationId, putBy, answeredBy, ...kept } = before
  t.same([text, answer].every(Boolean), true)
  t.same((await admin.get(`/v1/questions/${asked}`)).json(), { ...kept, putBy: 'erased' })
  t.match((await admin.get(`/v1/questions/${held}`)).json(), { status: 'held', state: 'DEU', putBy: 'erased' })
  t.equal((await anyone.get(`${slot.path}/questions`)).statusCode, 200)
  t.notOk((await apply(app)).questions)

  await t.test('also when the speaker to whom one was put is erased', async (t) => {
    await sql`delete from application`.execute(db)
    t.equal((await db.selectFrom('question').select('id').execute()).length, 3)
    t.equal((await db.selectFrom('question_vote').select('state').execute()).length, 1)
  })
})
