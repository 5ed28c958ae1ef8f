import { Readable } from 'node:stream'
import { sql } from 'kysely'
import t from 'tap'
import { hashErased } from '../../src/jotform/erased.ts'
import { jotformIntake } from '../../src/jotform/people.ts'
import { lockSubmission } from '../../src/jotform/queries-submissions.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { runJobs } from '../support/jobs.ts'
import { jotform, startIntake } from '../support/jotform-intake.ts'
import { mailServer } from '../support/mail-server.ts'
import { aSpeaker } from '../support/speakers.ts'
import { allFiles, allRows, withMarker } from '../support/traces.ts'
import { released } from '../support/videos.ts'
import { lockWaiters } from '../support/waiters.ts'

const marker = 'zyxwarba'
const email = `${marker}@post.example`
const reason = 'Asked for in writing.'

const bodyOf = () => {
  const body = aCompleteApplication()
  return { ...body, speaker: { ...body.speaker, firstName: marker, email } }
}
const apply = async ({ admin }: TestApp) => (await admin.post('/v1/applications', bodyOf())).json().id as string

/** A person with the confirmation that an erasure needs. */
async function planned({ admin }: TestApp, emails = [email]) {
  const { id } = (await admin.post('/v1/people', { emails })).json()
  const path = `/v1/people/${id}/erasure`
  const { confirmation } = (await admin.post(path, { reason, dryRun: true })).json()
  return { path, erase: () => admin.post(path, { reason, confirmation }) }
}

async function traces({ deps }: TestApp): Promise<unknown[]> {
  const rows = withMarker(await allRows(deps), marker, ({ text }) => text)
  return [...rows, ...withMarker(await allFiles(deps.config.dataDir), marker, String)]
}

/** Holds what a statement locks until it is let go. */
async function holding({ pool }: TestApp, statement: string, values: unknown[]) {
  const client = await pool.connect()
  await client.query('begin')
  await client.query(statement, values)
  return async () => {
    await client.query('commit')
    client.release()
  }
}

const lockApplication = 'select from application where id = $1 for update'
const pdf = `%PDF-1.4\n% ${marker}\n%%EOF\n`
const upload = Buffer.from(
  `--b\r\nContent-Disposition: form-data; name="file"; filename="${marker}.pdf"\r\n\r\n${pdf}\r\n--b--\r\n`,
)
const multipart = { 'content-type': 'multipart/form-data; boundary=b' }

/** Everything that may be under way for one application. */
const changes = ({ admin }: TestApp, id: string) => {
  const path = `/v1/applications/${id}`
  const merge = { 'if-match': '*', 'content-type': 'application/merge-patch+json' }
  return [
    () => admin.patch(path, { organisation: { aim: `We are ${marker}.` } }, merge),
    () => admin.post(`${path}/submission`, undefined, { 'idempotency-key': `submission-${id}` }),
    () => admin.post(`${path}/documents`, upload, { ...multipart, 'idempotency-key': `document-${id}` }),
    () => admin.put(`${path}/consents`, { consents: ['keepContact'] }, { 'if-match': '*' }),
    () => admin.post(`${path}/withdrawal`, { reason: `${marker} is ill.` }),
  ]
}

const names = ['an edit', 'a submission', 'a document', 'consents', 'a withdrawal']

t.test('changes of an application while it is erased', async (t) => {
  const app = await testApp(t)
  const begin = async (index: number) => {
    const id = await apply(app)
    const { erase } = await planned(app)
    const letGo = await holding(app, lockApplication, [id])
    return { erase, letGo, change: changes(app, id)[index] as () => ReturnType<TestApp['admin']['post']> }
  }
  for (const [index, name] of names.entries()) {
    await t.test(`${name} that waits finds nothing, and leaves nothing`, async (t) => {
      const { erase, letGo, change } = await begin(index)
      const erased = erase()
      await lockWaiters(app, 1)
      const changed = change()
      await lockWaiters(app, 2)
      await letGo()
      t.equal((await erased).statusCode, 200)
      t.equal((await changed).json().code, 'application_not_found')
      await runJobs(app.deps)
      t.same(await traces(app), [])
    })
    await t.test(`${name} that was first is taken along`, async (t) => {
      const { erase, letGo, change } = await begin(index)
      const changed = change()
      await lockWaiters(app, 1)
      const erased = erase()
      await lockWaiters(app, 2)
      await letGo()
      t.ok((await changed).statusCode < 300)
      t.equal((await erased).statusCode, 200)
      await runJobs(app.deps)
      t.same(await traces(app), [])
    })
  }
})

