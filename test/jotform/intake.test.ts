import { sql } from 'kysely'
import t from 'tap'
import { type Intake, jotform, outcomeOf, startIntake } from '../support/jotform-intake.ts'

const delivered = (intake: Intake, submissionId: string) =>
  intake.round.deliveries.find((one) => one.submissionID === submissionId) as Intake['round']['deliveries'][number]
const expectedOf = (intake: Intake, test: (one: Intake['round']['expected'][number]) => boolean) => {
  const found = intake.round.expected.find(test)
  if (found === undefined) throw new Error('no such submission in the fixtures')
  return found
}
const eligible = (intake: Intake) =>
  expectedOf(
    intake,
    (one) =>
      one.kind === 'normal' && one.outcome === 'eligible' && one.special === null && one.receivedAt < '2021-01-08T12',
  )
const submission = async (intake: Intake, id: string) =>
  (await intake.app.admin.get(`${jotform}/submissions/${id}`)).json()
const status = async (intake: Intake) => (await intake.app.admin.get(`${jotform}/status`)).json()
const alerts = async (intake: Intake): Promise<string[]> =>
  (await status(intake)).alerts.map((alert: { code: string }) => alert.code)

t.test('the same submission ten times at once makes one application', async (t) => {
  const intake = await startIntake(t)
  const one = eligible(intake)
  intake.api.keepOnly(one.submissionID)
  await intake.moveTo(one.receivedAt, { poll: false })
  const delivery = delivered(intake, one.submissionID)
  const statuses = await Promise.all(Array.from({ length: 10 }, () => intake.deliver(delivery)))
  t.same(new Set(statuses), new Set([200]))
  await intake.settled()
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from application`.execute(intake.app.db)
  t.equal(rows[0]?.n, 1)
  const found = await submission(intake, one.submissionID)
  t.equal(found.state, 'imported')
  t.equal(found.deliveries.length, 10)
  t.match(
    found.timeline.map((entry: { what: string }) => entry.what),
    ['Stored by Jotform (created_at)'],
  )
})

t.test('a dead key makes nobody a forger', async (t) => {
  const intake = await startIntake(t)
  const forged = expectedOf(intake, (one) => one.kind === 'forged')
  intake.api.keepOnly(eligible(intake).submissionID)
  intake.api.faults.deadKey = true
  await intake.moveTo('2021-01-08T20:00:00Z')
  await intake.deliver(delivered(intake, forged.submissionID))
  await intake.settled()
  for (const instant of [
    '2021-01-08T20:31:00Z',
    '2021-01-08T21:02:00Z',
    '2021-01-08T21:33:00Z',
    '2021-01-08T22:04:00Z',
  ])
    await intake.moveTo(instant)
  t.match(await submission(intake, forged.submissionID), {
    state: 'verifying',
    verification: 'unverified',
    refusals: [],
  })
  t.ok((await alerts(intake)).includes('apiKeyRejected'))
  t.ok((await alerts(intake)).includes('pollFailing'))

  intake.api.faults.deadKey = false
  for (const instant of ['2021-01-08T22:20:00Z', '2021-01-08T22:40:00Z', '2021-01-08T23:00:00Z'])
    await intake.moveTo(instant)
  t.match(await submission(intake, forged.submissionID), {
    state: 'needsAttention',
    verification: 'forged',
    applicationId: null,
  })
  t.notOk((await alerts(intake)).includes('pollFailing'))
})

t.test('HTTP 200 with responseCode 401 is a failed poll, not an empty one', async (t) => {
  const intake = await startIntake(t)
  intake.api.keepOnly(eligible(intake).submissionID)
  await intake.moveTo('2021-01-08T20:00:00Z')
  const before = (await status(intake)).counts
  intake.api.faults.deadKeyInside200 = true
  await intake.moveTo('2021-01-08T23:20:00Z')
  const after = await status(intake)
  t.same(after.counts, before)
  t.match(after.forms, [{ pollFailures: 1, pollError: /401/ }])
  t.ok(after.alerts.some((alert: { code: string }) => alert.code === 'apiKeyRejected'))
})

t.test('a preview that the poller sees first ends as a test all the same', async (t) => {
  const intake = await startIntake(t)
  const preview = expectedOf(intake, (one) => one.kind === 'preview')
  intake.api.keepOnly(preview.submissionID)
  await intake.moveTo('2021-01-08T23:30:00Z')
  t.equal((await outcomeOf(intake, preview.submissionID))?.application, 'created')
  const applicationId = (await submission(intake, preview.submissionID)).applicationId
  await intake.deliver(delivered(intake, preview.submissionID))
  await intake.settled()
  t.match(await submission(intake, preview.submissionID), {
    state: 'test',
    applicationId: null,
    testMark: 'preview is true',
  })
  t.equal((await intake.app.admin.get(`/v1/applications/${applicationId}`)).statusCode, 404)
})

t.test(
  'an edit after the deadline is kept beside; one seen only afterwards takes the delivery as the original',
  async (t) => {
    const edited = '4859488009709774649'
    for (const order of ['webhook first', 'edit first']) {
      const intake = await startIntake(t)
      intake.api.keepOnly(edited, eligible(intake).submissionID)
      if (order === 'webhook first') {
        await intake.moveTo('2021-01-08T21:00:01Z')
        await intake.deliver(delivered(intake, edited))
        await intake.settled()
      }
      await intake.moveTo('2021-01-08T23:30:00Z')
      if (order === 'edit first') {
        const unknown = await outcomeOf(intake, edited)
        t.equal(unknown?.outcome, 'needsReview', 'only edited content was ever seen')
        await intake.deliver(delivered(intake, edited))
        await intake.settled()
      }
      t.match(
        await outcomeOf(intake, edited),
        { outcome: 'incomplete', missing: ['/issues'], receivedAt: '2021-01-08T21:00:00Z' },
        order,
      )
      const { applicationId } = await submission(intake, edited)
      const versions = (await intake.app.admin.get(`/v1/applications/${applicationId}/versions`)).json().data
      t.equal(versions.length, 2)
      t.same(versions[1].body?.issues ?? versions[1].content?.issues, ['environment'])
    }
  },
)

t.test('a deletion in Jotform keeps the application and asks a person', async (t) => {
  for (const how of ['gone', 'marked'] as const) {
    const intake = await startIntake(t)
    const one = eligible(intake)
    const other = expectedOf(
      intake,
      ({ outcome, submissionID }) => outcome === 'late' && submissionID !== one.submissionID,
    )
    intake.api.keepOnly(one.submissionID, other.submissionID)
    await intake.moveTo('2021-01-08T20:00:00Z')
    const { applicationId } = await submission(intake, one.submissionID)
    intake.api.deleteSubmission(one.submissionID, how)
    await intake.moveTo('2021-01-08T23:20:00Z')
    t.match(await submission(intake, one.submissionID), { state: 'vanished', applicationId }, how)
    t.equal((await outcomeOf(intake, one.submissionID))?.outcome, 'eligible')
  }
})

t.test('a login page instead of a file fails for good, and never makes an application incomplete', async (t) => {
  const intake = await startIntake(t)
  intake.api.faults.loginPageForFiles = true
  const one = expectedOf(intake, (other) => {
    const row = intake.round.rows.find(({ id }) => id === other.submissionID)
    return (
      other.kind === 'normal' &&
      other.outcome === 'eligible' &&
      row?.answers['21']?.answer === undefined &&
      other.receivedAt < '2021-01-08T12'
    )
  })
  intake.api.keepOnly(one.submissionID)
  await intake.moveTo('2021-01-08T20:00:00Z')
  t.match(await submission(intake, one.submissionID), {
    state: 'needsAttention',
    stateReason: /login page/,
    files: [{ status: 'failed' }],
  })
  t.equal((await outcomeOf(intake, one.submissionID))?.outcome, 'needsReview')
})

t.test('a file that is late to appear counts as present and is copied later', async (t) => {
  const intake = await startIntake(t)
  intake.api.faults.fileStatus = 503
  const one = eligible(intake)
  intake.api.keepOnly(one.submissionID)
  await intake.moveTo(one.receivedAt)
  t.match(await submission(intake, one.submissionID), {
    state: 'filesPending',
    files: [{ status: 'pending', attempts: 1 }],
  })
  t.equal((await outcomeOf(intake, one.submissionID))?.outcome, 'eligible')
  intake.api.faults.fileStatus = undefined
  await sql`update graphile_worker._private_jobs set run_at = now() where key like 'jotform-file:%'`.execute(
    intake.app.db,
  )
  await intake.settled()
  t.match(await submission(intake, one.submissionID), { state: 'imported', files: [{ status: 'stored' }] })
})

t.test('a changed form and a lost webhook are told', async (t) => {
  const intake = await startIntake(t)
  intake.api.keepOnly(eligible(intake).submissionID)
  await intake.moveTo('2021-01-05T10:00:00Z')
  t.match((await status(intake)).forms, [{ webhookRegistered: true, drift: [] }])
  intake.api.unregisterWebhooks()
  const questions = intake.api.questions as Record<string, Record<string, string>>
  Object.assign(questions['4'] as object, { name: 'renamed' })
  delete questions['10']
  await intake.moveTo('2021-01-06T12:00:00Z')
  const found = await status(intake)
  t.match(found.forms, [{ webhookRegistered: false }])
  t.same(
    found.forms[0].drift.map((one: { code: string }) => one.code),
    ['nameChanged', 'questionGone'],
  )
  const codes = await alerts(intake)
  for (const code of ['webhookUnregistered', 'questionsChanged', 'jotformSilent']) t.ok(codes.includes(code), code)
})

t.test('a form without a mapping waits for one, and everything stored is mapped then', async (t) => {
  const intake = await startIntake(t, { withoutMapping: true })
  const one = eligible(intake)
  await intake.moveTo(one.receivedAt)
  await intake.deliver(delivered(intake, one.submissionID))
  await intake.settled()
  t.match(await submission(intake, one.submissionID), { state: 'unknownForm', stateReason: /PUT/ })
  const saved = await intake.app.admin.put(`${jotform}/forms/${intake.round.mapping.formId}`, intake.round.mapping)
  t.equal(saved.statusCode, 200)
  t.match(saved.json(), { checked: true, drift: [], mappingVersion: 1 })
  await intake.settled()
  t.equal((await outcomeOf(intake, one.submissionID))?.outcome, 'eligible')
})

t.test('an unknown choice is settled by a better mapping', async (t) => {
  const intake = await startIntake(t, { round: 'hostile' })
  const one = expectedOf(intake, (other) => other.special === 'unknownChoice')
  intake.api.keepOnly(one.submissionID)
  await intake.moveTo('2021-01-08T20:00:00Z')
  t.match(await submission(intake, one.submissionID), { state: 'needsAttention', stateReason: /Atlantis/ })
  const mapping = structuredClone(intake.round.mapping)
  Object.assign(mapping.fields[0]?.choices ?? {}, { Atlantis: 'MOZ' })
  await intake.app.admin.put(`${jotform}/forms/${mapping.formId}`, mapping)
  await intake.settled()
  t.match(await outcomeOf(intake, one.submissionID), { state: 'imported', outcome: 'eligible', country: 'MOZ' })
})
