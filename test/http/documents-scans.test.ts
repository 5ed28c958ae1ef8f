import { sql } from 'kysely'
import t from 'tap'
import { scanTasks } from '../../src/documents/scans.ts'
import { listTicks } from '../../src/jobs/list.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { eicar, startClamd } from '../support/clamd.ts'
import { runJobs } from '../support/jobs.ts'
import { formOf } from '../support/multipart.ts'
import { aTellingPdf } from '../support/pdf.ts'
import { aSpeaker } from '../support/speakers.ts'
import { unzip } from '../support/unzip.ts'
import { mediaFile, receiveAndCheck } from '../support/video-files.ts'
import { aVideo, released } from '../support/videos.ts'

const clean = Buffer.from('%PDF-1.4\n%%EOF\n')
const infected = Buffer.from(`%PDF-1.4\n${eicar}\n%%EOF\n`)

async function add(app: TestApp, id: string, content: Buffer, kind = 'uprSubmission') {
  const { payload, headers } = formOf([
    { name: 'kind', content: kind },
    { name: 'file', fileName: 'Zoe Machel.pdf', content },
  ])
  const added = await app.admin.post(`/v1/applications/${id}/documents`, payload, headers)
  if (added.statusCode !== 201) throw new Error(added.body)
  return added.json() as { id: string; scan: unknown }
}

const listed = async (as: TestApp['admin'], id: string, docId: string) =>
  (await as.get(`/v1/applications/${id}/documents`)).json().data.find((one: { id: string }) => one.id === docId)

/** The tick that finds what is to be scanned, as the worker would run it. */
const backlog = async ({ deps }: TestApp) => {
  for (const tick of listTicks(deps)) if (tick.name === 'malware-backlog') await tick.run()
}
const jobs = async ({ db }: TestApp) =>
  (
    await sql<{
      key: string
    }>`select key from graphile_worker._private_jobs where key is not null order by key`.execute(db)
  ).rows.map(({ key }) => key)
const forget = ({ db }: TestApp) => sql`delete from graphile_worker._private_jobs`.execute(db)
const scanner = (port: number) => ({ env: { CLAMD_URL: `tcp://127.0.0.1:${port}` } })

t.test('every document is scanned, and nobody is given one that is infected', async (t) => {
  const clamd = await startClamd()
  t.teardown(() => clamd.close())
  const app = await testApp(t, scanner(clamd.port))
  const { admin } = app
  const { id, own: person } = await aSpeaker(app, 'zoe', released)
  for (const kind of ['uprSubmission', 'other', 'statement']) {
    const good = await add(app, id, clean, kind)
    t.equal(good.scan, null)
    const bad = await add(app, id, infected, kind)
    await runJobs(app.deps)
    for (const caller of [admin, person]) {
      t.match(await listed(caller, id, good.id), { scan: { status: 'clean', reason: null } }, kind)
      t.match(await listed(caller, id, bad.id), { scan: { status: 'infected', reason: 'Eicar-Test-Signature' } }, kind)
      t.equal((await caller.get(`/v1/applications/${id}/documents/${good.id}`)).statusCode, 200)
      const refused = await caller.get(`/v1/applications/${id}/documents/${bad.id}`)
      t.equal(refused.statusCode, 409)
      t.equal(refused.json().code, 'document_infected')
    }
  }
  const history = (await admin.get(`/v1/applications/${id}/history`)).json().data
  t.equal(history.filter((one: { action: string }) => one.action === 'application.documentInfected').length, 3)

  await t.test('nor a video, when they export what is kept about them', async (t) => {
    const submission = (await admin.post('/v1/video-submissions', aVideo(id))).json().id
    await receiveAndCheck(app, submission, mediaFile('right.mp4'))
    await app.db
      .updateTable('video_version')
      .set({ scan: JSON.stringify({ status: 'infected', reason: 'Some.Thing' }) })
      .execute()
    const { id: personId } = (await admin.post('/v1/people', { emails: ['zoe@ligue.example'] })).json()
    const answer = await admin.get(`/v1/people/${personId}/export`)
    t.equal(answer.statusCode, 200)
    const files = await unzip(answer.rawPayload)
    for (const [name, content] of files) t.notOk(content.includes(eicar), name)
    const names = [...files.keys()]
    t.equal(names.filter((name) => /files\/\d+-Zoe/.test(name)).length, 3)
    t.equal(names.filter((name) => /files\/video/.test(name)).length, 0)
    const leftOut = names.find((name) => name.endsWith('filesLeftOut.json')) as string
    t.equal(JSON.parse(String(files.get(leftOut))).length, 4)
  })
})

