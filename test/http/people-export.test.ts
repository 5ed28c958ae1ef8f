import t from 'tap'
import { archiveOf } from '../../src/people/archive.ts'
import { adminKey, type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { anApplicant, aToken } from '../support/links.ts'
import { unzip } from '../support/unzip.ts'

const zoe = 'zoe@ligue.example'

async function sessionOf(app: TestApp, request: Record<string, unknown> = {}) {
  const token = await aToken(app, request)
  const { token: bearer } = (await app.anyone.post('/v1/sessions', { token })).json()
  return app.as({ authorization: `Bearer ${bearer}` })
}

const open = async ({ admin }: TestApp, ...emails: string[]) => (await admin.post('/v1/people', { emails })).json()

async function exported(by: { get: TestApp['admin']['get'] }, id: string) {
  const answer = await by.get(`/v1/people/${id}/export`)
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return { answer, files: await unzip(answer.rawPayload) }
}

const jsonIn = (files: Map<string, string>, name: RegExp) =>
  JSON.parse([...files].find(([path]) => name.test(path))?.[1] ?? 'null')

t.test('an archive with a page to read, the data by class, and nothing that is kept nowhere', async (t) => {
  const app = await testApp(t)
  await anApplicant(app, zoe)
  await sessionOf(app)
  const person = await open(app, zoe)
  const { answer, files } = await exported(app.admin, person.id)
  t.match(answer.headers, {
    'content-type': 'application/zip',
    'content-disposition': `attachment; filename="person-${person.id}.zip"`,
    'cache-control': 'private, no-store',
  })
  t.match(files.get('index.html'), /<h1>What we keep about you<\/h1>[\s\S]*Ligue des droits[\s\S]*Zoë Machel/)
  t.match(jsonIn(files, /application\.json$/), { preSession: 38, country: 'BEL', speaker: { email: zoe } })
  t.match(jsonIn(files, /versions\.json$/), [{ n: 1, content: { speaker: { lastName: 'Machel' } } }])
  t.match(jsonIn(files, /history\.json$/), [{ action: 'application.created', by: 'staff' }])
  t.match(jsonIn(files, /sessions\.json$/), [{ role: 'applicant', email: zoe }])
  t.match(jsonIn(files, /mails\.json$/), [{ toAddress: zoe, text: /#access-token=…/ }])
  const whole = [...files.values()].join()
  t.notMatch(whole, /lnk_|tokenHash|admin-key/, 'no secret, no name of staff')
  const preview = (await app.admin.post(`/v1/people/${person.id}/export`)).json()
  t.same(preview.files, [...files.keys()])
  t.match(preview.counts, { applications: 1, versions: 1, sessions: 1, mails: 1 })
  const log = (await app.admin.get(`/v1/audit-log?subject=${person.id}`)).json().data
  t.match(log.map(({ action }: { action: string }) => action).sort(), [
    'exportPerson',
    'openPerson',
    'previewPersonExport',
  ])
})

t.test(
  'what is told after the release is in it after the release, and never that a speaker was prevented',
  async (t) => {
    const app = await testApp(t)
    const { admin } = app
    const { id } = await anApplicant(app, zoe)
    await admin.post(`/v1/applications/${id}/submission`)
    for (const decision of ['reserve', 'selected'])
      await admin.post(`/v1/applications/${id}/decisions`, { decision, reason: `Because of ${decision}.` })
    const person = await open(app, zoe)
    const before = (await exported(admin, person.id)).files
    t.notMatch([...before.values()].join(), /selected|reserve|Because/)
    await admin.post('/v1/pre-sessions/38/countries/BEL/release', { at: '2020-12-15T10:00:00Z' }, { 'if-match': '*' })
    const after = (await exported(admin, person.id)).files
    t.match(jsonIn(after, /application\.json$/), { decision: 'selected' })
    t.match(
      jsonIn(after, /history\.json$/).filter(({ action }: { action: string }) => action === 'application.decided'),
      [{ by: 'staff', reason: 'Because of selected.' }],
    )
    t.notMatch([...after.values()].join(), /reserve/, "the way there is nobody's")
    await admin.post(`/v1/applications/${id}/transitions`, { to: 'prevented', reason: 'Passport taken.' })
    t.notMatch([...(await exported(admin, person.id)).files.values()].join(), /prevented|Passport/)
  },
)

t.test('an applicant exports itself, from its session, for its round', async (t) => {
  const app = await testApp(t)
  await anApplicant(app, zoe)
  await anApplicant(app, 'ann@ligue.example', 'DNK')
  const own = await sessionOf(app)
  const other = await sessionOf(app, { email: 'ann@ligue.example' })
  const person = (await own.post('/v1/people')).json()
  t.same(person.emails, [zoe])
  t.equal((await own.post('/v1/people', { emails: ['ann@ligue.example'] })).statusCode, 404)
  t.equal((await app.inject({ method: 'GET', url: `/v1/people/${person.id}/export` })).statusCode, 401)
  const absent = (await other.get('/v1/people/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10/export')).json()
  for (const path of ['', '/export']) {
    const refused = await other.get(`/v1/people/${person.id}${path}`)
    t.equal(refused.statusCode, 404)
    t.match(refused.json(), { code: absent.code, title: absent.title })
  }
  t.equal((await own.post(`/v1/people/${person.id}/erasure`, { reason: 'x' })).statusCode, 403)
  const { files } = await exported(own, person.id)
  t.match(jsonIn(files, /application\.json$/), { country: 'BEL' })
  t.notMatch([...files.values()].join(), /ann@ligue/)
  // Two addresses of one person: a session is for one of them.
  await open(app, zoe, 'ann@ligue.example')
})

t.test('what a session is not for is not in its export', async (t) => {
  const app = await testApp(t)
  await anApplicant(app, zoe)
  await app.admin.post('/v1/mission-delegates', { state: 'CHE', email: zoe })
  await sessionOf(app, { purpose: 'mission' })
  const own = await sessionOf(app)
  const person = (await own.post('/v1/people')).json()
  const { files } = await exported(own, person.id)
  t.notMatch([...files.values()].join(), /CHE|"mission"/)
  t.match(jsonIn((await exported(app.admin, person.id)).files, /missionDelegates\.json$/), [
    { state: 'CHE', registeredBy: 'staff' },
  ])
})

t.test("a colleague who shares the organisation's address is not in it, and not erased with it", async (t) => {
  const app = await testApp(t)
  const { admin } = app
  const mine = await anApplicant(app, zoe)
  const theirs = await anApplicant(app, 'ann@ligue.example', 'DNK')
  const shared = await open(app, 'contact@ligue.example', zoe)
  const { files } = await exported(admin, shared.id)
  t.match(jsonIn(files, /mentions\.json$/), [{ id: theirs.id, role: 'contact' }])
  t.notMatch([...files.values()].join(), /ann@ligue/)
  const path = `/v1/people/${shared.id}/erasure`
  const plan = (await admin.post(path, { reason: 'Asked for.', dryRun: true })).json()
  t.match(plan.applications, [
    { id: mine.id, role: 'speaker', erased: true },
    { id: theirs.id, role: 'contact', erased: false },
  ])
  const before = (await admin.get(`/v1/applications/${theirs.id}`)).json()
  const all = { reason: 'Asked for.', applicationIds: [mine.id, theirs.id] }
  const wider = (await admin.post(path, { ...all, dryRun: true })).json()
  t.equal(wider.counts.applications, 2)
  t.equal((await admin.post(path, { ...all, confirmation: plan.confirmation })).json().code, 'erasure_changed')
  t.equal((await admin.post(path, { reason: 'Asked for.', confirmation: plan.confirmation })).statusCode, 200)
  t.same((await admin.get(`/v1/applications/${theirs.id}`)).json(), { ...before, linkedApplications: [] })
  t.equal((await admin.get(`/v1/applications/${mine.id}`)).statusCode, 404)
})

t.test('refusals', async (t) => {
  const app = await testApp(t)
  const { admin } = app
  await anApplicant(app, zoe)
  await anApplicant(app, 'ann@ligue.example', 'DNK')
  const { id } = await open(app, zoe)
  await open(app, 'ann@ligue.example')
  t.equal((await admin.post('/v1/people', { emails: ['nobody@else.example'] })).json().code, 'person_not_found')
  t.equal((await admin.post('/v1/people', {})).json().errors[0].pointer, '/emails')
  t.equal((await admin.post('/v1/people', { emails: [zoe, 'ann@ligue.example'] })).json().code, 'people_differ')
  const path = `/v1/people/${id}/erasure`
  t.match((await admin.post(path, { reason: 'Asked for.' })).json().errors, [{ pointer: '/confirmation' }])
  for (const reason of ['Zoë asked.', 'asked by ZOE@LIGUE.EXAMPLE', 'Mr Machel called'])
    t.match((await admin.post(path, { reason, dryRun: true })).json().errors, [
      { pointer: '/reason', code: 'names_a_person' },
    ])
  t.match((await admin.post(path, { reason: 'x', dryRun: true, applicationIds: [id] })).json().errors, [
    { pointer: '/applicationIds/0' },
  ])
  t.equal(
    (await admin.post('/v1/people/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10/erasure', { reason: 'x' })).statusCode,
    404,
  )
  const key = (await admin.post('/v1/api-keys', { name: 'limited', role: 'admin', preSessions: [38] })).json()
  const limited = app.as({ authorization: `Bearer ${key.key}` })
  for (const path of ['', '/export'])
    t.equal((await limited.get(`/v1/people/${id}${path}`)).statusCode, 403, 'a limited key is none for a whole person')
  t.equal((await app.as({ authorization: `Bearer ${adminKey}` }).get(`/v1/people/${id}`)).statusCode, 200)
})

t.test('hostile names stay text, and inside their folder', async (t) => {
  const app = await testApp(t)
  const application = aCompleteApplication()
  const speaker = { ...application.speaker, firstName: '<script>alert(1)</script>', email: zoe }
  const { id } = (await app.admin.post('/v1/applications', { ...application, speaker })).json()
  const pdf = '%PDF-1.4\n%%EOF\n'
  const content = `--b\r\nContent-Disposition: form-data; name="file"; filename="..\\..\\a\u202efdp.pdf"\r\n\r\n${pdf}\r\n--b--\r\n`
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  t.equal((await app.admin.post(`/v1/applications/${id}/documents`, Buffer.from(content), headers)).statusCode, 201)
  const { files } = await exported(app.admin, (await open(app, zoe)).id)
  t.notMatch(files.get('index.html'), /<script/)
  t.same(
    [...files.keys()].filter((path) => /\.\.|\\|\u202e/.test(path)),
    [],
  )
  t.equal([...files].find(([path]) => /\/files\//.test(path))?.[1], pdf)
})

t.test('a reader who goes away leaves no file open', async (t) => {
  const closed = Promise.withResolvers<void>()
  const { Readable } = await import('node:stream')
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(65_536))
    },
    destroy(error, done) {
      closed.resolve()
      done(error)
    },
  })
  const made = {
    personId: 'x',
    addresses: [],
    madeAt: '2021-01-01T00:00:00Z',
    preSessions: undefined,
    mentions: [],
    submissions: [],
    records: [],
    applications: [{ folder: 'a', view: {}, parts: {}, files: [{ key: 'k', name: 'n', sizeBytes: 1 }] }],
  }
  const archive = archiveOf({ storage: { read: async () => ({ stream: endless, sizeBytes: 1 }) } as never }, made)
  let bytes = 0
  for await (const chunk of archive) {
    bytes += chunk.length
    if (bytes > 500_000) break
  }
  await closed.promise
  t.pass('closed')
})
