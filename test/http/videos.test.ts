import t from 'tap'
import { testApp } from '../support/app.ts'
import { anApplicant } from '../support/links.ts'
import { aSpeaker } from '../support/speakers.ts'
import { mediaFile, receive } from '../support/video-files.ts'
import { aMission, aSession, aVideo, released } from '../support/videos.ts'

const path = '/v1/video-submissions'
const nobody = '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'

t.test('a selected speaker begins a video', async (t) => {
  const app = await testApp(t)
  const { admin, anyone, clock } = app
  const { id, own: person } = await aSpeaker(app, 'zoe', { ...released, releaseAt: '2021-02-15T09:00:00Z' })

  await t.test('not before the selection is told, and whoever was not selected gets the same answer', async (t) => {
    const other = await anApplicant(app, 'ana@autre.example')
    await admin.post(`/v1/applications/${other.id}/submission`)
    const ana = await aSession(app, { email: 'ana@autre.example' })
    const [selected, undecided] = [await person.post(path, aVideo(id)), await ana.post(path, aVideo(other.id))].map(
      (response) => ({ ...response.json(), requestId: '' }),
    )
    t.match(selected, { status: 409, code: 'nothing_to_hand_in' })
    t.same(selected, undecided)
    t.equal((await ana.post(path, aVideo(id))).json().code, 'application_not_found')
    t.equal((await ana.post(path, aVideo(nobody))).json().code, 'application_not_found')
  })

  await t.test('and what the secretariat begins for it does not tell either', async (t) => {
    const begun = (await admin.post(path, aVideo(id))).json()
    for (const who of [person, anyone, await aMission(app, 'CHE')]) {
      t.equal((await who.get(`${path}/${begun.id}`)).statusCode, 404)
      t.same((await who.get(path)).json().data, [])
    }
    t.equal((await person.get(`${path}/${begun.id}/versions`)).statusCode, 404)
    t.equal((await admin.delete(`${path}/${begun.id}`)).statusCode, 204)
    t.equal((await admin.get(`${path}/${begun.id}`)).statusCode, 404)
  })

  clock.set('2021-02-15T09:00:00Z')
  // A session lives an hour.
  const speaker = await aSession(app)

  await t.test('what is asked must fit the round', async (t) => {
    const refused = async (change: object) =>
      (await speaker.post(path, { ...aVideo(id), ...change })).json().errors?.[0]
    t.match(await refused({ sizeBytes: 2 ** 31 + 1 }), { pointer: '/sizeBytes', code: 'too_large' })
    t.match(await refused({ sizeBytes: 0 }), { pointer: '/sizeBytes' })
    t.match(await refused({ language: 'ru' }), { pointer: '/language', code: 'not_an_allowed_value' })
    t.match(await refused({ fileName: undefined }), { pointer: '/fileName', code: 'required' })
    t.match(await refused({ sha256: 'abc' }), { pointer: '/sha256' })
    t.match(await refused({ form: 'textOnly' }), { pointer: '/form', code: 'no_file' })
  })

  await t.test('from then on, once', async (t) => {
    const begun = await speaker.post(path, aVideo(id))
    t.equal(begun.statusCode, 201, begun.body)
    t.match(begun.json(), {
      applicationId: id,
      preSession: 38,
      country: 'BEL',
      status: 'awaitingUpload',
      form: 'speakerOnVideo',
      version: null,
      upload: { state: 'open', sizeBytes: 1000, receivedBytes: 0, expiresAt: /^2021-03-01T09:00:00/ },
    })
    t.match(begun.json().upload.url, /\/v1\/uploads\/[\w-]{32}$/)
    t.equal(begun.json().createdBy, undefined)
    t.equal(begun.headers.location, `${path}/${begun.json().id}`)
    t.equal((await speaker.post(path, aVideo(id))).json().code, 'video_submission_exists')
    t.match((await speaker.get(path)).json(), { data: [{ id: begun.json().id }], nextCursor: null })
    t.match((await admin.get(`${path}?preSession=38&country=bel&application=${id}&status=awaitingUpload`)).json(), {
      data: [{ id: begun.json().id, createdBy: String }],
    })
    t.same((await admin.get(`${path}?country=DNK`)).json().data, [])
  })

  await t.test('another upload takes the place of one that was not finished', async (t) => {
    const [before] = (await speaker.get(path)).json().data
    const next = await speaker.post(`${path}/${before.id}/versions`, { fileName: '../b\u202e.mp4', sizeBytes: 5 })
    t.equal(next.statusCode, 201, next.body)
    t.not(next.json().upload.url, before.upload.url)
    t.match(next.json(), { status: 'awaitingUpload', upload: { sizeBytes: 5 } })
  })

  await t.test('a withdrawn one leaves nothing but that it was, and room for another', async (t) => {
    const [{ id: submission }] = (await speaker.get(path)).json().data
    const withdrawn = await speaker.post(`${path}/${submission}/withdrawal`)
    t.match(withdrawn.json(), { status: 'withdrawn', upload: null, version: null })
    t.equal((await speaker.post(`${path}/${submission}/withdrawal`, {})).json().code, 'video_closed')
    t.equal(
      (await speaker.post(`${path}/${submission}/versions`, { fileName: 'x', sizeBytes: 1 })).json().code,
      'video_closed',
    )
    t.equal((await speaker.post(path, aVideo(id))).statusCode, 201)
  })

  await t.test('nobody else touches it', async (t) => {
    const [{ id: submission }] = (await speaker.get(path)).json().data
    const ana = await aSession(app, { email: 'ana@autre.example' })
    for (const response of [
      await ana.get(`${path}/${submission}`),
      await ana.delete(`${path}/${submission}`),
      await ana.post(`${path}/${submission}/withdrawal`),
      await ana.post(`${path}/${submission}/versions`, { fileName: 'x', sizeBytes: 1 }),
      await ana.get(`${path}/${submission}/versions`),
    ])
      t.match(response.json(), { status: 404, code: 'video_submission_not_found' })
    t.equal((await speaker.post(`${path}/${submission}/reviews`, { decision: 'accept' })).statusCode, 403)
  })

  await t.test('of text alone nothing is uploaded, and the written statement is what is reviewed', async (t) => {
    const [{ id: submission }] = (await speaker.get(path)).json().data
    t.equal((await speaker.delete(`${path}/${submission}`)).statusCode, 204)
    const text = await speaker.post(path, { applicationId: id, language: 'en', form: 'textOnly' })
    t.match(text.json(), { status: 'needsReview', upload: null })
    const review = (decision: string) => admin.post(`${path}/${text.json().id}/reviews`, { decision })
    t.equal((await review('accept')).json().code, 'statement_missing')
    t.match((await review('reject')).json().errors, [{ pointer: '/reasons', code: 'required' }])
  })
})