t.test('what changed between dry run and erasure is shown again first', async (t) => {
  const app = await testApp(t)
  await apply(app)
  const { erase } = await planned(app)
  await apply(app)
  t.equal((await erase()).json().code, 'erasure_changed')
  t.equal((await (await planned(app)).erase()).statusCode, 200)
  t.same(await traces(app), [])
})

t.test('two at once are one', async (t) => {
  const app = await testApp(t)
  const id = await apply(app)
  const { erase } = await planned(app)
  const letGo = await holding(app, lockApplication, [id])
  const both = [erase(), erase()]
  await lockWaiters(app, 2)
  await letGo()
  const [first, second] = await Promise.all(both)
  t.same([first?.statusCode, second?.statusCode], [200, 200])
  t.equal(first?.json().erasedAt, second?.json().erasedAt)
  t.same(first?.json().counts, second?.json().counts)
  t.equal((await app.db.selectFrom('application_statistic').select('id').execute()).length, 1)
})

t.test('a link that is being made for the person is not', async (t) => {
  const app = await testApp(t)
  await apply(app)
  const { erase } = await planned(app)
  await app.anyone.post('/v1/access-links', { email, purpose: 'applicant', preSession: 38 })
  const letGo = await holding(app, 'select pg_advisory_xact_lock(38002, hashtext($1))', [email])
  const erased = erase()
  await lockWaiters(app, 1)
  const job = runJobs(app.deps)
  await lockWaiters(app, 2)
  await letGo()
  t.equal((await erased).statusCode, 200)
  await job
  t.same(await traces(app), [])
})

t.test('a mail under way is not called back, and not written down again', async (t) => {
  const gate = Promise.withResolvers<void>()
  const server = await mailServer(t, { hold: () => gate.promise })
  const app = await testApp(t, { env: { SMTP_URL: server.url, MAIL_FROM: 'office@pre.example' } })
  await apply(app)
  await app.anyone.post('/v1/access-links', { email, purpose: 'applicant', preSession: 38 })
  const sending = runJobs(app.deps)
  await server.arrived(1)
  t.equal((await (await planned(app)).erase()).statusCode, 200)
  gate.resolve()
  await sending
  await runJobs(app.deps)
  t.same(await traces(app), [])
})

t.test('a file of the same content that somebody else hands in stays', async (t) => {
  const app = await testApp(t)
  const id = await apply(app)
  const other = (await app.admin.post('/v1/applications', aCompleteApplication())).json().id
  for (const one of [id, other]) await app.admin.post(`/v1/applications/${one}/documents`, upload, multipart)
  await (await planned(app)).erase()
  await runJobs(app.deps)
  const [document] = (await app.admin.get(`/v1/applications/${other}`)).json().documents
  t.equal((await app.admin.get(`/v1/applications/${other}/documents/${document.id}`)).body, pdf)
})

t.test('whoever is about to name a file that is being removed is told to send it again', async (t) => {
  const app = await testApp(t)
  const { storage } = app.deps
  const id = await apply(app)
  const { sha256 } = await storage.put(Readable.from([pdf]))
  const letGo = await holding(app, 'select pg_advisory_xact_lock(38003, hashtext($1))', [sha256])
  const answer = app.admin.post(`/v1/applications/${id}/documents`, upload, multipart)
  await lockWaiters(app, 1)
  await storage.remove(sha256)
  await letGo()
  t.equal((await answer).statusCode, 503)
  t.equal((await app.admin.post(`/v1/applications/${id}/documents`, upload, multipart)).statusCode, 201)
})

t.test('files that cannot be removed are tried again until they are gone', async (t) => {
  const app = await testApp(t)
  const id = await apply(app)
  await app.admin.post(`/v1/applications/${id}/documents`, upload, multipart)
  await (await planned(app)).erase()
  const { storage } = app.deps
  let tries = 0
  const broken = {
    ...app.deps,
    storage: {
      ...storage,
      remove: async () => {
        tries += 1
        throw new Error('no disk')
      },
    },
  }
  await t.rejects(runJobs(broken))
  t.equal(tries, 1)
  t.equal((await allFiles(app.deps.config.dataDir)).length, 1)
  const { documentTicks } = await import('../../src/documents/erasing.ts')
  for (const tick of documentTicks(app.deps)) await tick.run()
  t.same(await allFiles(app.deps.config.dataDir), [])
  t.same(await app.db.selectFrom('erased_file').selectAll().execute(), [])
})

