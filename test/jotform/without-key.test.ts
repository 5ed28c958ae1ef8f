import t from 'tap'
import { hookPath, jotform, outcomeOf, startIntake } from '../support/jotform-intake.ts'

t.test('without an API key the service works from the deliveries alone and says so', async (t) => {
  const intake = await startIntake(t, { withoutKey: true })
  const { app, round, api } = intake
  const { formId } = round.mapping
  const seen = new Set<string>()
  api.faults.publicFiles = true
  for (const delivery of round.deliveries.filter(
    ({ kind }) => kind === 'normal' || kind === 'twice' || kind === 'preview',
  )) {
    await intake.moveTo(delivery.arrivesAt)
    t.equal(await intake.deliver(delivery), 200)
    await intake.settled()
    if (seen.has(delivery.submissionID)) continue
    seen.add(delivery.submissionID)
    const expected = round.expected.find((one) => one.submissionID === delivery.submissionID)
    const got = await outcomeOf(intake, delivery.submissionID)
    t.equal(got?.verification, 'unverified')
    t.equal(got?.application, expected?.application)
    if (got?.application !== 'created' || expected === undefined) continue
    t.ok(Date.parse(String(got.receivedAt)) - Date.parse(delivery.arrivesAt) < 10_000, 'its own arrival counts')
    t.same(got.missing, expected.missing)
    if (delivery.arrivesAt < '2021-01-08T23:00:00Z') t.equal(got.outcome, expected.outcome)
  }
  t.notOk(
    api.log.some(({ path }) => !path.startsWith('/uploads/')),
    'the API is never asked',
  )
  t.match((await app.admin.get(`${jotform}/status`)).json(), { verification: 'off' })
  const poll = await app.admin.post(`${jotform}/forms/${formId}/polls`)
  t.equal(poll.statusCode, 409)
  t.equal(poll.json().code, 'jotform_not_configured')
  const put = await app.admin.put(`${jotform}/forms/${formId}`, round.mapping)
  t.match(put.json(), { checked: false, uncheckedBecause: /key/, mappingVersion: 1 })
})

t.test("addresses in a delivery that are not this submission's uploads are never fetched", async (t) => {
  const intake = await startIntake(t, { round: 'hostile', withoutKey: true })
  const one = intake.round.expected.find(({ special }) => special === 'foreignFile')
  const delivery = intake.round.deliveries.find(({ submissionID }) => submissionID === one?.submissionID)
  if (one === undefined || delivery === undefined) return
  await intake.moveTo(one.receivedAt)
  await intake.deliver(delivery)
  await intake.settled()
  const found = (await intake.app.admin.get(`${jotform}/submissions/${one.submissionID}`)).json()
  t.equal(found.state, 'needsAttention')
  t.match(found.stateReason, /not on Jotform/)
  t.ok(found.files.every((file: { status: string }) => file.status === 'failed'))
  t.same(intake.api.log, [])
})

t.test('a cut delivery keeps its ids and is read from an import', async (t) => {
  const intake = await startIntake(t, { round: 'hostile', withoutKey: true })
  const one = intake.round.expected.find(({ special }) => special === 'truncated')
  const delivery = intake.round.deliveries.find(({ submissionID }) => submissionID === one?.submissionID)
  if (one === undefined || delivery === undefined) return
  intake.api.faults.publicFiles = true
  await intake.moveTo(one.receivedAt)
  await intake.deliver(delivery)
  await intake.settled()
  t.match(await outcomeOf(intake, one.submissionID), { state: 'unreadable', application: 'none' })
  const row = intake.round.rows.find(({ id }) => id === one.submissionID)
  const imported = await intake.app.admin.post(`${jotform}/imports`, [row])
  t.match(imported.json(), { created: 1, format: 'json' })
  await intake.settled()
  t.match(await outcomeOf(intake, one.submissionID), { state: 'imported', outcome: 'eligible' })
})

t.test('odd samples are stored and shown', async (t) => {
  const intake = await startIntake(t, { withoutKey: true })
  const fields = new URLSearchParams({
    formID: '203426789012345',
    submissionID: '4855600052501112223',
    rawRequest: '{"q3_a":"x"}',
  })
  const response = await intake.app.inject({
    method: 'POST',
    url: hookPath,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: fields.toString(),
  })
  t.equal(response.statusCode, 200)
  await intake.settled()
  t.match((await intake.app.admin.get(`${jotform}/submissions/4855600052501112223`)).json(), {
    state: 'unknownForm',
    verification: 'unverified',
  })
})
