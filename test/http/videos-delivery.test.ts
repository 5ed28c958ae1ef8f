import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { receiveUpload } from '../../src/video-submissions/uploads.ts'
import { adminKey, type TestApp, testApp } from '../support/app.ts'
import { aSpeaker, type SpeakerOptions } from '../support/speakers.ts'
import { aMission, aSession, asChecked, aVideo, listen, released, sendByTus, uploadAt } from '../support/videos.ts'

const path = '/v1/video-submissions'
const original = randomBytes(5000)
const copy = randomBytes(4000)
const all = ['publishVideo', 'shareWithMissions', 'showNameInProgramme']

async function handIn(app: TestApp, base: string, submission: { id: string; upload: { url: string } | null }) {
  await sendByTus(uploadAt(base, submission), { headers: { authorization: `Bearer ${adminKey}` }, bytes: original })
  const { id } = await app.db
    .selectFrom('video_upload')
    .select('id')
    .where('submission_id', '=', submission.id)
    .where('state', '=', 'complete')
    .executeTakeFirstOrThrow()
  await receiveUpload(app.deps, id)
  await asChecked(app, submission.id, copy)
}

/** A video of a speaker that is accepted; released and consented to as said. */
async function accepted(t: Test, options: SpeakerOptions & { form?: string } = {}) {
  const app = await testApp(t)
  const base = await listen(app)
  const speaker = await aSpeaker(app, 'zoe', { ...released, ...options })
  const body = { ...aVideo(speaker.id, original.length), ...(options.form && { form: options.form }) }
  const submission = (await app.admin.post(path, body)).json()
  await handIn(app, base, submission)
  const review = await app.admin.post(`${path}/${submission.id}/reviews`, { decision: 'accept' })
  t.match(review.json(), { status: 'accepted', version: { state: 'accepted', hasCopy: true } })
  return { app, base, speaker, submission, at: `${path}/${submission.id}` }
}

const addressesOf = async (response: { json(): { content: string } }) =>
  new URL(response.json().content).pathname + new URL(response.json().content).search

t.test('before the release nobody outside gets a byte', async (t) => {
  const { app, speaker, at } = await accepted(t, { consents: all, releaseAt: '2021-02-15T09:00:00Z' })
  const { anyone, admin, clock } = app
  const callers = {
    anyone,
    person: speaker.own,
    'the State under Review': await aMission(app, 'BEL'),
    'another mission': await aMission(app, 'CHE'),
    'another applicant': (await aSpeaker(app, 'ana', { ...released, email: 'ana@autre.example', country: 'DNK' })).own,
  }
  const signed = await addressesOf(await admin.post(`${at}/addresses`))
  const guesses = [
    'x',
    `${'a'.repeat(40)}.${'b'.repeat(32)}`,
    signed.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
  ]
  const never = (await anyone.get(`${path}/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10/content`)).json()
  for (const [name, caller] of Object.entries(callers)) {
    for (const place of [at, `${at}/content`, `${at}/content?part=original`, `${at}/poster`])
      t.equal((await caller.get(place)).statusCode, 404, `${name} ${place}`)
    t.equal((await caller.post(`${at}/addresses`)).statusCode, 404, name)
    t.same((await caller.get(path)).json().data, [], name)
    for (const guess of guesses) {
      const url = guess.startsWith('/') ? guess : `${at}/content?signature=${guess}`
      const refused = await caller.get(url)
      t.same(
        { ...refused.json(), requestId: '', instance: '' },
        { ...never, requestId: '', instance: '' },
        `${name} ${guess}`,
      )
    }
  }
  t.ok((await admin.get(`${at}/content?part=original`)).rawPayload.equals(original))

  await t.test('from then on those whom the speaker consented to', async (t) => {
    clock.set('2021-02-15T09:00:00Z')
    const session = await aSession(app)
    for (const caller of [anyone, await aMission(app, 'CHE'), await aMission(app, 'BEL')]) {
      t.ok((await caller.get(`${at}/content`)).rawPayload.equals(copy))
      t.equal((await caller.get(`${at}/content?part=original`)).statusCode, 404)
      t.equal((await caller.get(`${at}/content?version=1`)).statusCode, 200, 'there is but one for them')
      t.match((await caller.get(at)).json(), { applicationId: speaker.id, durationSeconds: 12.5, captions: [] })
      t.notOk((await caller.get(at)).json().version)
    }
    t.ok((await session.get(`${at}/content?part=original`)).rawPayload.equals(original))
  })
})

