import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import type { VideoSubmissionBody } from '../../src/video-submissions/schemas.ts'
import { expireUploads, receiveForgotten, receiveUpload, removeFiles } from '../../src/video-submissions/uploads.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { aSpeaker } from '../support/speakers.ts'
import { aVideo, listen, released, sendByTus, uploadAt } from '../support/videos.ts'

const path = '/v1/video-submissions'
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const tus = { 'tus-resumable': '1.0.0' }
const octets = 'application/offset+octet-stream'

/** One service with one speaker, and a submission begun for so many bytes. */
async function begun(t: Test, sizeBytes: number, more: object = {}) {
  const app = await testApp(t)
  const base = await listen(app)
  const speaker = await aSpeaker(app, 'zoe', released)
  const create = await speaker.own.post(path, { ...aVideo(speaker.id, sizeBytes), ...more })
  t.equal(create.statusCode, 201, create.body)
  const submission = create.json() as VideoSubmissionBody
  const url = uploadAt(base, submission as never)
  const patch = (offset: number, body: Buffer, extra: Record<string, string> = {}) =>
    fetch(url, {
      method: 'PATCH',
      headers: { ...speaker.own.headers, ...tus, 'upload-offset': String(offset), 'content-type': octets, ...extra },
      body: body as never,
    })
  const head = (extra: Record<string, string> = {}) =>
    fetch(url, { method: 'HEAD', headers: { ...speaker.own.headers, ...tus, ...extra } })
  const read = async () => (await speaker.own.get(`${path}/${submission.id}`)).json() as VideoSubmissionBody
  return { app, base, speaker, submission, url, patch, head, read }
}

const bytesLeft = async ({ deps }: TestApp) => {
  const { directory } = deps.config.storage as { directory: string }
  return (await readdir(`${directory}/videos`).catch(() => [])) as string[]
}

/** The check of the content is another module's: here only what came is looked at. */
async function receive({ db, deps }: TestApp) {
  const { id } = await db
    .selectFrom('video_upload')
    .select('id')
    .where('state', '=', 'complete')
    .executeTakeFirstOrThrow()
  await receiveUpload(deps, id)
}

t.test('a video comes in pieces and is whole', async (t) => {
  const bytes = randomBytes(3_000_000)
  const { app, submission, speaker, url, head, read, patch } = await begun(t, bytes.length, { sha256: sha256(bytes) })

  await t.test('the offset is what is kept', async (t) => {
    const first = await head()
    t.equal(first.status, 200)
    t.equal(first.headers.get('upload-offset'), '0')
    t.equal(first.headers.get('upload-length'), String(bytes.length))
    t.equal(first.headers.get('tus-resumable'), '1.0.0')
    t.equal(first.headers.get('cache-control'), 'no-store')
    t.match(first.headers.get('upload-expires'), /^Tue, 29 Dec 2020 10:00:\d\d GMT$/)
    const sent = await patch(0, bytes.subarray(0, 1000))
    t.equal(sent.status, 204)
    t.equal(sent.headers.get('upload-offset'), '1000')
    t.match(await read(), { status: 'uploading', upload: { receivedBytes: 1000 } })
  })

  await t.test('the clients’ own library sends the rest', async (t) => {
    await sendByTus(url, { headers: speaker.own.headers, bytes, chunkSize: 700_000 })
    t.match(await read(), { upload: { state: 'complete', receivedBytes: bytes.length } })
    t.notOk((await read()).upload?.url)
    t.equal((await patch(bytes.length, Buffer.alloc(0))).headers.get('upload-offset'), String(bytes.length))
    t.match(
      (await speaker.own.post(`${path}/${submission.id}/versions`, { fileName: 'x', sizeBytes: 1 })).json(),
      { code: 'video_being_received' },
      'it is not given up any more',
    )
    t.equal((await fetch(url, { method: 'DELETE', headers: { ...speaker.own.headers, ...tus } })).status, 409)
  })

  await t.test('and makes a version of exactly these bytes', async (t) => {
    await receive(app)
    const { version, upload } = await read()
    t.match(upload, { state: 'received' })
    t.match(version, {
      number: 1,
      fileName: 'statement.mp4',
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
      late: false,
    })
    const row = await app.db.selectFrom('video_version').selectAll().executeTakeFirstOrThrow()
    const content = await app.deps.storage.read(row.stored_key)
    t.ok((await buffer(content?.stream as never)).equals(bytes))
    t.equal((await head()).headers.get('upload-offset'), String(bytes.length))
  })
})

