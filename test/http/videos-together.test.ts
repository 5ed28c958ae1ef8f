import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { receiveUpload } from '../../src/video-submissions/uploads.ts'
import { adminKey, type TestApp, testApp } from '../support/app.ts'
import { anApplicant } from '../support/links.ts'
import { aVideo, listen, sendByTus, uploadAt } from '../support/videos.ts'

const path = '/v1/video-submissions'
const headers = { authorization: `Bearer ${adminKey}` }
const tus = { ...headers, 'tus-resumable': '1.0.0' }
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Two replicas of one service: one database, one directory. */
async function twoReplicas(t: Test) {
  const directory = await mkdtemp(join(tmpdir(), 'pre-sessions-shared-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const env = { STORAGE_URL: `file://${directory}` }
  const one = await testApp(t, { env })
  const two = await testApp(t, { env, url: one.url })
  return { one, two, bases: [await listen(one), await listen(two)] as const }
}

let count = 0

/** Selected, and a submission begun for so many bytes, by the secretariat. */
async function begun({ admin }: TestApp, sizeBytes: number) {
  count += 1
  const { id } = await anApplicant({ admin } as TestApp, `speaker-${count}@mail.example`)
  await admin.post(`/v1/applications/${id}/submission`)
  await admin.post(`/v1/applications/${id}/decisions`, { decision: 'selected', reason: 'A test.' })
  const response = await admin.post(path, aVideo(id, sizeBytes))
  if (response.statusCode !== 201) throw new Error(response.body)
  return response.json() as { id: string; upload: { url: string } }
}

/** A PATCH whose body is sent by hand and may never end. */
function openPatch(url: string, offset: number, length: number) {
  const request = httpRequest(url, {
    method: 'PATCH',
    headers: {
      ...tus,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
      'content-length': String(length),
    },
  })
  request.on('error', () => {})
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  answered.catch(() => {})
  return { request, answered }
}

const send = (request: ClientRequest, bytes: Buffer) =>
  new Promise<void>((resolve) => void request.write(bytes, () => resolve()))

const head = (url: string) => fetch(url, { method: 'HEAD', headers: tus })
const patch = (url: string, offset: number, body: Buffer) =>
  fetch(url, {
    method: 'PATCH',
    headers: { ...tus, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
    body: body as never,
  })

const idIn = (url: string) => url.split('/').at(-1) as string

async function shaOf({ db, deps }: TestApp, url: string): Promise<string> {
  await receiveUpload(deps, idIn(url))
  const row = await db
    .selectFrom('video_upload as u')
    .innerJoin('video_version as v', 'v.id', 'u.version_id')
    .select('v.sha256')
    .where('u.id', '=', idIn(url))
    .executeTakeFirstOrThrow()
  return row.sha256
}

/** Until the bytes that were sent have reached the service: its row says so once it holds the lock. */
async function untilHeld({ db }: TestApp, url: string): Promise<void> {
  for (;;) {
    const { rows } = await sql<{
      epoch: number
    }>`select epoch from video_upload where id = ${idIn(url)} and epoch > 0`.execute(db)
    if (rows.length > 0) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

t.test('several at once, on several replicas', async (t) => {
  const { one, two, bases } = await twoReplicas(t)
  const [a, b] = bases

  await t.test('a client that comes back elsewhere goes on where its broken line ended', async (t) => {
    const bytes = randomBytes(1_000_000)
    const submission = await begun(one, bytes.length)
    const [here, there] = [uploadAt(a, submission), uploadAt(b, submission)]
    const { request, answered } = openPatch(here, 0, bytes.length)
    await send(request, bytes.subarray(0, 400_000))
    await untilHeld(one, here)
    // The first replica still waits for bytes that never come.
    const offset = Number((await head(there)).headers.get('upload-offset'))
    t.ok(offset > 0 && offset <= 400_000, String(offset))
    const [response] = await answered
    t.equal(response.statusCode, 204)
    t.equal(response.headers['upload-offset'], String(offset))
    t.equal(response.headers.connection, 'close')
    request.destroy()
    t.equal((await patch(there, offset, bytes.subarray(offset))).status, 204)
    t.equal(await shaOf(two, there), sha256(bytes))
  })

  await t.test('two clients that send the same keep one file', async (t) => {
    const bytes = randomBytes(2_000_000)
    const submission = await begun(one, bytes.length)
    const statuses: number[] = []
    const sendAll = async (base: string) => {
      const url = uploadAt(base, submission)
      for (let tries = 0; tries < 200; tries++) {
        const asked = await head(url)
        if (asked.status !== 200) statuses.push(asked.status)
        const offset = Number(asked.headers.get('upload-offset') ?? 0)
        if (offset === bytes.length) return
        statuses.push((await patch(url, offset, bytes.subarray(offset, offset + 100_000))).status)
      }
    }
    await Promise.all([sendAll(a), sendAll(b), sendAll(a)])
    t.same(
      statuses.filter((status) => ![204, 409, 423].includes(status)),
      [],
      'each is told what to do',
    )
    t.equal(await shaOf(one, uploadAt(a, submission)), sha256(bytes))
  })

  await t.test('a replica that loses its lock keeps nothing more', async (t) => {
    const bytes = randomBytes(500_000)
    const submission = await begun(one, bytes.length)
    const url = uploadAt(a, submission)
    const { request, answered } = openPatch(url, 0, bytes.length)
    await send(request, bytes.subarray(0, 200_000))
    await untilHeld(one, url)
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pre-sessions uploads'
      and datname = current_database()`.execute(one.db)
    const [response] = await answered
    t.equal(response.statusCode, 204, 'what it had is told, and the connection ends')
    request.destroy()
    const there = uploadAt(b, submission)
    const offset = Number((await head(there)).headers.get('upload-offset'))
    t.equal(String(offset), response.headers['upload-offset'])
    await patch(there, offset, bytes.subarray(offset))
    t.equal(await shaOf(two, there), sha256(bytes))
  })

  await t.test('fifty at once', async (t) => {
    const size = 600_000
    const submissions = await Promise.all(Array.from({ length: 50 }, () => begun(one, size)))
    const files = submissions.map(() => randomBytes(size))
    await Promise.all(
      submissions.map((submission, index) =>
        sendByTus(uploadAt(bases[index % 2] as string, submission), {
          headers,
          bytes: files[index] as Buffer,
          chunkSize: 250_000,
        }),
      ),
    )
    const sums = []
    for (const submission of submissions) sums.push(await shaOf(one, uploadAt(a, submission)))
    t.same(sums, files.map(sha256))
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`.execute(one.db)
    t.equal(rows[0]?.n, 0, 'no lock is left')
  })

  await t.test('a replica that is shut down lets its clients go on elsewhere', async (t) => {
    const bytes = randomBytes(800_000)
    const submission = await begun(one, bytes.length)
    const { request, answered } = openPatch(uploadAt(a, submission), 0, bytes.length)
    await send(request, bytes.subarray(0, 300_000))
    await untilHeld(one, uploadAt(a, submission))
    const closed = one.app.close()
    const [response] = await answered
    t.equal(response.statusCode, 204)
    request.destroy()
    await closed
    const there = uploadAt(b, submission)
    const offset = Number((await head(there)).headers.get('upload-offset'))
    t.equal(String(offset), response.headers['upload-offset'])
    t.equal((await patch(there, offset, bytes.subarray(offset))).status, 204)
    t.equal(await shaOf(two, there), sha256(bytes))
  })
})