t.test('consent decides, and its withdrawal at once', async (t) => {
  const { app, speaker, at } = await accepted(t, { consents: ['shareWithMissions'] })
  const { anyone, admin, clock } = app
  const swiss = await aMission(app, 'CHE')
  const belgian = await aMission(app, 'BEL')
  t.equal((await anyone.get(`${at}/content`)).statusCode, 404)
  t.equal((await belgian.get(`${at}/content`)).statusCode, 404, 'the State under Review sees what the public sees')
  t.equal((await swiss.get(`${at}/content`)).statusCode, 200)
  t.notOk((await swiss.get(at)).json().file_name)

  const addresses = await swiss.post(`${at}/addresses`)
  t.equal(addresses.statusCode, 200)
  const address = await addressesOf(addresses)
  t.ok((await anyone.get(address)).rawPayload.equals(copy))
  t.equal((await anyone.get(`${address}&part=original`)).statusCode, 404, 'it opens nothing else')
  const other = (await aSpeaker(app, 'ana', { ...released, email: 'ana@autre.example', country: 'DNK' })).id
  const elsewhere = (await admin.post(path, aVideo(other))).json().id
  t.equal((await anyone.get(address.replace(at, `${path}/${elsewhere}`))).statusCode, 404)

  await t.test('an address ends', async (t) => {
    const now = clock.now()
    clock.set(new Date(Date.parse(now) + 30 * 60_000).toISOString())
    t.equal((await anyone.get(address)).statusCode, 404)
    clock.set(now)
    t.equal((await anyone.get(address)).statusCode, 200)
  })

  await t.test('and so it does with the consent', async (t) => {
    await speaker.own.put(`/v1/applications/${speaker.id}/consents`, { consents: [] }, { 'if-match': '*' })
    t.equal((await anyone.get(address)).statusCode, 404)
    t.equal((await swiss.get(`${at}/content`)).statusCode, 404)
    t.equal((await swiss.get(at)).statusCode, 404)
    const own = await addressesOf(await speaker.own.post(`${at}/addresses`))
    t.equal((await anyone.get(own)).statusCode, 200, 'the person may still watch it')
    await speaker.own.put(`/v1/applications/${speaker.id}/consents`, { consents: all }, { 'if-match': '*' })
    t.equal((await anyone.get(address)).statusCode, 200)
    await speaker.own.post(`${at}/withdrawal`)
    for (const one of [address, own, `${at}/content`]) t.equal((await anyone.get(one)).statusCode, 404)
    t.equal((await admin.get(`${at}/content`)).statusCode, 404, 'there is nothing left')
  })
})

t.test('an address ends with the credential that asked for it', async (t) => {
  const { app, speaker, at } = await accepted(t, { consents: ['shareWithMissions'] })
  const { admin, anyone, clock, db } = app
  const made = (await admin.post('/v1/api-keys', { name: 'x', role: 'secretariat' })).json()
  const callers = {
    person: speaker.own,
    mission: await aMission(app, 'CHE'),
    secretariat: app.as({ authorization: `Bearer ${made.key}` }),
  }
  const addresses: Record<string, string> = {}
  for (const [name, caller] of Object.entries(callers)) {
    addresses[name] = await addressesOf(await caller.post(`${at}/addresses`))
    t.equal((await anyone.get(addresses[name] as string)).statusCode, 200, name)
  }
  const never = (await anyone.get(`${path}/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10/content`)).json()
  for (const [name, caller] of Object.entries(callers)) {
    if (name === 'secretariat') await admin.post(`/v1/api-keys/${made.id}/revocation`, { reason: 'Lost.' })
    else t.equal((await caller.delete('/v1/sessions/current')).statusCode, 204)
    const refused = await anyone.get(addresses[name] as string)
    t.same({ ...refused.json(), requestId: '', instance: '' }, { ...never, requestId: '', instance: '' }, name)
  }

  await t.test('also where that ends by itself', async (t) => {
    const session = await aSession(app, { email: 'zoe@ligue.example' })
    const soon = new Date(Date.parse(clock.now()) + 60_000).toISOString()
    await db.updateTable('session').set({ expires_at: soon }).where('revoked_at', 'is', null).execute()
    const answer = await session.post(`${at}/addresses`)
    t.equal(Date.parse(answer.json().expiresAt), Date.parse(soon))
    const address = await addressesOf(answer)
    t.equal((await anyone.get(address)).statusCode, 200)
    clock.set(soon)
    t.equal((await anyone.get(address)).statusCode, 404)
  })
})

t.test('an address of what everybody may see needs nobody', async (t) => {
  const { app, at } = await accepted(t, { consents: all })
  const reviewer = (await app.admin.post('/v1/api-keys', { name: 'x', role: 'reviewer' })).json()
  const as = app.as({ authorization: `Bearer ${reviewer.key}` })
  const address = await addressesOf(await as.post(`${at}/addresses`))
  await app.admin.post(`/v1/api-keys/${reviewer.id}/revocation`, { reason: 'Left.' })
  t.equal((await app.anyone.get(address)).statusCode, 200)
})

