import { sql } from 'kysely'
import t from 'tap'
import { hookPath, type Intake, jotform, outcomeOf, startIntake } from '../support/jotform-intake.ts'

const submission = async (intake: Intake, id: string) =>
  (await intake.app.admin.get(`${jotform}/submissions/${id}`)).json()
const early = (intake: Intake) =>
  intake.round.expected.find(
    (one) =>
      one.kind === 'normal' && one.outcome === 'eligible' && one.special === null && one.receivedAt < '2021-01-08T12',
  ) as Intake['round']['expected'][number]

t.test('the hostile round without a key: nothing lost, nothing foreign fetched', async (t) => {
  const intake = await startIntake(t, { round: 'hostile', withoutKey: true })
  intake.api.faults.publicFiles = true
  const odd: Record<string, object> = {
    truncated: { state: 'unreadable', application: 'none' },
    foreignFile: { state: 'needsAttention', application: 'created' },
    duplicateKey: { outcome: 'eligible', organisation: 'Somebody else' },
  }
  for (const delivery of intake.round.deliveries) {
    await intake.moveTo(delivery.arrivesAt)
    t.equal(await intake.deliver(delivery), 200)
  }
  await intake.settled()
  for (const expected of intake.round.expected) {
    const wanted = odd[expected.special ?? ''] ?? {
      outcome: expected.outcome,
      organisation: expected.organisation.replace(/[\u202e\u0007]/g, ''),
      country: expected.country,
    }
    t.match(await outcomeOf(intake, expected.submissionID), wanted, String(expected.special))
  }
  const paths = intake.api.log.map(({ path }) => path)
  t.ok(paths.every((path) => path.startsWith(`/uploads/upr_presessions/${intake.round.mapping.formId}/`)))
})

t.test('content that changed without a dated edit never replaces what was seen before the deadline', async (t) => {
  const intake = await startIntake(t)
  const one = early(intake)
  intake.api.keepOnly(one.submissionID)
  await intake.moveTo('2021-01-08T20:00:00Z')
  const row = intake.api.rows.get(one.submissionID)
  if (row === undefined) return
  row.answers = { ...row.answers, 19: { ...row.answers['19'], answer: ['Environment'] } }
  await intake.moveTo('2021-01-08T23:30:00Z')
  const { applicationId, versions } = await submission(intake, one.submissionID)
  t.equal(versions.length, 2)
  const application = (await intake.app.admin.get(`/v1/applications/${applicationId}`)).json()
  t.not(JSON.stringify(application.issues), JSON.stringify(['environment']))
})

t.test('an edit before the deadline that is seen after it counts', async (t) => {
  const intake = await startIntake(t)
  const one = intake.round.expected.find(
    ({ missing, kind, receivedAt }) => kind === 'normal' && missing[0] === '/issues' && receivedAt < '2021-01-08T12',
  )
  const row = intake.api.rows.get(one?.submissionID ?? '')
  if (one === undefined || row === undefined) return
  intake.api.keepOnly(one.submissionID)
  await intake.moveTo('2021-01-08T20:00:00Z')
  t.match(await outcomeOf(intake, one.submissionID), { outcome: 'incomplete' })
  const answer = {
    name: 'issues',
    text: 'Issues that the statement will address',
    type: 'control_checkbox',
    answer: ['Environment'],
  }
  row._edits = [{ at: '2021-01-08T22:30:00Z', updated_at: '2021-01-08 17:30:00', answers: { 19: answer } }]
  await intake.moveTo('2021-01-08T23:30:00Z')
  t.match(await outcomeOf(intake, one.submissionID), { outcome: 'eligible', receivedAt: one.receivedAt })
})

t.test('an answer about risk counts at once, even after the deadline', async (t) => {
  const intake = await startIntake(t)
  const one = early(intake)
  intake.api.keepOnly(one.submissionID)
  const row = intake.api.rows.get(one.submissionID)
  const question = row?.answers['24']
  if (row === undefined || question === undefined) throw new Error('The round has no such question.')
  row.answers['24'] = { ...question, answer: 'No' }
  await intake.moveTo('2021-01-08T20:00:00Z')
  const { applicationId } = await submission(intake, one.submissionID)
  const risk = async () => (await intake.app.admin.get(`/v1/applications/${applicationId}`)).json()
  t.match(await risk(), { speaker: { atRisk: false }, assessedVersion: 1 })
  const answers = { 24: { ...question, answer: 'Yes' } }
  row._edits = [{ at: '2021-01-08T23:05:00Z', updated_at: '2021-01-08 18:05:00', answers }]
  await intake.moveTo('2021-01-08T23:30:00Z')
  t.match(await risk(), { speaker: { atRisk: true }, assessedVersion: 1, latestVersion: 2, outcome: 'eligible' })
})