t.test('an upload whose bytes are all here does not wait for ever', async (t) => {
  const bytes = randomBytes(5_000)
  const { app, speaker, submission, url, patch, read } = await begun(t, bytes.length)
  const { db, deps, clock, admin } = app
  const jobs = async () =>
    (
      await sql<{
        attempts: number
      }>`select attempts from graphile_worker.jobs where task_identifier = 'video-receive' order by id`.execute(db)
    ).rows
  const later = (seconds: number) => clock.set(new Date(Date.parse(clock.now()) + seconds * 1000).toISOString())
  t.equal((await patch(0, bytes)).status, 204)

  await t.test('a job that was given up, or lost, is made again', async (t) => {
    await sql`update graphile_worker._private_jobs set attempts = 3`.execute(db)
    await receiveForgotten(deps)
    t.same(await jobs(), [{ attempts: 3 }], 'one that is still tried is left')
    await sql`update graphile_worker._private_jobs set attempts = max_attempts`.execute(db)
    await receiveForgotten(deps)
    t.same(await jobs(), [{ attempts: 25 }, { attempts: 0 }])
    await sql`delete from graphile_worker._private_jobs`.execute(db)
    await receiveForgotten(deps)
    t.same(await jobs(), [{ attempts: 0 }])
  })

  const cancel = () => fetch(url, { method: 'DELETE', headers: { ...speaker.own.headers, ...tus } })
  await t.test('its person can give it up after a while', async (t) => {
    t.equal((await cancel()).status, 409)
    later(599)
    t.equal((await cancel()).status, 409)
    later(1)
    t.equal((await cancel()).status, 204)
    t.match(await read(), { status: 'awaitingUpload', upload: { state: 'cancelled' } })
    await receiveForgotten(deps)
    await removeFiles(deps)
    t.same(await bytesLeft(app), [])
  })

  await t.test('or begin another version instead', async (t) => {
    const again = { fileName: 'again.mp4', sizeBytes: 100 }
    const next = (await speaker.own.post(`${path}/${submission.id}/versions`, again)).json()
    await fetch(new URL(new URL(next.upload.url).pathname, url), {
      method: 'PATCH',
      headers: { ...speaker.own.headers, ...tus, 'upload-offset': '0', 'content-type': octets },
      body: randomBytes(100) as never,
    })
    t.match(await read(), { upload: { state: 'complete' } })
    t.equal((await admin.post(`${path}/${submission.id}/versions`, again)).json().code, 'video_being_received')
    later(600)
    const third = await admin.post(`${path}/${submission.id}/versions`, again)
    t.match(third.json(), { status: 'awaitingUpload', upload: { state: 'open', receivedBytes: 0 } })
    await removeFiles(deps)
    t.same(await bytesLeft(app), [])
  })

  await t.test('and what is read after all, when it was given up, is removed', async (t) => {
    const { id } = await db
      .selectFrom('video_upload')
      .select('id')
      .where('state', '=', 'cancelled')
      .orderBy('created_at', 'desc')
      .executeTakeFirstOrThrow()
    await receiveUpload(deps, id)
    t.match(await read(), { upload: { state: 'open' }, version: null })
  })
})

