import { createReadStream } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { sql } from 'kysely'
import t from 'tap'
import { listTasks } from '../../src/jobs/list.ts'
import { keysOf } from '../../src/video-submissions/checking.ts'
import { testApp } from '../support/app.ts'
import { eicar, startClamd } from '../support/clamd.ts'
import { runJobs } from '../support/jobs.ts'
import { aSpeaker } from '../support/speakers.ts'
import { mediaFile, receive, receiveAndCheck, versionRow } from '../support/video-files.ts'
import { aVideo, released } from '../support/videos.ts'

const path = '/v1/video-submissions'
const outcomes = (checks: { code: string; outcome: string }[]) =>
  Object.fromEntries(checks.filter(({ outcome }) => outcome !== 'pass').map(({ code, outcome }) => [code, outcome]))

t.test('a version is checked by the queue', async (t) => {
  const app = await testApp(t)
  const { admin, deps } = app
  const { id: applicationId, own: person } = await aSpeaker(app, 'zoe', released)
  const { id } = (await admin.post(path, aVideo(applicationId))).json()

  await t.test('with every check explained, a copy without metadata, and then by a person', async (t) => {
    const versionId = await receiveAndCheck(app, id, mediaFile('personal.mp4'))
    const { status, version } = (await person.get(`${path}/${id}`)).json()
    t.equal(status, 'needsReview')
    t.match(version, {
      state: 'needsReview',
      hasCopy: true,
      media: {
        durationSeconds: 3,
        container: 'mp4',
        videoCodec: 'h264',
        audioCodec: 'aac',
        width: 640,
        height: 480,
        frameRate: 25,
      },
      scan: { status: 'notScanned', reason: 'notConfigured' },
    })
    t.same(outcomes(version.checks), { malware: 'warn' })
    t.same(
      version.checks.map(({ code }: { code: string }) => code),
      [
        ...[
          'container',
          'fileName',
          'fileSize',
          'completeness',
          'foreignContent',
          'duration',
          'headerDuration',
          'videoCodec',
        ],
        ...['resolution', 'orientation', 'frameRate', 'audioCodec', 'sound', 'malware', 'cleanCopy'],
      ],
    )
    const row = await versionRow(app, versionId)
    const copy = await deps.storage.read(row.delivered_key as string)
    const bytes = await text((copy as { stream: NodeJS.ReadableStream }).stream)
    t.notMatch(bytes, /CANARY/)
    t.equal(row.delivered_size_bytes, copy?.sizeBytes)
    const original = await deps.storage.read(row.stored_key)
    t.match(
      await text((original as { stream: NodeJS.ReadableStream }).stream),
      /CANARY/,
      'the original stays as it was',
    )
    t.same(await readdir(join(deps.config.dataDir, 'work')), [])
  })

  await t.test('with the limits of its round', async (t) => {
    const etag = (await admin.get('/v1/pre-sessions/38')).headers.etag as string
    const headers = { 'if-match': etag, 'content-type': 'application/merge-patch+json' }
    const settings = {
      video: { maxSeconds: 2, toleranceSeconds: 0, minLines: 720, containers: ['webm'], maxBytes: 1000 },
    }
    t.equal((await admin.patch('/v1/pre-sessions/38', { settings }, headers)).statusCode, 200)
    await receiveAndCheck(app, id, mediaFile('right.mp4'))
    const { version } = (await admin.get(`${path}/${id}`)).json()
    t.same(outcomes(version.checks), {
      container: 'fail',
      fileSize: 'fail',
      duration: 'fail',
      resolution: 'fail',
      malware: 'warn',
    })
    const back = {
      'if-match': (await admin.get('/v1/pre-sessions/38')).headers.etag as string,
      'content-type': 'application/merge-patch+json',
    }
    await admin.patch('/v1/pre-sessions/38', { settings: { video: null } }, back)
  })

  await t.test('again when it is replaced, also after it was accepted', async (t) => {
    const accepted = await admin.post(`${path}/${id}/reviews`, { decision: 'accept', reasons: ['Good as it is.'] })
    t.equal(accepted.json().status, 'accepted')
    const first = accepted.json().version.number
    const versionId = await receive(app, id, mediaFile('silent.mp4'))
    t.equal((await admin.get(`${path}/${id}`)).json().status, 'checking')
    await runJobs(deps)
    const { status, version } = (await admin.get(`${path}/${id}`)).json()
    t.equal(status, 'needsReview')
    t.match(version, { number: first + 1, state: 'needsReview' })
    t.same(outcomes(version.checks), { sound: 'fail', malware: 'warn' })
    t.equal((await admin.post(`${path}/${id}/reviews`, { decision: 'accept' })).json().code, 'reason_needed')
    t.ok((await versionRow(app, versionId)).checked_at)
    const { rows } = await sql<{
      details: unknown
    }>`select details from history_event where action = 'video.checked' order by id desc limit 1`.execute(app.db)
    t.match(rows[0]?.details, { failed: ['sound'], scan: 'notScanned', hasCopy: true })
  })

  await t.test('and what cannot be read, or breaks its reader, is told and never copied', async (t) => {
    for (const [name, wanted] of [
      ['pdf-named.mp4', { container: 'fail', malware: 'warn', cleanCopy: 'fail' }],
      ['mpeg4-part2.mp4', { videoCodec: 'fail', malware: 'warn', cleanCopy: 'fail' }],
      ['empty.mp4', { container: 'fail', completeness: 'fail', malware: 'warn', cleanCopy: 'fail' }],
    ] as const) {
      const versionId = await receiveAndCheck(app, id, mediaFile(name))
      const { status, version } = (await admin.get(`${path}/${id}`)).json()
      t.equal(status, 'needsReview', name)
      t.same(outcomes(version.checks), wanted, name)
      t.equal((await versionRow(app, versionId)).delivered_key, null)
      t.equal(await deps.storage.read(keysOf(versionId).copy), undefined)
    }
  })

  await t.test('a check that ran twice, or was killed after its copy was written, changes nothing', async (t) => {
    const versionId = await receiveAndCheck(app, id, mediaFile('right.webm'))
    const before = await versionRow(app, versionId)
    // As a killed check leaves it: the copy is there, the row knows nothing.
    await app.db
      .updateTable('video_version')
      .set({
        state: 'checking',
        checked_at: null,
        checks: '[]',
        media: null,
        scan: null,
        delivered_key: null,
        delivered_media_type: null,
        delivered_size_bytes: null,
        delivered_sha256: null,
      })
      .where('id', '=', versionId)
      .execute()
    await sql`select graphile_worker.add_job('video-check', json_build_object('versionId', ${versionId}::text))`.execute(
      app.db,
    )
    await sql`select graphile_worker.add_job('video-check', json_build_object('versionId', ${versionId}::text))`.execute(
      app.db,
    )
    await runJobs(deps)
    const after = await versionRow(app, versionId)
    t.same(after, { ...before, checked_at: after.checked_at })
  })

  await t.test('what is withdrawn while it is checked leaves nothing behind', async (t) => {
    const versionId = await receive(app, id, mediaFile('right.mp4'))
    await deps.storage.write(keysOf(versionId).copy, createReadStream(mediaFile('right.mp4')))
    t.equal((await person.post(`${path}/${id}/withdrawal`)).statusCode, 200)
    await runJobs(deps)
    t.equal(await deps.storage.read(keysOf(versionId).copy), undefined)
  })
})