t.test('while the scanner is away', async (t) => {
  const gone = await startClamd()
  await gone.close()
  const app = await testApp(t, scanner(gone.port))
  const { admin, anyone, deps, db } = app
  const { id, own: person } = await aSpeaker(app, 'zoe', { ...released, consents: ['publishStatement'] })
  const at = (docId: string) => `/v1/applications/${id}/documents/${docId}`
  const upr = await add(app, id, clean)
  const statement = await add(app, id, await aTellingPdf(), 'statement')
  const { key } = (
    await admin.post('/v1/api-keys', { name: 'x', role: 'integration', scopes: ['applications:read'] })
  ).json()
  const integration = app.as({ authorization: `Bearer ${key}` })

  await t.test('the secretariat and the person get the file as an attachment, software does not', async (t) => {
    for (const caller of [admin, person]) {
      const got = await caller.get(at(upr.id))
      t.equal(got.statusCode, 200)
      t.match(got.headers['content-disposition'], /^attachment/)
    }
    const refused = await integration.get(at(upr.id))
    t.equal(refused.json().code, 'document_not_scanned')
  })

  await t.test('it is asked again, with what it says in the view', async (t) => {
    const scan = () => scanTasks(deps)['document-scan']?.({ documentId: upr.id }) as Promise<void>
    await t.rejects(scan(), /does not answer/)
    t.match(await listed(person, id, upr.id), { scan: { status: 'notScanned', reason: 'scannerUnavailable' } })
  })

  await t.test('an accepted statement is shown to nobody else before it was scanned', async (t) => {
    await forget(app)
    const { copyTasks } = await import('../../src/documents/copies.ts')
    await copyTasks(deps)['document-copy']?.({ documentId: statement.id })
    t.same(await jobs(app), [`document-scan-${statement.id}`])
    t.match((await admin.post(`${at(statement.id)}/reviews`, { decision: 'accept' })).json(), { hasCopy: true })
    t.equal((await anyone.get(at(statement.id))).statusCode, 404)
  })

  await t.test('what was found then takes the copy away', async (t) => {
    const row = await db.selectFrom('document').selectAll().where('id', '=', statement.id).executeTakeFirstOrThrow()
    t.equal(await deps.storage.has(row.copy_sha256 as string), true)
    const back = await startClamd({ port: gone.port, answer: () => 'stream: Some.Thing FOUND' })
    t.teardown(() => back.close())
    await runJobs(deps)
    t.match(await listed(admin, id, statement.id), { hasCopy: false, scan: { status: 'infected' } })
    t.equal((await anyone.get(at(statement.id))).statusCode, 404)
    t.equal((await admin.get(at(statement.id))).json().code, 'document_infected')
    t.equal(await deps.storage.has(row.copy_sha256 as string), false)
  })
})

t.test('what came before there was a scanner is scanned once there is one', async (t) => {
  const before = await testApp(t)
  const { id, own: person } = await aSpeaker(before, 'zoe', released)
  const document = await add(before, id, clean)
  const submission = (await person.post('/v1/video-submissions', aVideo(id))).json().id
  const versionId = await receiveAndCheck(before, submission, mediaFile('right.mp4'))
  await runJobs(before.deps)
  t.match(await listed(person, id, document.id), { scan: { status: 'notScanned', reason: 'notConfigured' } })
  await backlog(before)
  t.same(await jobs(before), [], 'not as long as there is none')

  const clamd = await startClamd()
  t.teardown(() => clamd.close())
  const after = await testApp(t, { ...scanner(clamd.port), url: before.url })
  const deps = { ...after.deps, storage: before.deps.storage }
  await backlog(after)
  await backlog(after)
  t.same(await jobs(after), [`document-scan-${document.id}`, `video-scan-${versionId}`])
  await runJobs(deps)
  t.match(await listed(person, id, document.id), { scan: { status: 'clean' } })
  t.match((await person.get(`/v1/video-submissions/${submission}`)).json().version.scan, { status: 'clean' })
  await backlog(after)
  t.same(await jobs(after), [])

  await t.test('and a job that was given up is not made again while it is known', async (t) => {
    await after.db.updateTable('document').set({ scan: null }).execute()
    await backlog(after)
    await sql`update graphile_worker._private_jobs set attempts = max_attempts`.execute(after.db)
    await backlog(after)
    const { rows } = await sql`select attempts from graphile_worker._private_jobs where attempts = 0`.execute(after.db)
    t.same(rows, [])
  })
})
