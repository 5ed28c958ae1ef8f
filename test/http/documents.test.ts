import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { formOf } from '../support/multipart.ts'

const fixtures = new URL('../fixtures/jotform/round38/files/', import.meta.url)
const folder = new URL(`${readdirSync(fixtures)[0]}/`, fixtures)
const pdf = readFileSync(new URL(encodeURIComponent(readdirSync(folder)[0] as string), folder))
const upload = (content: Buffer | string, fileName = 'UPR submission.pdf', kind?: string) =>
  formOf([...(kind === undefined ? [] : [{ name: 'kind', content: kind }]), { name: 'file', fileName, content }])

t.test('an uploaded UPR submission completes an application before the deadline', async (t) => {
  const { admin } = await testApp(t)
  const { uprSubmission: _, ...incomplete } = aCompleteApplication()
  const { id } = (await admin.post('/v1/applications', incomplete)).json()
  t.match((await admin.post(`/v1/applications/${id}/submission`)).json(), { outcome: 'incomplete' })
  const { payload, headers } = upload(pdf, 'Présentation EPU.pdf')
  const added = await admin.post(`/v1/applications/${id}/documents`, payload, headers)
  t.equal(added.statusCode, 201, added.body)
  t.match(added.json(), {
    kind: 'uprSubmission',
    fileName: 'Présentation EPU.pdf',
    mediaType: 'application/pdf',
    sizeBytes: pdf.length,
    status: 'stored',
  })
  const application = (await admin.get(`/v1/applications/${id}`)).json()
  t.match(application, {
    outcome: 'eligible',
    uprSubmission: { documentIds: [added.json().id] },
    documents: [{ id: added.json().id }],
  })

  const content = await admin.get(`/v1/applications/${id}/documents/${added.json().id}`)
  t.equal(content.headers['content-type'], 'application/pdf')
  t.match(content.headers['content-disposition'], /^attachment; filename\*=UTF-8''Pr%C3%A9sentation%20EPU.pdf$/)
  t.same(content.rawPayload, pdf)
})

t.test('after the deadline a document is kept beside the version that counts', async (t) => {
  const { admin, clock } = await testApp(t)
  const { uprSubmission: _, ...incomplete } = aCompleteApplication()
  const { id } = (await admin.post('/v1/applications', incomplete)).json()
  await admin.post(`/v1/applications/${id}/submission`)
  clock.set('2021-01-08T23:00:00Z')
  const { payload, headers } = upload(pdf)
  t.equal((await admin.post(`/v1/applications/${id}/documents`, payload, headers)).statusCode, 201)
  t.match((await admin.get(`/v1/applications/${id}`)).json(), {
    outcome: 'incomplete',
    assessedVersion: 1,
    latestVersion: 2,
  })
})

t.test('what a file is decides its content, not its name', async (t) => {
  const { admin } = await testApp(t)
  const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
  const path = `/v1/applications/${id}/documents`
  for (const [name, content] of [
    ['a login page', '<!doctype html><html><body>Log in</body></html>'],
    [
      'a picture',
      Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
        'base64',
      ),
    ],
    ['plain text', 'Our submission'],
    ['nothing', ''],
    ['a PDF that was cut off', pdf.subarray(0, pdf.length / 2)],
  ] as const) {
    const { payload, headers } = upload(content)
    t.equal((await admin.post(path, payload, headers)).json().code, 'unsupported_document', name)
  }
  t.same((await admin.get(`/v1/applications/${id}`)).json().documents, [], 'nothing refused is kept')
})

t.test('an upload that is none is told so', async (t) => {
  const { admin, anyone } = await testApp(t)
  const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
  const path = `/v1/applications/${id}/documents`
  t.equal((await admin.post(path, { file: 'x' })).statusCode, 415)
  t.equal(
    (await admin.post(path, Buffer.from('garbage'), { 'content-type': 'multipart/form-data; boundary=zz' })).statusCode,
    400,
  )
  t.equal((await admin.post(path, Buffer.from('garbage'), { 'content-type': 'multipart/form-data' })).statusCode, 400)
  const noFile = formOf([{ name: 'kind', content: 'statement' }])
  t.equal((await admin.post(path, noFile.payload, noFile.headers)).json().errors[0].pointer, '/file')
  const wrongKind = upload(pdf, 'x.pdf', 'poem')
  t.equal((await admin.post(path, wrongKind.payload, wrongKind.headers)).json().errors[0].pointer, '/kind')
  const { payload, headers } = upload(pdf)
  t.equal((await anyone.post(path, payload, headers)).statusCode, 401)
  t.equal(
    (await admin.post('/v1/applications/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10/documents', payload, headers)).statusCode,
    404,
  )
  await admin.post(`/v1/applications/${id}/withdrawal`, {})
  t.equal((await admin.post(path, payload, headers)).json().code, 'application_closed')
})

t.test('a name is shown, never followed', async (t) => {
  const { admin } = await testApp(t)
  const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
  const { payload, headers } = upload(pdf, '../../etc/pass\u202ewd.pdf', 'other')
  t.equal((await admin.post(`/v1/applications/${id}/documents`, payload, headers)).json().fileName, 'passwd.pdf')
})
