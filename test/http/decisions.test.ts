import t from 'tap'
import { type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { aDelegate, signIn } from '../support/links.ts'

const email = 'zoe@ligue.example'

/** A submitted application, and its applicant signed in by a link. */
async function submitted(t: Parameters<typeof testApp>[0], content: object = {}) {
  const app = await testApp(t)
  const { id } = (await app.admin.post('/v1/applications', { ...aCompleteApplication(), ...content })).json()
  const at = `/v1/applications/${id}`
  await app.admin.post(`${at}/submission`)
  return { app, id, at, applicant: await signIn(app, { email }) }
}

async function select({ admin, clock }: TestApp, at: string, now = '2020-12-15T12:00:00Z') {
  clock.set(now)
  t.equal((await admin.post(`${at}/decisions`, { decision: 'selected', reason: 'Covers health.' })).statusCode, 200)
}

const release = ({ admin, clock }: TestApp, now = '2020-12-15T13:00:00Z') => {
  clock.set(now)
  return admin.post('/v1/pre-sessions/38/countries/BEL/release', { at: now })
}

t.test('a decision leaves no trace in what its applicant sees before the release', async (t) => {
  const { app, at, applicant } = await submitted(t)
  const before = await applicant.get(at)
  await select(app, at)
  const after = await applicant.get(at)
  t.equal(after.body, before.body)
  t.equal(after.headers.etag, before.headers.etag)
  t.equal((await applicant.get(at, { 'if-none-match': String(before.headers.etag) })).statusCode, 304)
  t.same((await applicant.get('/v1/applications')).json().data, [before.json()])
  t.match((await app.admin.get(at)).json().updatedAt, /^2020-12-15T12:00:/)
  t.match((await app.admin.get('/v1/applications')).json().data[0].updatedAt, /^2020-12-15T12:00:/)
  await app.admin.post(`${at}/answers`, { answer: 'confirmed' })
  t.equal((await applicant.get(at)).headers.etag, before.headers.etag, 'nor does an answer that staff write down')

  await release(app)
  t.match((await applicant.get(at)).json(), {
    decision: 'selected',
    answer: 'confirmed',
    updatedAt: '2020-12-15T13:00:00Z',
  })
})

t.test('a selected speaker answers once, from the release on', async (t) => {
  const { app, at, applicant } = await submitted(t)
  const answer = (value = 'confirmed') => applicant.post(`${at}/answers`, { answer: value })
  const undecided = await answer()
  await select(app, at)
  const unreleased = await answer()
  t.equal(unreleased.statusCode, 409)
  t.equal(unreleased.json().code, 'nothing_to_answer')
  t.same({ ...unreleased.json(), requestId: '' }, { ...undecided.json(), requestId: '' })
  await release(app)
  t.match((await answer()).json(), { answer: 'confirmed', decision: 'selected' })
  t.equal((await answer('declined')).json().code, 'illegal_transition')
  t.match((await app.admin.get(at)).json(), { answer: 'confirmed', updatedAt: /^2020-12-15T13:00:/ })
})

t.test('that a speaker was prevented is told to nobody but the secretariat', async (t) => {
  const { app, at, applicant } = await submitted(t, { consents: ['showNameInProgramme'] })
  await select(app, at)
  await release(app)
  t.equal((await app.anyone.get(at)).statusCode, 200)
  const before = await applicant.get(at)
  app.clock.set('2020-12-15T14:00:00Z')
  const move = { to: 'prevented', reason: 'Passport taken at the airport.' }
  t.match((await app.admin.post(`${at}/transitions`, move)).json(), { status: 'prevented' })
  t.equal((await app.anyone.get(at)).statusCode, 404)
  const after = await applicant.get(at)
  t.equal(after.body, before.body)
  t.equal(after.headers.etag, before.headers.etag)

  await t.test('its applicant goes on as if nothing had been written down', async (t) => {
    t.equal((await applicant.post(`${at}/submission`)).json().code, 'already_submitted')
    t.match((await applicant.post(`${at}/answers`, { answer: 'confirmed' })).json(), { answer: 'confirmed' })
    const edited = await applicant.patch(at, { accessibilityNeeds: 'A ramp' }, { 'if-match': '*' })
    t.match(edited.json(), { status: 'submitted', latestVersion: 2 })
    const withdrawn = await applicant.post(`${at}/withdrawal`, { reason: 'I cannot come.' })
    t.match(withdrawn.json(), { status: 'withdrawn' })
    t.equal((await applicant.post(`${at}/withdrawal`)).json().code, 'application_closed')
    const again = await applicant.patch(at, { accessibilityNeeds: null }, { 'if-match': '*' })
    t.equal(again.json().code, 'application_closed')
  })

  t.match((await app.admin.get(at)).json(), { status: 'prevented', withdrawalReason: 'I cannot come.' })
  t.equal((await app.admin.post(`${at}/withdrawal`)).json().code, 'application_closed')
})

t.test('an outcome that a person sets is kept with its reason', async (t) => {
  const { app, at, applicant } = await submitted(t)
  const wrong = await app.admin.post(`${at}/decisions`, { outcome: 'ineligible', reason: 'No such organisation.' })
  t.match(wrong.json(), { outcome: 'ineligible', decision: 'undecided' })
  t.match((await applicant.get(at)).json(), { outcome: 'ineligible' })
  const refused = await app.admin.post(`${at}/decisions`, { decision: 'selected', reason: 'Still.' })
  t.equal(refused.json().code, 'not_eligible')
  const both = { decision: 'selected', outcome: 'eligible', reason: 'Found in the register.' }
  t.match((await app.admin.post(`${at}/decisions`, both)).json(), { outcome: 'eligible', decision: 'selected' })
  const actions = (await app.admin.get(`${at}/history`)).json().data.map(({ action }: { action: string }) => action)
  t.same(actions.slice(-3), ['application.outcomeOverridden', 'application.outcomeOverridden', 'application.decided'])
})

t.test('who comes to be at risk after the deadline is behind a pseudonym at once', async (t) => {
  const { app, id, at, applicant } = await submitted(t, { consents: ['showNameInProgramme', 'shareWithMissions'] })
  await aDelegate(app, 'CHE', 'upr@mission.example')
  await select(app, at)
  await release(app)
  app.clock.set('2021-02-01T10:00:00Z')
  const later = await signIn(app, { email })
  const mission = await signIn(app, { purpose: 'mission', email: 'upr@mission.example' })
  t.match((await app.anyone.get(at)).json(), {
    speaker: { firstName: 'Zoë' },
    organisation: { name: 'Ligue des droits' },
  })
  t.equal((await applicant.get(at)).statusCode, 401, 'the session has ended')
  const edited = await later.patch(at, { speaker: { atRisk: true } }, { 'if-match': '*' })
  t.match(edited.json(), { speaker: { atRisk: true }, assessedVersion: 1, latestVersion: 2 })
  for (const reader of [app.anyone, mission]) {
    const seen = (await reader.get(at)).json()
    t.same(Object.keys(seen.speaker), ['pseudonym'])
    t.notOk(seen.organisation)
    t.same((await reader.get('/v1/applications')).json().data, [seen])
    t.equal(seen.id, id)
  }
  t.match((await app.admin.get(at)).json(), { speaker: { atRisk: true, firstName: 'Zoë' } })
})

t.test('a pseudonym is one within a round and another one in the next', async (t) => {
  const app = await testApp(t)
  const round = {
    number: 39,
    format: 'virtual',
    dates: { start: '2021-08-16', end: '2021-08-20' },
    timeZone: 'Europe/Zurich',
    applicationDeadline: { local: '2021-05-16T23:59' },
  }
  await app.admin.post('/v1/pre-sessions', round)
  await app.admin.post('/v1/pre-sessions/39/transitions', { to: 'callOpen' })
  await app.admin.post('/v1/pre-sessions/39/countries', { iso3: 'BEL' })
  const seen = async (preSession: number, country: string) => {
    const { speaker, ...content } = aCompleteApplication()
    const body = {
      ...content,
      preSession,
      country,
      speaker: { ...speaker, atRisk: true },
      consents: ['showNameInProgramme'],
    }
    const { id } = (await app.admin.post('/v1/applications', body)).json()
    await app.admin.post(`/v1/applications/${id}/submission`)
    await app.admin.post(`/v1/applications/${id}/decisions`, { decision: 'selected', reason: 'Chosen.' })
    await app.admin.post(`/v1/pre-sessions/${preSession}/countries/${country}/release`, { at: '2020-12-15T10:00:00Z' })
    return (await app.anyone.get(`/v1/applications/${id}`)).json().speaker.pseudonym as string
  }
  const [first, second, next] = [await seen(38, 'BEL'), await seen(38, 'DNK'), await seen(39, 'BEL')]
  t.match(first, /^Speaker [A-Z2-9]{8}$/)
  t.equal(second, first)
  t.not(next, first)
})
