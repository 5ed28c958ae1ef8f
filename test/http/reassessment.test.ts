import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import t from 'tap'
import { upsertJotformApplication } from '../../src/applications/jotform.ts'
import type { ApplicationBody } from '../../src/domain/application.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'

const round = '/v1/pre-sessions/38'
const match = (response: { headers: Record<string, unknown> }) => ({ 'if-match': String(response.headers.etag) })

async function submitted({ admin }: TestApp, changes: object = {}): Promise<string> {
  const { id } = (await admin.post('/v1/applications', { ...aCompleteApplication(), ...changes })).json()
  await admin.post(`/v1/applications/${id}/submission`)
  return id
}

const read = async ({ admin }: TestApp, id: string) => (await admin.get(`/v1/applications/${id}`)).json()
const assessed = async ({ admin }: TestApp, id: string): Promise<{ cause: string; outcome: string }[]> =>
  (await admin.get(`/v1/applications/${id}/history`))
    .json()
    .data.filter(({ action }: { action: string }) => action === 'application.assessed')
    .map(({ details }: { details: object }) => details)
const patch = async ({ admin }: TestApp, path: string, body: object) => {
  const response = await admin.patch(path, body, match(await admin.get(path)))
  t.equal(response.statusCode, 200, response.body)
}

t.test('who applied for a country before it joined the round is judged when it does', async (t) => {
  const app = await testApp(t)
  const id = await submitted(app, { country: 'SDN' })
  t.equal((await read(app, id)).outcome, 'ineligible')
  await app.admin.post(`${round}/countries`, { iso3: 'SDN' })
  t.equal((await read(app, id)).outcome, 'eligible')
  t.match((await assessed(app, id)).at(-1), { cause: 'countryAdded', outcome: 'eligible' })
})

t.test('a country that is withdrawn takes its applications along', async (t) => {
  const app = await testApp(t)
  const id = await submitted(app)
  const other = await submitted(app, { country: 'DNK' })
  await patch(app, `${round}/countries/BEL`, { status: 'withdrawn', reason: 'Postponed' })
  t.equal((await read(app, id)).outcome, 'ineligible')
  t.match((await assessed(app, id)).at(-1), { cause: 'countryStatusChanged', outcome: 'ineligible' })
  t.equal((await read(app, other)).outcome, 'eligible')
})

t.test('whether a country meeting is held is no fault of an applicant, and no assessment tells it', async (t) => {
  const app = await testApp(t)
  const id = await submitted(app)
  await patch(app, `${round}/countries/BEL`, { status: 'notHeld', reason: 'Two applications' })
  const late = await submitted(app, { organisation: { ...aCompleteApplication().organisation, name: 'Another' } })
  await app.admin.post(`${round}/countries/BEL/deadline-extensions`, { local: '2021-01-15T23:59', reason: 'Strike' })
  for (const one of [id, late]) {
    t.equal((await read(app, one)).outcome, 'eligible')
    t.notMatch((await app.admin.get(`/v1/applications/${one}/assessment`)).body, /held/i)
  }
})

t.test('settings that the assessment reads are applied to what was submitted', async (t) => {
  const app = await testApp(t)
  const without = await submitted(app, { uprSubmission: {} })
  t.equal((await read(app, without)).outcome, 'incomplete')
  await patch(app, round, { settings: { uprSubmissionRequired: false } })
  t.equal((await read(app, without)).outcome, 'eligible')
  t.match((await assessed(app, without)).at(-1), { cause: 'settingsChanged' })

  await patch(app, round, { settings: { requiredFields: ['/country', '/organisation/phone'] } })
  t.match(await read(app, without), { outcome: 'incomplete' })
  await patch(app, round, { settings: { requiredFields: null, aimWordLimit: 3 } })
  const { rules } = (await app.admin.get(`/v1/applications/${without}/assessment`)).json()
  t.ok(rules.some(({ outcome, rule }: { outcome: string; rule: string }) => rule === 'R8' && outcome === 'warn'))
})