t.test('who is at risk shows no face', async (t) => {
  const shown = await accepted(t, { consents: all, atRisk: true })
  t.equal((await shown.app.anyone.get(`${shown.at}/content`)).statusCode, 404)
  t.same((await shown.app.anyone.get(path)).json().data, [])
  const heard = await accepted(t, { consents: all, atRisk: true, form: 'voiceOnly' })
  t.equal((await heard.app.anyone.get(`${heard.at}/content`)).statusCode, 200)
  t.equal((await heard.app.anyone.get(path)).json().data.length, 1)
})

t.test('a version that replaces an accepted one is checked again', async (t) => {
  const { app, base, speaker, submission, at } = await accepted(t, { consents: all })
  const { anyone, admin } = app
  const address = await addressesOf(await anyone.post(`${at}/addresses`))
  const next = await speaker.own.post(`${at}/versions`, { fileName: 'b.mp4', sizeBytes: original.length })
  t.match(next.json(), { status: 'accepted' }, 'the old one counts until the new one is here')
  t.equal((await anyone.get(address)).statusCode, 200)
  await handIn(app, base, { id: submission.id, upload: next.json().upload })
  t.match((await admin.get(at)).json(), { status: 'needsReview', version: { number: 2 } })
  t.equal((await anyone.get(address)).statusCode, 404)
  t.equal((await anyone.get(`${at}/content`)).statusCode, 404)
  t.match((await admin.get(`${at}/versions`)).json().data, [
    { number: 2, state: 'needsReview' },
    { number: 1, state: 'superseded' },
  ])
  t.equal((await admin.get(`${at}/content?version=1`)).statusCode, 200)
  t.equal((await admin.get(`${at}/content?version=3`)).statusCode, 404)
  const asked = await admin.post(`${at}/reviews`, { decision: 'requestChanges', reasons: ['Too quiet.'] })
  t.match(asked.json(), { status: 'changesRequested', review: { decision: 'requestChanges', reasons: ['Too quiet.'] } })
  const told = (await speaker.own.get(at)).json()
  t.match(told, { status: 'changesRequested', review: { reasons: ['Too quiet.'], version: 2 } })
  t.equal(told.review.reviewer, undefined)
  t.equal((await admin.post(`${at}/transitions`, { to: 'screened' })).json().code, 'illegal_transition')
  t.match((await admin.post(`${at}/reviews`, { decision: 'accept' })).json(), { status: 'accepted' })
  t.equal((await anyone.get(address)).statusCode, 404, 'it was for the version before')
  t.match((await admin.post(`${at}/transitions`, { to: 'screened' })).json(), { status: 'screened' })
  t.equal((await anyone.get(`${at}/content`)).statusCode, 200)
})

t.test('players read in parts', async (t) => {
  const { app, at } = await accepted(t, { consents: all })
  const { anyone } = app
  const whole = await anyone.get(`${at}/content`)
  const etag = whole.headers.etag as string
  t.match(whole.headers, { 'accept-ranges': 'bytes', 'content-type': 'video/mp4', 'content-length': '4000' })
  t.match(whole.headers['cache-control'], 'no-store')
  t.equal(whole.headers['x-content-type-options'], 'nosniff')
  const cases: [string, number, number | undefined, number | undefined][] = [
    ['bytes=0-99', 206, 0, 99],
    ['bytes=3999-', 206, 3999, 3999],
    ['bytes=-100', 206, 3900, 3999],
    ['bytes=-9999', 206, 0, 3999],
    ['bytes=100-99999', 206, 100, 3999],
    ['bytes=4000-', 416, undefined, undefined],
    ['bytes=-0', 416, undefined, undefined],
    ['bytes=5-2', 200, 0, 3999],
    ['bytes=0-1,5-6', 200, 0, 3999],
    ['lines=0-1', 200, 0, 3999],
    ['bytes=x-y', 200, 0, 3999],
  ]
  for (const [range, status, start, end] of cases) {
    const part = await anyone.get(`${at}/content`, { range })
    t.equal(part.statusCode, status, range)
    if (status === 416) t.equal(part.headers['content-range'], 'bytes */4000')
    else t.ok(part.rawPayload.equals(copy.subarray(start, (end as number) + 1)), range)
    if (status === 206) t.equal(part.headers['content-range'], `bytes ${start}-${end}/4000`)
  }
  t.equal((await anyone.get(`${at}/content`, { 'if-none-match': etag })).statusCode, 304)
  t.equal((await anyone.get(`${at}/content`, { range: 'bytes=0-9', 'if-range': etag })).statusCode, 206)
  t.equal((await anyone.get(`${at}/content`, { range: 'bytes=0-9', 'if-range': '"other"' })).statusCode, 200)
  const head = await app.inject({ method: 'HEAD', url: `${at}/content` })
  t.equal(head.headers['content-length'], '4000')
  t.equal(head.rawPayload.length, 0)
})