t.test('the scan', async (t) => {
  const clamd = await startClamd()
  t.teardown(() => clamd.close().catch(() => {}))
  const app = await testApp(t, { env: { CLAMD_URL: `tcp://127.0.0.1:${clamd.port}` } })
  const { admin, deps } = app
  const begin = async (email: string) => {
    const { id } = await aSpeaker(app, 'zoe', { ...released, email })
    return (await admin.post(path, aVideo(id))).json().id as string
  }

  await t.test('finds nothing in a video', async (t) => {
    const id = await begin('a@ligue.example')
    await receiveAndCheck(app, id, mediaFile('right.mp4'))
    const { version } = (await admin.get(`${path}/${id}`)).json()
    t.same(version.scan, { status: 'clean', reason: null })
    t.same(outcomes(version.checks), {})
  })

  await t.test('keeps what is infected from everybody', async (t) => {
    const id = await begin('b@ligue.example')
    const file = join(t.testdir(), 'infected.mp4')
    const free = Buffer.concat([Buffer.from([0, 0, 0, 8 + eicar.length]), Buffer.from('free'), Buffer.from(eicar)])
    await writeFile(file, Buffer.concat([await readFile(mediaFile('right.mp4')), free]))
    const versionId = await receiveAndCheck(app, id, file)
    const { version } = (await admin.get(`${path}/${id}`)).json()
    t.same(version.scan, { status: 'infected', reason: 'Eicar-Test-Signature' })
    t.same(outcomes(version.checks), { malware: 'fail' })
    t.equal(version.hasCopy, false)
    t.equal(await deps.storage.read(keysOf(versionId).copy), undefined)
    t.equal(
      (await admin.post(`${path}/${id}/reviews`, { decision: 'accept', reasons: ['x'] })).json().code,
      'video_infected',
    )
  })

  await t.test('is made again when the scanner was away, and takes back what was accepted', async (t) => {
    const id = await begin('c@ligue.example')
    await clamd.close()
    const versionId = await receive(app, id, mediaFile('right.mp4'))
    await runOne(app, versionId, 'video-check')
    const away = (await admin.get(`${path}/${id}`)).json().version
    t.same(away.scan, { status: 'notScanned', reason: 'scannerUnavailable' })
    t.equal(away.hasCopy, true)
    await t.rejects(runOne(app, versionId, 'video-scan'), /does not answer/)
    t.equal((await admin.post(`${path}/${id}/reviews`, { decision: 'accept' })).json().status, 'accepted')
    const again = await startClamd({ port: clamd.port, answer: () => 'stream: Some.Thing FOUND' })
    t.teardown(() => again.close())
    await runOne(app, versionId, 'video-scan')
    const found = (await admin.get(`${path}/${id}`)).json().version
    t.same(found.scan, { status: 'infected', reason: 'Some.Thing' })
    t.equal(found.hasCopy, false)
    t.same(outcomes(found.checks), { malware: 'fail' })
    const removals = await app.db.selectFrom('file_removal').select('key').execute()
    t.same(
      removals.map(({ key }) => key),
      [keysOf(versionId).copy],
    )
  })
})

/** One job by its name, as the worker would run it. */
async function runOne({ deps }: Awaited<ReturnType<typeof testApp>>, versionId: string, task: string) {
  await listTasks(deps)[task]?.({ versionId })
}