t.test('who lies is told, and nothing false is kept', async (t) => {
  const bytes = randomBytes(10_000)
  const { app, base, speaker, submission, url, patch, head, read } = await begun(t, bytes.length)
  const code = async (response: Response) => ((await response.json()) as { code: string }).code
  const offset = async () => Number((await head()).headers.get('upload-offset'))
  await patch(0, bytes.subarray(0, 4000))

  await t.test('about the offset', async (t) => {
    for (const wrong of [0, 3999, 4001, 10_000]) {
      const refused = await patch(wrong, bytes.subarray(0, 10))
      t.equal(refused.status, wrong === 10_000 ? 409 : 409)
      t.match(refused.headers.get('content-type'), 'application/problem+json')
      t.equal(await code(refused), 'upload_offset_conflict')
    }
    for (const broken of ['-1', 'x', '1e3', ''])
      t.equal((await patch(broken as never, bytes.subarray(0, 10))).status, 400, broken)
    t.equal(await offset(), 4000)
  })

  await t.test('about the length', async (t) => {
    const over = await patch(4000, randomBytes(6001))
    t.equal(over.status, 413)
    t.equal(await code(over), 'payload_too_large')
    t.equal(await offset(), 4000)
  })

  await t.test('about the checksum', async (t) => {
    const rest = bytes.subarray(4000)
    const of = (algorithm: string, of: Buffer) => `${algorithm} ${createHash(algorithm).update(of).digest('base64')}`
    const wrong = await patch(4000, rest, { 'upload-checksum': of('sha256', bytes) })
    t.equal(wrong.status, 460)
    t.equal(await code(wrong), 'checksum_mismatch')
    t.equal(await offset(), 4000)
    for (const odd of ['md5 AAAA', 'sha256 AAAA', 'sha256', 'SHA1 x'])
      t.equal((await patch(4000, rest, { 'upload-checksum': odd })).status, 400, odd)
    const part = bytes.subarray(4000, 5000)
    t.equal((await patch(4000, part, { 'upload-checksum': of('sha1', part) })).status, 204)
    t.equal(await offset(), 5000)
  })

  await t.test('about the protocol', async (t) => {
    const old = await head({ 'tus-resumable': '0.2.2' })
    t.equal(old.status, 412)
    t.equal(old.headers.get('tus-version'), '1.0.0')
    const typed = await patch(5000, bytes.subarray(5000), { 'content-type': 'video/mp4' })
    t.equal(typed.status, 415)
    const options = await fetch(`${base}/v1/uploads`, { method: 'OPTIONS' })
    t.equal(options.status, 204)
    t.equal(options.headers.get('tus-extension'), 'expiration,termination,checksum')
    t.equal(options.headers.get('tus-checksum-algorithm'), 'sha1,sha256')
    const created = await fetch(`${base}/v1/uploads`, {
      method: 'POST',
      headers: { ...speaker.own.headers, ...tus },
    })
    t.equal(created.status, 404, 'uploads are begun with a submission')
  })

  await t.test('about the whole', async (t) => {
    await patch(5000, bytes.subarray(5000))
    await receive(app)
    t.match(await read(), { status: 'checking', version: { sha256: sha256(bytes) } })
    const next = await speaker.own.post(`${path}/${submission.id}/versions`, {
      fileName: 'again.mp4',
      sizeBytes: 10,
      sha256: 'A'.repeat(64),
    })
    const other = uploadAt(base, next.json())
    await sendByTus(other, { headers: speaker.own.headers, bytes: Buffer.alloc(10, 1) })
    await receive(app)
    t.match(await read(), {
      status: 'checking',
      upload: { state: 'refused', failure: 'sha256Mismatch' },
      version: { number: 1, state: 'checking' },
    })
    await removeFiles(app.deps)
    t.equal((await bytesLeft(app)).length, 1, 'only the version that was whole')
  })

  t.equal((await fetch(url, { method: 'HEAD', headers: tus })).status, 401)
})

t.test('an upload is its owner’s', async (t) => {
  const bytes = randomBytes(2000)
  const { app, url, patch, head, speaker } = await begun(t, bytes.length)
  const other = await aSpeaker(app, 'ana', { ...released, email: 'ana@autre.example', country: 'DNK' })
  for (const headers of [other.own.headers]) {
    for (const method of ['HEAD', 'DELETE', 'PATCH']) {
      const response = await fetch(url, {
        method,
        headers: { ...headers, ...tus, ...(method === 'PATCH' && { 'upload-offset': '0', 'content-type': octets }) },
        ...(method === 'PATCH' && { body: bytes as never }),
      })
      t.equal(response.status, 404, method)
    }
  }
  await patch(0, bytes.subarray(0, 100))
  const cancelled = await fetch(url, { method: 'DELETE', headers: { ...speaker.own.headers, ...tus } })
  t.equal(cancelled.status, 204)
  t.equal((await head()).status, 410)
  t.equal((await patch(100, bytes.subarray(100))).status, 410)
  await removeFiles(app.deps)
  t.same(await bytesLeft(app), [])
})

t.test('what nobody goes on with leaves nothing behind', async (t) => {
  const { app, patch, submission } = await begun(t, 2000)
  await patch(0, randomBytes(100))
  t.equal((await bytesLeft(app)).length, 1)
  app.clock.set('2020-12-30T10:00:00Z')
  await expireUploads(app.deps)
  await removeFiles(app.deps)
  t.same(await bytesLeft(app), [])
  t.same(await app.db.selectFrom('file_removal').selectAll().execute(), [])
  const seen = (await app.admin.get(`${path}/${submission.id}`)).json()
  t.match(seen, { status: 'awaitingUpload', upload: { state: 'expired' } })
})