t.test('what is late, fails a check or is infected is not accepted just so', async (t) => {
  const { app, at, submission } = await accepted(t, { consents: all })
  const { admin, db } = app
  const etag = (await admin.get('/v1/pre-sessions/38')).headers.etag as string
  const deadline = { local: '2020-12-14T23:59', timeZone: 'Europe/Zurich' }
  const patched = await admin.patch(
    '/v1/pre-sessions/38',
    { videoDeadline: deadline },
    { 'if-match': etag, 'content-type': 'application/merge-patch+json' },
  )
  t.equal(patched.statusCode, 200, patched.body)
  const { version } = (await admin.get(at)).json()
  t.match(version, { late: true })
  t.ok(version.marginSeconds < 0)
  const review = (body: object) => admin.post(`${at}/reviews`, body)

  await t.test('later deadlines of the country and of the speaker count, whenever they come', async (t) => {
    const country = '/v1/pre-sessions/38/countries/BEL'
    const isLate = async () => (await admin.get(at)).json().version.late
    const extend = (local: string, kind?: string) =>
      admin.post(`${country}/deadline-extensions`, { local, reason: 'A storm.', ...(kind && { kind }) })
    t.equal((await extend('2021-01-20T12:00', 'statement')).json().code, 'extension_not_possible')
    t.equal((await extend('2020-12-14T23:00', 'video')).json().code, 'extension_not_later')
    t.equal((await extend('2021-01-20T12:00')).statusCode, 201)
    t.equal(await isLate(), true, 'that of applications is another one')
    const extended = await extend('2020-12-14T23:59'.replace('14', '15'), 'video')
    t.match(extended.json(), { kind: 'video', previous: { local: '2020-12-14T23:59' }, reassessedCount: 0 })
    t.equal(await isLate(), false)
    t.match(
      (await admin.get('/v1/pre-sessions/38/deadlines')).json().data.filter((one: { country?: string }) => one.country),
      [
        { kind: 'application', country: 'BEL' },
        { kind: 'video', country: 'BEL', local: '2020-12-15T23:59' },
      ],
    )
    await db
      .updateTable('video_version')
      .set({ received_at: '2020-12-16T10:00:00Z' })
      .where('submission_id', '=', submission.id)
      .execute()
    t.equal(await isLate(), true)
    const waive = (until: string) =>
      admin.post(`${country}/deadline-waivers`, {
        email: 'zoe@ligue.example',
        kind: 'video',
        until,
        reason: 'No power.',
      })
    t.equal((await waive('2020-12-15T20:00')).json().code, 'extension_not_later')
    t.match((await waive('2020-12-16T11:00')).json(), { kind: 'video', until: '2020-12-16T10:01:00Z' })
    t.equal(await isLate(), false)
    await db
      .updateTable('video_version')
      .set({ received_at: '2020-12-16T10:01:00Z' })
      .where('submission_id', '=', submission.id)
      .execute()
    t.match((await admin.get(at)).json().version, { late: true, marginSeconds: 0 })
  })

  await review({ decision: 'reject', reasons: ['A test.'] })
  t.match((await review({ decision: 'accept' })).json(), { code: 'reason_needed', detail: /late/ })
  t.match((await review({ decision: 'accept', reasons: ['The power was cut for two days.'] })).json(), {
    status: 'accepted',
  })
  await review({ decision: 'reject', reasons: ['A test.'] })
  await db
    .updateTable('video_version')
    .set({ scan: JSON.stringify({ status: 'infected', reason: 'Eicar' }) })
    .where('submission_id', '=', submission.id)
    .execute()
  t.equal((await review({ decision: 'accept', reasons: ['x'] })).json().code, 'video_infected')
})

t.test('whose video it is cannot be asked for where it is not told', async (t) => {
  const { app, speaker, submission } = await accepted(t, { consents: ['publishVideo'] })
  const { anyone, admin } = app
  const idsOf = async (query: string) =>
    (await anyone.get(`${path}${query}`)).json().data.map(({ id }: { id: string }) => id)
  t.same(await idsOf(''), [submission.id])
  t.same(await idsOf(`?application=${speaker.id}`), [])
  await admin.put(
    `/v1/applications/${speaker.id}/consents`,
    { consents: ['publishVideo', 'showNameInProgramme'] },
    { 'if-match': '*' },
  )
  t.same(await idsOf(`?application=${speaker.id}`), [submission.id])
})
