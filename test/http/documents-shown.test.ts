import t from 'tap'
import { copyTasks } from '../../src/documents/copies.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { runJobs } from '../support/jobs.ts'
import { formOf } from '../support/multipart.ts'
import { aTellingPdf } from '../support/pdf.ts'
import { aSpeaker } from '../support/speakers.ts'
import { aMission, aSession, released } from '../support/videos.ts'

const post = (app: TestApp, id: string, content: Buffer, kind: string) => {
  const { payload, headers } = formOf([
    { name: 'kind', content: kind },
    { name: 'file', fileName: 'Zoe Machel.pdf', content },
  ])
  return app.admin.post(`/v1/applications/${id}/documents`, payload, headers)
}

async function add(app: TestApp, id: string, content: Buffer, kind = 'statement') {
  const added = await post(app, id, content, kind)
  if (added.statusCode !== 201) throw new Error(added.body)
  await runJobs(app.deps)
  return added.json() as { id: string }
}

t.test('a statement is shown once it is accepted, released and consented to', async (t) => {
  const app = await testApp(t)
  const { admin, anyone, clock } = app
  const original = await aTellingPdf()
  const { id, own: person } = await aSpeaker(app, 'zoe', {
    ...released,
    releaseAt: '2021-02-15T09:00:00Z',
    consents: ['publishStatement'],
  })
  const { id: docId } = await add(app, id, original)
  const { id: upr } = await add(app, id, original, 'uprSubmission')
  const list = `/v1/applications/${id}/documents`
  const at = `${list}/${docId}`

  await t.test('it is reviewed, with reasons where the speaker needs them', async (t) => {
    t.match((await admin.get(list)).json().data, [
      { id: docId, kind: 'statement', hasCopy: true, review: { status: 'needsReview', reasons: [] } },
      { id: upr, kind: 'uprSubmission' },
    ])
    const before = (await person.get(list)).json()
    const review = (body: object, doc = docId) => admin.post(`${list}/${doc}/reviews`, body)
    t.match((await review({ decision: 'requestChanges' })).json().errors, [{ pointer: '/reasons' }])
    t.match((await review({ decision: 'requestChanges', reasons: ['Too long.'] })).json(), {
      review: { status: 'changesRequested', reasons: ['Too long.'] },
    })
    t.same((await person.get(list)).json(), before, 'the person is told nothing of it yet')
    t.equal(before.data[0].review, undefined)
    t.equal((await review({ decision: 'accept' }, upr)).json().code, 'nothing_to_review')
    t.match((await review({ decision: 'accept' })).json(), { review: { status: 'accepted' } })
    t.equal((await person.post(`${at}/reviews`, { decision: 'accept' })).statusCode, 403)
    t.same((await person.get(list)).json(), before)
  })

  await t.test('before the release nobody outside gets it', async (t) => {
    for (const caller of [anyone, await aMission(app, 'CHE'), await aMission(app, 'BEL')]) {
      t.equal((await caller.get(at)).statusCode, 404)
      t.equal((await caller.get(list)).statusCode, 404)
    }
  })

  await t.test('then the copy without metadata, and nothing else', async (t) => {
    clock.set('2021-02-15T09:00:00Z')
    const shown = await anyone.get(at)
    t.equal(shown.statusCode, 200)
    t.equal(shown.headers['content-type'], 'application/pdf')
    t.match(shown.headers['content-disposition'], /statement\.pdf$/)
    t.notMatch(shown.rawPayload.toString('latin1'), /canary|machel/i)
    const { data } = (await anyone.get(list)).json()
    t.same(data, [{ id: docId, kind: 'statement', mediaType: 'application/pdf', sizeBytes: shown.rawPayload.length }])
    t.equal((await anyone.get(`${list}/${upr}`)).statusCode, 404)
    t.ok((await admin.get(at)).rawPayload.equals(original))
    const told = (await (await aSession(app)).get(list)).json().data
    t.match(told, [{ review: { status: 'accepted' } }, {}], 'the person too is told of the review')
  })

  await t.test('as long as the speaker consents', async (t) => {
    const consent = (consents: string[]) =>
      admin.put(`/v1/applications/${id}/consents`, { consents }, { 'if-match': '*' })
    await consent(['shareWithMissions'])
    t.equal((await anyone.get(at)).statusCode, 404)
    t.equal((await (await aMission(app, 'BEL')).get(at)).statusCode, 404)
    t.equal((await (await aMission(app, 'CHE')).get(at)).statusCode, 200)
    await consent([])
    t.equal((await (await aMission(app, 'CHE')).get(at)).statusCode, 404)
  })
})

t.test('what has no copy is not accepted', async (t) => {
  const app = await testApp(t)
  const { id } = await aSpeaker(app, 'zoe', released)
  const rtf = Buffer.from('{\\rtf1\\ansi Our statement}')
  const { id: docId } = await add(app, id, rtf, 'factSheet')
  const refused = await app.admin.post(`/v1/applications/${id}/documents/${docId}/reviews`, { decision: 'accept' })
  t.match(refused.json(), { code: 'no_copy', detail: /PDF/ })
})

t.test('a copy that is made while its document is erased goes too', async (t) => {
  const app = await testApp(t)
  const { deps, db } = app
  const { id } = await aSpeaker(app, 'zoe', released)
  const { id: documentId } = (await post(app, id, await aTellingPdf(), 'statement')).json()
  const copies: string[] = []
  const put: typeof deps.storage.put = async (...given) => {
    const stored = await deps.storage.put(...given)
    copies.push(stored.sha256)
    await db.deleteFrom('document').where('id', '=', documentId).execute()
    return stored
  }
  await copyTasks({ ...deps, storage: { ...deps.storage, put } })['document-copy']?.({ documentId })
  await runJobs(deps)
  t.equal(copies.length, 1)
  t.equal(await deps.storage.has(copies[0] as string), false)
})

t.test('nobody gets one in which the scan found something', async (t) => {
  const app = await testApp(t)
  const { id, own: person } = await aSpeaker(app, 'zoe', released)
  const { id: docId } = await add(app, id, await aTellingPdf())
  const scan = JSON.stringify({ status: 'infected', reason: 'Some.Thing' })
  await app.db.updateTable('document').set({ scan }).where('id', '=', docId).execute()
  for (const caller of [person, app.admin]) {
    const refused = await caller.get(`/v1/applications/${id}/documents/${docId}`)
    t.equal(refused.json().code, 'document_infected')
  }
  t.equal((await app.anyone.get(`/v1/applications/${id}/documents/${docId}`)).statusCode, 404)
})