t.test('an application that nothing changes for is left as it is', async (t) => {
  const app = await testApp(t)
  const { admin, clock } = app
  const id = await submitted(app)
  const before = await read(app, id)
  await submitted(app, { country: 'DNK' })
  clock.set('2020-12-20T10:00:00Z')
  await admin.post(`${round}/countries/DNK/deadline-extensions`, { local: '2021-01-15T23:59', reason: 'Strike' })
  await patch(app, round, { settings: { aimWordLimit: 199 } })
  await patch(app, round, { settings: { requiredFields: ['/country'] } })
  await patch(app, round, { settings: { requiredFields: null, aimWordLimit: 200 } })
  clock.set('2020-12-21T10:00:00Z')
  const settled = await read(app, id)
  await patch(app, round, { settings: { uprSubmissionRequired: true, panelSize: { min: 3 } } })
  t.equal((await read(app, id)).updatedAt, settled.updatedAt)
  t.equal((await assessed(app, id)).length, 1, 'its outcome was never another one')
  t.equal(before.outcome, 'eligible')

  const waive = (until: string) =>
    admin.post(`${round}/countries/BEL/deadline-waivers`, { email: 'zoe@ligue.example', until, reason: 'Outage' })
  await waive('2021-01-20T23:59')
  const waived = await read(app, id)
  clock.set('2020-12-22T10:00:00Z')
  t.equal((await waive('2021-01-18T23:59')).json().reassessedCount, 1)
  t.equal((await read(app, id)).updatedAt, waived.updatedAt, 'the later waiver holds as before')
})

t.test('an outcome that a person set stands', async (t) => {
  const app = await testApp(t)
  const id = await submitted(app, { uprSubmission: {} })
  await app.admin.post(`/v1/applications/${id}/decisions`, { outcome: 'ineligible', reason: 'A front' })
  await patch(app, round, { settings: { uprSubmissionRequired: false } })
  t.equal((await read(app, id)).outcome, 'ineligible')
  t.equal((await app.admin.get(`/v1/applications/${id}/assessment`)).json().outcome, 'eligible')
})

t.test('the number of statements of an extension does not grow with the applications', async (t) => {
  const app = await testApp(t)
  const { admin, clock, statements } = app
  clock.set('2021-01-09T10:00:00Z')
  const count = async (local: string) => {
    statements.take()
    const response = await admin.post(`${round}/countries/BEL/deadline-extensions`, { local, reason: 'Strike' })
    t.equal(response.statusCode, 201)
    return { statements: statements.take().length, reassessed: response.json().reassessedCount }
  }
  await submitted(app)
  const one = await count('2021-01-10T23:59')
  clock.set('2021-01-11T10:00:00Z')
  for (let n = 0; n < 12; n += 1) await submitted(app)
  const twelve = await count('2021-01-12T23:59')
  t.equal(one.reassessed, 1)
  t.equal(twelve.reassessed, 12)
  t.equal(twelve.statements, one.statements)
})

t.test('while a country is extended, applications for others go on', async (t) => {
  const app = await testApp(t)
  const held = await app.db.startTransaction().execute()
  await sql`select from pre_session where number = 38 for share`.execute(held)
  const extended = await app.admin.post(`${round}/countries/BEL/deadline-extensions`, {
    local: '2021-01-15T23:59',
    reason: 'Strike',
  })
  await held.rollback().execute()
  t.equal(extended.statusCode, 201, 'the round is not held alone')
})

/** A submission of Jotform as the intake hands it over. */
const incoming = (
  submissionId: string,
  versions: { at: string; body: Partial<ApplicationBody> }[],
  preSession = 38,
) => ({
  formId: '203423859147358',
  submissionId,
  preSession,
  receipt: {
    kind: 'jotform' as const,
    evidence: { submissionId, webhookAt: versions[0]?.at ?? '', verified: false, apiConfigured: false },
  },
  versions: versions.map(({ at, body }, index) => ({
    n: index + 1,
    receivedAt: at,
    body: { ...aCompleteApplication(), ...body, preSession } as ApplicationBody,
    undecided: [],
    files: [],
    contentSha256: randomUUID(),
  })),
  now: '2021-01-13T10:00:00Z',
})