t.test('after the key was mended, "check now" copies what had failed', async (t) => {
  const intake = await startIntake(t)
  intake.api.faults.loginPageForFiles = true
  const one = early(intake)
  intake.api.keepOnly(one.submissionID)
  await intake.moveTo(one.receivedAt)
  t.match(await submission(intake, one.submissionID), { state: 'needsAttention' })
  intake.api.faults.loginPageForFiles = false
  await intake.app.admin.post(`${jotform}/forms/${intake.round.mapping.formId}/polls`)
  await intake.settled()
  t.match(await submission(intake, one.submissionID), {
    state: 'imported',
    stateReason: null,
    files: [{ status: 'stored' }],
  })
})

t.test('a submission that comes back is no longer vanished', async (t) => {
  const intake = await startIntake(t)
  const one = early(intake)
  intake.api.keepOnly(one.submissionID)
  await intake.moveTo('2021-01-08T20:00:00Z')
  const row = intake.api.rows.get(one.submissionID)
  if (row === undefined) return
  row.status = 'DELETED'
  await intake.moveTo('2021-01-08T23:20:00Z')
  t.match(await submission(intake, one.submissionID), { state: 'vanished', jotformStatus: 'DELETED' })
  row.status = 'ACTIVE'
  await intake.moveTo('2021-01-10T00:20:00Z')
  t.match(await submission(intake, one.submissionID), { state: 'imported' })
})

t.test('a text that was changed in the form is told until the mapping is put again', async (t) => {
  const intake = await startIntake(t)
  intake.api.keepOnly(early(intake).submissionID)
  await intake.moveTo('2021-01-05T10:00:00Z')
  Object.assign((intake.api.questions as Record<string, object>)['4'] as object, { text: 'Your name' })
  await intake.moveTo('2021-01-06T12:00:00Z')
  const path = `${jotform}/forms/${intake.round.mapping.formId}`
  t.match((await intake.app.admin.get(path)).json().drift, [{ code: 'textChanged', qid: '4' }])
  t.match((await intake.app.admin.put(path, intake.round.mapping)).json(), { drift: [], mappingVersion: 1 })
})

t.test('one submission that the service cannot work hides no other', async (t) => {
  const intake = await startIntake(t)
  const one = early(intake)
  const row = intake.api.rows.get(one.submissionID)
  if (row === undefined) return
  row.created_at = 'a\u0000b'
  await intake.moveTo('2021-01-08T23:30:00Z')
  t.match(await submission(intake, one.submissionID), { state: 'needsAttention', stateReason: /log/ })
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from application`.execute(intake.app.db)
  t.ok((rows[0]?.n ?? 0) > 50)
})

t.test('a number of another form, or of nobody, is not verified', async (t) => {
  const intake = await startIntake(t)
  const one = early(intake)
  intake.api.keepOnly(one.submissionID)
  await intake.moveTo('2021-01-08T20:00:00Z')
  const fields = {
    formID: '203423859147999',
    submissionID: one.submissionID,
    rawRequest: '{"q3_countryUnder":"Belgium"}',
  }
  const send = () =>
    intake.app.inject({
      method: 'POST',
      url: hookPath,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    })
  await intake.app.admin.put(`${jotform}/forms/${fields.formID}`, { ...intake.round.mapping, formId: fields.formID })
  t.equal((await send()).statusCode, 200)
  await intake.settled()
  const detail = (
    await intake.app.admin.get(`${jotform}/submissions/${one.submissionID}?formId=${fields.formID}`)
  ).json()
  t.match(detail, { state: 'verifying', verification: 'unverified', applicationId: null })
  t.equal(detail.refusals.length, 1)
  t.match(await submission(intake, one.submissionID), { formId: intake.round.mapping.formId, verification: 'verified' })
})