t.test('a round takes so many versions of one video and no more', async (t) => {
  const app = await testApp(t)
  const { admin } = app
  t.equal((await admin.get('/v1/pre-sessions/38')).json().settings.video.maxVersions, 20)
  const limit = async (maxVersions: number) => {
    const etag = (await admin.get('/v1/pre-sessions/38')).headers.etag as string
    const headers = { 'if-match': etag, 'content-type': 'application/merge-patch+json' }
    const changed = await admin.patch('/v1/pre-sessions/38', { settings: { video: { maxVersions } } }, headers)
    t.equal(changed.statusCode, 200, changed.body)
  }
  await limit(2)
  const { id: applicationId, own: person } = await aSpeaker(app, 'zoe', released)
  const { id } = (await person.post(path, aVideo(applicationId))).json()
  const another = (as: typeof admin = person) => as.post(`${path}/${id}/versions`, { fileName: 'b.mp4', sizeBytes: 10 })
  await receive(app, id, mediaFile('right.mp4'))
  for (const time of [1, 2]) t.equal((await another()).statusCode, 201, `an upload that came to nothing: ${time}`)
  await receive(app, id, mediaFile('right.mp4'))
  for (const as of [person, admin]) {
    const refused = await another(as)
    t.equal(refused.statusCode, 409)
    t.match(refused.json(), { code: 'too_many_video_versions', detail: /2 versions/ })
  }
  await limit(3)
  t.equal((await another()).statusCode, 201)
  await person.post(`${path}/${id}/withdrawal`)
  t.equal((await person.post(path, aVideo(applicationId))).statusCode, 201, 'withdrawn, it begins anew')
})