t.test('content for another country counts by the end of that country, and again when that is extended', async (t) => {
  const app = await testApp(t, { now: '2021-01-13T10:00:00Z' })
  const versions = [
    { at: '2021-01-05T10:00:00Z', body: { country: 'BEL' } },
    { at: '2021-01-12T10:00:00Z', body: { country: 'DNK' } },
  ]
  const upsert = () =>
    app.db.transaction().execute((tx) => upsertJotformApplication(tx, incoming('4856715181114297811', versions)))
  const { applicationId: id } = await upsert()
  t.match(await read(app, id), { country: 'BEL', outcome: 'eligible' })
  await app.admin.post(`${round}/countries/DNK/deadline-extensions`, { local: '2021-01-15T23:59', reason: 'Strike' })
  t.match(await read(app, id), { country: 'DNK', outcome: 'eligible' })
  const { updatedAt } = await read(app, id)
  app.clock.set('2021-01-14T10:00:00Z')
  await upsert()
  t.match(await read(app, id), { country: 'DNK', updatedAt }, 'the same whichever came first')
})

t.test('who changes terms and who brings content for two countries never wait in a circle', async (t) => {
  const app = await testApp(t, { now: '2021-01-13T10:00:00Z' })
  const both = (first: string, second: string) => [
    { at: '2021-01-05T10:00:00Z', body: { country: first } },
    { at: '2021-01-06T10:00:00Z', body: { country: second } },
  ]
  const upsert = (id: string, first: string, second: string) =>
    app.db
      .transaction()
      .execute((tx) => upsertJotformApplication(tx, incoming(id, both(first, second))))
      .then(() => 201)
  await upsert('100001', 'BEL', 'DNK')
  await upsert('100002', 'DNK', 'BEL')
  const { email } = aCompleteApplication().speaker
  for (let day = 10; day < 25; day += 1) {
    const until = `2021-01-${day}T23:59`
    const answers = await Promise.all([
      upsert('100001', 'BEL', 'DNK'),
      upsert('100002', 'DNK', 'BEL'),
      ...['BEL', 'DNK'].map((iso3) =>
        app.admin
          .post(`${round}/countries/${iso3}/deadline-waivers`, { email, until, reason: 'Outage' })
          .then(({ statusCode }) => statusCode),
      ),
      upsert('100001', 'BEL', 'DNK'),
      upsert('100002', 'DNK', 'BEL'),
    ])
    t.same(answers, Array(6).fill(201))
  }
})

t.test('an application follows its form to another round', async (t) => {
  const app = await testApp(t, { now: '2021-01-13T10:00:00Z' })
  const created = await app.admin.post('/v1/pre-sessions', {
    number: 39,
    format: 'virtual',
    dates: { start: '2021-08-30', end: '2021-09-03', precision: 'tentative' },
    timeZone: 'Europe/Zurich',
    applicationDeadline: { local: '2021-06-01T23:59' },
  })
  t.equal(created.statusCode, 201, created.body)
  const versions = [{ at: '2021-01-05T10:00:00Z', body: {} }]
  const upsert = (preSession: number) =>
    app.db.transaction().execute((tx) => upsertJotformApplication(tx, incoming('100003', versions, preSession)))
  const { applicationId: id } = await upsert(38)
  await upsert(39)
  const { data } = (await app.admin.get('/v1/applications?preSession=39')).json()
  t.same(
    data.map((one: { id: string }) => one.id),
    [id],
  )
  const history = (await app.admin.get(`/v1/applications/${id}/history`)).json().data
  t.match(
    history.find(({ action }: { action: string }) => action === 'application.preSessionChanged'),
    { details: { from: 38, to: 39 } },
  )
})
