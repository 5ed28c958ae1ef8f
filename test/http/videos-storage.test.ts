import { createHash, randomBytes } from 'node:crypto'
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { createScanner } from '../../src/malware/scanner.ts'
import { makeRenditions } from '../../src/video-submissions/renditions.ts'
import { uploadStore } from '../../src/video-submissions/upload-store.ts'
import { receiveUpload, removeFiles } from '../../src/video-submissions/uploads.ts'
import { testApp } from '../support/app.ts'
import { startS3 } from '../support/s3-server.ts'
import { aSpeaker } from '../support/speakers.ts'
import { aVideo, listen, released, uploadAt } from '../support/videos.ts'

const path = '/v1/video-submissions'
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function begun(t: Parameters<typeof testApp>[0], bytes: Buffer, env: Record<string, string> = {}) {
  const app = await testApp(t, { env })
  const base = await listen(app)
  const { id, own: person } = await aSpeaker(app, 'zoe', released)
  const submission = (await person.post(path, aVideo(id, bytes.length))).json()
  const url = uploadAt(base, submission)
  const headers = { ...person.headers, 'tus-resumable': '1.0.0' }
  const patch = (offset: number, end = bytes.length) =>
    fetch(url, {
      method: 'PATCH',
      headers: { ...headers, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
      body: bytes.subarray(offset, end) as never,
    })
  const offset = async () => Number((await fetch(url, { method: 'HEAD', headers })).headers.get('upload-offset'))
  const upload = () => app.db.selectFrom('video_upload').selectAll().executeTakeFirstOrThrow()
  return { app, person, submission, patch, offset, upload }
}

t.test('a full disk is told, and what came before is kept', async (t) => {
  const bytes = randomBytes(300_000)
  const { app, patch, offset, upload } = await begun(t, bytes)
  const { directory } = app.deps.config.storage as { directory: string }
  const file = join(directory, (await upload()).storage_key)
  await mkdir(join(directory, 'videos'), { recursive: true })
  await symlink('/dev/full', file)
  const refused = await patch(0)
  t.equal(refused.status, 507)
  t.match(await refused.json(), { code: 'storage_full', title: /space/ })
  t.equal(await offset(), 0)
  await rm(file)
  t.equal((await patch(0)).status, 204)
  await receiveUpload(app.deps, (await upload()).id)
  const { sha256: stored } = await app.db.selectFrom('video_version').select('sha256').executeTakeFirstOrThrow()
  t.equal(stored, sha256(bytes))
})

t.test('files that are gone are asked for again', async (t) => {
  const bytes = randomBytes(50_000)
  const { app, patch, offset, upload } = await begun(t, bytes)
  await patch(0, 20_000)
  await app.deps.storage.remove((await upload()).storage_key)
  t.equal((await patch(20_000)).status, 409)
  t.equal(await offset(), 0)
  t.equal((await patch(0)).status, 204)

  await t.test('and told once they cannot be asked for any more', async (t) => {
    const { id, storage_key: key, submission_id: submission } = await upload()
    await app.deps.storage.remove(key)
    await receiveUpload(app.deps, id)
    t.match((await app.admin.get(`${path}/${submission}`)).json(), {
      status: 'awaitingUpload',
      version: null,
      upload: { state: 'refused', failure: 'bytesLost' },
    })
  })
})

t.test('a bucket that is away for a while', async (t) => {
  const s3 = await startS3(t)
  const bytes = randomBytes(9_000_000)
  const { app, person, submission, patch, offset, upload } = await begun(t, bytes, s3.env)
  t.equal((await patch(0, 3_000_000)).status, 204)
  await s3.stop()
  const refused = await patch(3_000_000)
  t.equal(refused.status, 503)
  t.ok(refused.headers.get('retry-after'))
  t.match(await refused.json(), { code: 'unavailable' })
  t.equal(await offset(), 3_000_000, 'the offset is known without the storage')
  t.equal((await app.anyone.get('/health/ready')).statusCode, 503)
  await s3.start()
  t.equal((await patch(3_000_000)).status, 204)
  await receiveUpload(app.deps, (await upload()).id)
  t.match((await person.get(`${path}/${submission.id}`)).json(), { version: { sha256: sha256(bytes) } })
  const row = await app.db.selectFrom('video_version').selectAll().executeTakeFirstOrThrow()
  const stored = await app.deps.storage.read(row.stored_key)
  t.ok((await buffer(stored?.stream as never)).equals(bytes))

  await t.test('keeps what was to be removed until it is back', async (t) => {
    await s3.stop()
    t.equal((await app.admin.get(`${path}/${submission.id}/content`)).statusCode, 503)
    await person.post(`${path}/${submission.id}/withdrawal`)
    await removeFiles(app.deps)
    const removals = await app.db.selectFrom('file_removal').select('key').execute()
    const made = ['copy', 'poster', 'rendition'].map((what) => `videos/${row.id}.${what}`)
    t.same(removals.map(({ key }) => key).sort(), [row.stored_key, ...made].sort())
    await s3.start()
    await removeFiles(app.deps)
    t.same(await app.db.selectFrom('file_removal').selectAll().execute(), [])
    t.equal(await app.deps.storage.read(row.stored_key), undefined)
  })
})

t.test('the last byte of an upload is written down once, however often its progress is', async (t) => {
  const bytes = randomBytes(300_000)
  const { patch, upload } = await begun(t, bytes)
  const { now } = performance
  // So much time passes between any two chunks that each is synced.
  performance.now = () => now.call(performance) * 1e7
  t.teardown(() => {
    performance.now = now
  })
  t.equal((await patch(0)).status, 204)
  t.match(await upload(), { state: 'complete', received_bytes: bytes.length })
})

t.test('an offset that another holder has moved meanwhile is refused', async (t) => {
  const bytes = randomBytes(50_000)
  const { app, patch, upload } = await begun(t, bytes)
  await patch(0, 20_000)
  const { id } = await upload()
  const store = uploadStore(app.deps, { caller: { id: 'test' } })
  await t.rejects(store.write(Readable.from([bytes.subarray(10_000)]), id, 10_000), {
    status_code: 409,
  } as unknown as Error)
  t.match(await upload(), { received_bytes: 20_000 })
})

t.test('bytes that are put together after their removal are removed again', async (t) => {
  const bytes = randomBytes(50_000)
  const { app, person, submission, patch, upload } = await begun(t, bytes)
  await patch(0)
  const { id, storage_key: key } = await upload()
  const { storage } = app.deps
  const finish: typeof storage.appendable.finish = async (...given) => {
    const stored = await storage.appendable.finish(...given)
    await person.post(`${path}/${submission.id}/withdrawal`)
    await removeFiles(app.deps)
    await storage.write(key, Readable.from([bytes]))
    return stored
  }
  await receiveUpload({ ...app.deps, storage: { ...storage, appendable: { ...storage.appendable, finish } } }, id)
  t.equal(await storage.has(key), false)
})

t.test('what a killed job had made of a version that is gone is removed', async (t) => {
  const app = await testApp(t)
  const { storage } = app.deps
  const id = '01934c00-0000-7000-8000-000000000001'
  const keys = [`videos/${id}.poster`, `videos/${id}.rendition`]
  for (const key of keys) await storage.write(key, Readable.from([randomBytes(100)]))
  await makeRenditions({ deps: app.deps, scanner: createScanner(undefined) }, id)
  for (const key of keys) t.equal(await storage.has(key), false)
})
