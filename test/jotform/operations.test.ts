import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { interpretDelivery } from '../../src/jotform/admission.ts'
import { listWebhookDeliveries } from '../../src/jotform/queries-deliveries.ts'
import { testApp } from '../support/app.ts'
import { fixtures, readRound } from '../support/jotform-fixtures.ts'
import { hookPath, hookSecret, type Intake, jotform, outcomeOf, startIntake } from '../support/jotform-intake.ts'

const first = (intake: Intake) => intake.round.deliveries[0] as Intake['round']['deliveries'][number]
const deliverFirst = async (intake: Intake) => {
  const delivery = first(intake)
  await intake.moveTo(delivery.arrivesAt, { poll: false })
  await intake.deliver(delivery)
  await intake.settled()
  return delivery.submissionID
}

t.test('forms: put, read, list, refuse', async (t) => {
  const { app, round } = await startIntake(t, { withoutMapping: true })
  const { formId } = round.mapping
  const path = `${jotform}/forms/${formId}`
  t.equal((await app.admin.get(path)).statusCode, 404)
  t.match((await app.admin.put(path, round.mapping)).json(), { checked: true, mappingVersion: 1, drift: [] })
  t.match(
    (await app.admin.put(path, round.mapping)).json(),
    { mappingVersion: 1 },
    'the same mapping is no new version',
  )
  const changed = { ...round.mapping, testRules: [] }
  t.match((await app.admin.put(path, changed)).json(), { mappingVersion: 2 })
  const read = await app.admin.get(path)
  t.same(read.json().mapping, changed)
  t.equal((await app.admin.get(path, { 'if-none-match': String(read.headers.etag) })).statusCode, 304)
  t.match((await app.admin.get(`${jotform}/forms?limit=1`)).json(), { data: [{ formId }], nextCursor: null })

  const refusals: [unknown, string][] = [
    [{ ...round.mapping, formId: '203423859147359' }, '/formId'],
    [{ ...round.mapping, preSession: 77 }, '/preSession'],
    [{ ...round.mapping, unknown: 1 }, '/unknown'],
    [{ ...round.mapping, fields: [{ ...round.mapping.fields[0], to: '/organisation/nme' }] }, '/fields/0/to'],
    [{ ...round.mapping, testRules: [{ qid: '9', matches: '(a+)+' }] }, '/testRules/0/matches'],
    [{}, '/fields'],
  ]
  for (const [body, pointer] of refusals) {
    const response = await app.admin.put(path, body)
    t.equal(response.statusCode, 400, pointer)
    t.ok(
      response.json().errors.some((error: { pointer: string }) => error.pointer === pointer),
      pointer,
    )
  }
  t.equal((await app.anyone.get(path)).statusCode, 401)
})

t.test('a Jotform that hangs holds up no mapping', async (t) => {
  const { app, api, round } = await startIntake(t, { withoutMapping: true })
  const release = api.hold()
  const put = await app.admin.put(`${jotform}/forms/${round.mapping.formId}`, round.mapping)
  release()
  t.equal(put.statusCode, 200)
  t.match(put.json(), { checked: false, uncheckedBecause: /no answer within 5000 ms/, mappingVersion: 1 })
})

t.test('a preview maps stored submissions and samples, and stores nothing', async (t) => {
  const intake = await startIntake(t)
  const { app, round } = intake
  const submissionId = await deliverFirst(intake)
  const path = `${jotform}/forms/${round.mapping.formId}/mapping-previews`
  const stored = (await app.admin.post(path, {})).json()
  t.match(stored, { checked: true, results: [{ submissionId, body: { preSession: 38 }, undecided: [] }] })
  const mapping = { ...round.mapping, fields: round.mapping.fields.filter(({ qid }) => qid !== '10') }
  t.match((await app.admin.post(path, { mapping })).json().results[0].extra, { 10: { name: 'website' } })
  const sample = (await app.admin.post(path, { answers: { q3_countryUnder: 'Belgium', q25_x: '' } })).json()
  t.match(sample.results, [{ submissionId: null, body: { country: 'BEL' } }])
  t.equal((await app.admin.get(`${jotform}/forms/${round.mapping.formId}`)).json().mappingVersion, 1)
})

