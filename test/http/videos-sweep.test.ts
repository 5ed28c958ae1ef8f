import { randomBytes } from 'node:crypto'
import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import t from 'tap'
import type { Deps } from '../../src/deps.ts'
import { enqueue } from '../../src/jobs/queue.ts'
import { receiveUpload, removeFiles } from '../../src/video-submissions/uploads.ts'
import { testApp } from '../support/app.ts'
import { aSpeaker } from '../support/speakers.ts'
import { aVideo, listen, released, uploadAt } from '../support/videos.ts'

const path = '/v1/video-submissions'
const day = 86_400_000

t.test('videos that no row refers to go after a day, and nothing else does', async (t) => {
  const app = await testApp(t)
  const { admin, db, deps } = app
  const { storage, config } = deps
  const base = await listen(app)
  const videos = join((config.storage as { directory: string }).directory, 'videos')
  const age = async (days: number, names?: string[]) => {
    const at = new Date(Date.now() - days * day)
    for (const name of names ?? (await readdir(videos))) await utimes(join(videos, name), at, at)
  }
  const write = (name: string) => storage.write(`videos/${name}`, Readable.from([randomBytes(10)]))
  const sweep = async () => {
    const answer = await admin.post('/v1/retention/runs')
    await removeFiles(deps)
    return { swept: answer.json().counts.orphanedFiles ?? 0, left: (await readdir(videos)).sort() }
  }

  /** An upload of which so many bytes came. */
  const anUpload = async (email: string, bytes: number) => {
    const { id, own: person } = await aSpeaker(app, 'zoe', { ...released, email })
    const submission = (await person.post(path, aVideo(id, 1000))).json()
    const headers = { ...person.headers, 'tus-resumable': '1.0.0', 'upload-offset': '0' }
    await fetch(uploadAt(base, submission), {
      method: 'PATCH',
      headers: { ...headers, 'content-type': 'application/offset+octet-stream' },
      body: randomBytes(bytes) as never,
    })
    const { id: uploadId, storage_key: key } = await db
      .selectFrom('video_upload')
      .selectAll()
      .where('submission_id', '=', submission.id)
      .executeTakeFirstOrThrow()
    return { uploadId, name: key.slice(7), submissionId: submission.id as string, person }
  }
  const open = await anUpload('open@ligue.example', 500)
  const complete = await anUpload('complete@ligue.example', 1000)
  const received = await anUpload('received@ligue.example', 1000)
  await receiveUpload(deps, received.uploadId)
  const version = await db.selectFrom('video_version').selectAll().executeTakeFirstOrThrow()
  await sql`delete from graphile_worker._private_jobs`.execute(db)
  const named = `${version.id}.copy`
  await db
    .updateTable('video_version')
    .set({
      delivered_key: `videos/${named}`,
      delivered_media_type: 'video/mp4',
      delivered_size_bytes: 10,
      delivered_sha256: '0',
    })
    .execute()
  const ofRows = [open.name, complete.name, received.name, named]
  // A piece that a holder stored who had lost its lock, and what a given-up job had made.
  const orphans = [randomBytes(24).toString('base64url'), `${received.name}.500.abcdef012345`, `${version.id}.poster`]
  const pieces = [`${open.name}.0.abcdef012345`]
  const fresh = randomBytes(24).toString('base64url')
  for (const name of [named, ...orphans, ...pieces, fresh]) await write(name)

  await t.test('what is stored and not yet committed stays', async (t) => {
    const all = [...ofRows, ...orphans, ...pieces, fresh].sort()
    t.same(await sweep(), { swept: 0, left: all })
  })

  await t.test('and so does what a job is making of a version', async (t) => {
    await age(2)
    await age(0, [fresh])
    await enqueue(db, 'video-rendition', { versionId: version.id })
    const left = [...ofRows, ...pieces, fresh, `${version.id}.poster`].sort()
    t.same(await sweep(), { swept: 2, left })
    await sql`delete from graphile_worker._private_jobs`.execute(db)
  })

  await t.test('until the queue has none for it', async (t) => {
    t.same(await sweep(), { swept: 1, left: [...ofRows, ...pieces, fresh].sort() })
    t.same(await sweep(), { swept: 0, left: [...ofRows, ...pieces, fresh].sort() })
  })

  await t.test('bytes that came after their upload had ended are found too', async (t) => {
    await open.person.delete(`${path}/${open.submissionId}`)
    await removeFiles(deps)
    await write(open.name)
    await age(2, [open.name])
    const left = [complete.name, received.name, named, fresh].sort()
    t.same(await sweep(), { swept: 2, left })
    t.ok(await storage.has(`videos/${complete.name}`))
  })
})

t.test('while files are removed nothing is locked', async (t) => {
  const app = await testApp(t)
  const { db, deps } = app
  const key = () => `videos/${randomBytes(24).toString('base64url')}`
  const [one, again, broken] = [key(), key(), key()]
  const ask = (wanted: string) =>
    sql`insert into file_removal (key) values (${wanted}) on conflict (key) do update set taken_at = null`.execute(db)
  for (const wanted of [one, again, broken]) await ask(wanted)
  const open: unknown[] = []
  const removed: string[] = []
  const replica: Deps = {
    ...deps,
    storage: {
      ...deps.storage,
      async remove(wanted) {
        removed.push(wanted)
        if (wanted === broken) throw new Error('It is away.')
        const { rows } = await sql`select query from pg_stat_activity
          where datname = current_database() and state like 'idle in transaction%'`.execute(db)
        open.push(...rows)
        // Another replica finds nothing to do, and whoever wants one of them gone once more does not wait.
        if (wanted === one) await removeFiles({ ...replica })
        if (wanted === again && removed.filter((name) => name === again).length === 1) await ask(again)
      },
    },
  }
  await removeFiles(replica)
  t.same(open, [])
  t.same([...removed].sort(), [one, again, broken].sort(), 'each by one replica')
  const left = async () =>
    (await db.selectFrom('file_removal').select(['key', 'taken_at']).orderBy('key').execute()) as unknown[]
  const waiting = [again, broken].sort().map((name) => ({ key: name, taken_at: null }))
  t.same(await left(), waiting)
  await removeFiles(replica)
  t.same(await left(), [{ key: broken, taken_at: null }])

  await t.test('and one that a process took that died is taken by another', async (t) => {
    await sql`update file_removal set taken_at = now() - interval '5 minutes'`.execute(db)
    await removeFiles(deps)
    t.equal((await left()).length, 1)
    await sql`update file_removal set taken_at = now() - interval '11 minutes'`.execute(db)
    await removeFiles(deps)
    t.same(await left(), [])
  })
})