t.test('Jotform at the same time', async (t) => {
  const intake = await startIntake(t, { now: '2021-01-05T16:10:00Z' })
  const { app, api, round } = intake
  const [delivery] = round.deliveries.filter(({ submissionID }) => submissionID === '4856715181114297811')
  if (delivery === undefined) throw new Error('The fixture is gone.')
  const row = api.rows.get(delivery.submissionID)
  const name = `https://www.jotform.com/uploads/upr_presessions/${api.formId}/${delivery.submissionID}/${marker}.pdf`
  Object.assign(row?.answers['16'] as object, { answer: email })
  Object.assign(row?.answers['22'] as object, { answer: [name] })
  api.faults.fileContent = Buffer.from(pdf)

  await t.test('a copy that comes back after the erasure', async (t) => {
    const release = api.hold()
    await intake.deliver(delivery)
    // The answer to the verification is here; the copy of the file waits.
    const isKnown = async () => (await app.admin.get('/v1/applications?q=zyxwarba')).json().data.length === 1
    release()
    let again = api.hold()
    for (let tries = 0; tries < 500 && !(await isKnown()); tries += 1) {
      again()
      await new Promise((resolve) => setTimeout(resolve, 10))
      again = api.hold()
    }
    t.ok(await isKnown())
    t.equal((await (await planned(app)).erase()).statusCode, 200)
    again()
    await intake.settled()
    t.same(await traces(app), [])
  })

  await t.test('deliveries and polls of what was erased', async (t) => {
    await intake.deliver(delivery)
    await app.admin.post(`${jotform}/forms/${api.formId}/polls`)
    await intake.settled()
    t.same(await traces(app), [])
  })

  await t.test('who is about to make the row of a submission finds the mark', async (t) => {
    const key = { formId: api.formId, submissionId: '4856715181114299999' }
    const own = jotformIntake(app.deps)
    const found = { submissions: [{ ...key, applicationId: null, role: 'speaker' as const }], deliveries: [] }
    const seen = { at: '2021-01-05T16:10:00Z', source: 'webhook' as const, erasedHash: hashErased(app.deps, key) }
    const admitted = await app.db.transaction().execute(async (tx) => {
      await own.lock(tx, found)
      const waiting = app.db.transaction().execute((other) => lockSubmission(other, key, seen))
      await lockWaiters(app, 1)
      await own.erase(tx, found, seen.at)
      return { waiting }
    })
    t.equal(await admitted.waiting, undefined)
    const { rows } = await sql`select from jotform_submission where submission_id = ${key.submissionId}`.execute(app.db)
    t.equal(rows.length, 0)
  })
})

t.test('a video of somebody who is erased', async (t) => {
  const app = await testApp(t)
  const path = '/v1/video-submissions'
  const begin = async () => {
    const { id } = await aSpeaker(app, 'zoe', { ...released, email })
    const video = { applicationId: id, language: 'en', form: 'textOnly' }
    const submission = (await app.admin.post(path, video, { 'idempotency-key': `video-${id}` })).json()
    const reviewed = await app.admin.post(
      `${path}/${submission.id}/reviews`,
      { decision: 'requestChanges', reasons: [`Please ask ${marker} to shorten it.`] },
      { 'idempotency-key': `review-${id}` },
    )
    t.equal(reviewed.statusCode, 200)
    return { id, submission, ...(await planned(app)) }
  }

  await t.test('that is withdrawn at this moment leaves no word of why, and no kept answer', async (t) => {
    const { id, submission, erase } = await begin()
    const letGo = await holding(app, 'select from video_submission where id = $1 for update', [submission.id])
    const reason = `${marker} is in danger.`
    const key = { 'idempotency-key': `withdrawal-${id}` }
    const withdrawn = app.admin.post(`${path}/${submission.id}/withdrawal`, { reason }, key)
    await lockWaiters(app, 1)
    const erased = erase()
    await lockWaiters(app, 2)
    await letGo()
    t.equal((await withdrawn).statusCode, 200)
    t.equal((await erased).statusCode, 200)
    t.same(await traces(app), [])
    t.same(await app.db.selectFrom('idempotency_key').select('status').where('status', '<', 300).execute(), [])
  })

  await t.test('that is begun at this moment finds nobody', async (t) => {
    const { id } = await aSpeaker(app, 'zoe', { ...released, email })
    const { erase } = await planned(app)
    const letGo = await holding(app, lockApplication, [id])
    const erased = erase()
    await lockWaiters(app, 1)
    const begun = app.admin.post(path, { applicationId: id, language: 'en', form: 'textOnly' })
    await lockWaiters(app, 2)
    await letGo()
    t.equal((await erased).statusCode, 200)
    t.equal((await begun).json().code, 'application_not_found')
  })
})