t.test('a replay changes nothing but the list of arrivals', async (t) => {
  const intake = await startIntake(t)
  const { app } = intake
  const submissionId = await deliverFirst(intake)
  const before = await outcomeOf(intake, submissionId)
  const [delivery] = (await app.admin.get(`${jotform}/deliveries?source=webhook`)).json().data
  const replay = await app.admin.post(`${jotform}/deliveries/${delivery.id}/replays`)
  t.equal(replay.statusCode, 202)
  t.match(replay.json(), { source: 'replay', replayOf: delivery.id, state: 'imported' })
  await intake.settled()
  t.same(await outcomeOf(intake, submissionId), before)
  const found = (await app.admin.get(`${jotform}/submissions/${submissionId}`)).json()
  t.same(
    found.deliveries.map((one: { source: string }) => one.source),
    ['webhook', 'replay'],
  )
  t.equal(found.versions.length, 1)
  const unknown = '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'
  t.equal((await app.admin.post(`${jotform}/deliveries/${unknown}/replays`)).statusCode, 404)
  t.equal((await app.admin.get(`${jotform}/deliveries/${unknown}`)).statusCode, 404)
})

t.test('a delivery whose reading was lost counts from its own arrival when it is replayed', async (t) => {
  const { mapping, deliveries, read } = readRound('round38')
  const { file, contentType, submissionID } = deliveries[0] as Intake['round']['deliveries'][number]
  const app = await testApp(t, { now: '2021-01-08T22:59:00Z', env: { JOTFORM_HOOK_SECRETS: hookSecret } })
  await app.admin.put(`${jotform}/forms/${mapping.formId}`, mapping)
  const headers = { 'content-type': contentType }
  await app.inject({ method: 'POST', url: hookPath, headers, payload: read(file) })
  const [delivery] = (await app.admin.get(`${jotform}/deliveries`)).json().data
  app.clock.set('2021-01-09T08:00:00Z')
  t.match((await app.admin.get(`${jotform}/status`)).json(), {
    unreadCount: 1,
    alerts: [{ code: 'deliveriesWaiting' }],
  })
  const replay = (await app.admin.post(`${jotform}/deliveries/${delivery.id}/replays`)).json()
  await interpretDelivery(app.deps, replay.id)
  const { applicationId, timeline } = (await app.admin.get(`${jotform}/submissions/${submissionID}`)).json()
  const instant = timeline.find(({ what }: { what: string }) => what === 'First webhook here')
  t.equal(instant.utc, delivery.receivedAt)
  t.match((await app.admin.get(`/v1/applications/${applicationId}`)).json(), { receivedAt: delivery.receivedAt })
  t.match((await app.admin.get(`${jotform}/status`)).json(), { unreadCount: 0 })
})

t.test('equal bodies are looked at once, the earliest of them, and loaded one at a time', async (t) => {
  const intake = await startIntake(t)
  const { app, round } = intake
  const { formId } = round.mapping
  const submissionId = await deliverFirst(intake)
  await deliverFirst(intake)
  const { deliveries } = (await app.admin.get(`${jotform}/submissions/${submissionId}`)).json()
  t.ok(deliveries.length >= 2)
  t.same(
    (await listWebhookDeliveries(app.db, formId, submissionId)).map((row) => [row.id, 'raw_body' in row]),
    [[deliveries[0].id, false]],
  )
})

t.test('check now: a poll on request', async (t) => {
  const intake = await startIntake(t)
  const { app, round } = intake
  await intake.moveTo('2021-01-08T23:30:00Z', { poll: false })
  const response = await app.admin.post(`${jotform}/forms/${round.mapping.formId}/polls`)
  t.equal(response.statusCode, 202)
  await intake.settled()
  const found = (await app.admin.get(`${jotform}/status`)).json()
  t.ok(found.recoveredCount === 0, 'nothing is called missed before two minutes have passed')
  t.ok((await app.admin.get(`${jotform}/submissions?limit=100`)).json().data.length > 50)
  t.equal((await app.admin.post(`${jotform}/forms/203423859147359/polls`)).statusCode, 404)
})

t.test('an export is imported once, dry first', async (t) => {
  const intake = await startIntake(t)
  const { app, round, api } = intake
  api.faults.deadKey = true
  await intake.moveTo('2021-01-10T00:00:00Z', { poll: false })
  const path = `${jotform}/imports`
  const dry = await app.admin.post(`${path}?dryRun=true`, round.rows)
  t.match(dry.json(), { dryRun: true, created: round.rows.length, faults: [] })
  t.same((await app.admin.get(`${jotform}/submissions`)).json().data, [])
  t.match((await app.admin.post(path, round.rows)).json(), { dryRun: false, created: round.rows.length })
  t.match((await app.admin.post(path, round.rows)).json(), { created: 0, unchanged: round.rows.length })
  await intake.settled()
  for (const expected of round.expected.filter(({ kind, special }) => kind === 'normal' && special === null)) {
    const got = await outcomeOf(intake, expected.submissionID)
    t.equal(got?.outcome, expected.outcome)
    t.equal(got?.receivedAt, expected.receivedAt)
    t.equal(got?.verification, 'unverified')
  }
  const csv = 'Submission ID,Submission Date,Name of the institution\n4859559982514470923,2021-01-08 17:59:58,A'
  const send = (query: string) =>
    app.inject({
      method: 'POST',
      url: `${path}${query}`,
      headers: { authorization: 'Bearer test-admin-key-0123456789-0123456789-0123456789', 'content-type': 'text/csv' },
      payload: csv,
    })
  t.equal((await send('')).statusCode, 400)
  t.match((await send(`?formId=${round.mapping.formId}`)).json(), { format: 'csv', created: 1 })
  t.equal((await send('?formId=203423859147359')).statusCode, 404)
})

t.test('lists are stable pages, each one statement', async (t) => {
  const intake = await startIntake(t)
  const { app } = intake
  await intake.moveTo('2021-01-08T23:30:00Z')
  for (const list of ['submissions', 'deliveries']) {
    const ids: string[] = []
    let next: string | null = `${jotform}/${list}?limit=25`
    while (next !== null) {
      app.statements.take()
      const page: { data: { id?: string; submissionId: string }[]; nextCursor: string | null } = (
        await app.admin.get(next)
      ).json()
      t.equal(app.statements.take().length, 1, `one statement for ${list}`)
      ids.push(...page.data.map((one) => one.id ?? one.submissionId))
      next = page.nextCursor === null ? null : `${jotform}/${list}?limit=25&cursor=${page.nextCursor}`
    }
    t.ok(ids.length > 50)
    t.equal(new Set(ids).size, ids.length)
  }
  const { nextCursor } = (await app.admin.get(`${jotform}/deliveries?limit=1`)).json()
  const elsewhere = await app.admin.get(`${jotform}/submissions?cursor=${nextCursor}`)
  t.equal(elsewhere.json().code, 'invalid_cursor', "a cursor of one list is none of another's")
  const some = (await app.admin.get(`${jotform}/submissions?state=imported&verification=verified&limit=1`)).json()
    .data[0]
  app.statements.take()
  const detail = await app.admin.get(`${jotform}/submissions/${some.submissionId}`)
  t.equal(app.statements.take().length, 1)
  t.match(detail.json().timeline[0].geneva, /\+0[12]:00/)
  t.equal((await app.admin.get(`${jotform}/submissions?state=nonsense`)).statusCode, 400)
  t.equal((await app.admin.get(`${jotform}/submissions/4859559982514470924`)).statusCode, 404)
})

t.test('the published samples come in, whatever they hold', async (t) => {
  const intake = await startIntake(t)
  const samples = [
    '01-full-application-on-time',
    '02-last-second-client-clock-wrong',
    '03-late-by-three-seconds',
    '04-preview-test-submission',
    '05-hostile-and-odd-values',
    '06-same-submission-id-edited-after-deadline',
    '07-minimal-older-shape',
    '08-truncated-rawrequest',
  ]
  for (const name of samples) {
    const { fields } = JSON.parse(readFileSync(join(fixtures, 'samples', `webhook-${name}.json`), 'utf8')) as {
      fields: Record<string, string>
    }
    const parts = Object.entries(fields).map(
      ([key, value]) => `--b\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`,
    )
    const response = await intake.app.inject({
      method: 'POST',
      url: hookPath,
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      payload: `${parts.join('')}--b--\r\n`,
    })
    t.equal(response.statusCode, 200, name)
  }
  await intake.settled()
  const found = (await intake.app.admin.get(`${jotform}/submissions?state=unknownForm`)).json()
  t.equal(found.data.length, 7, 'one of the eight is a second delivery')
})
