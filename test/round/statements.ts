import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { HttpClient } from '../support/http-client.ts'
import { sendByTus, uploadAt } from '../support/videos.ts'
import type { Applied } from './call.ts'
import type { Selected } from './selection.ts'
import type { Stage } from './stage.ts'

const file = readFileSync(join(import.meta.dirname, '../fixtures/media/right.mp4'))
const sha256 = createHash('sha256').update(file).digest('hex')

/** Two speakers send their videos, the one at risk a voice alone; they are checked, asked again, accepted and seen by whom they agreed to. */
export async function sendStatements(t: Test, stage: Stage, applied: Applied, { zoe, lars }: Selected) {
  const { admin, anyone, until } = stage
  const path = '/v1/video-submissions'

  async function handIn(who: HttpClient, applicationId: string) {
    const begun = await who.post(201, path, {
      applicationId,
      language: 'en',
      fileName: 'statement.mp4',
      sizeBytes: file.length,
      sha256,
    })
    const headers = { authorization: `Bearer ${who.bearer}` }
    await sendByTus(uploadAt(stage.address, begun.body), { headers, bytes: file, chunkSize: 20_000 })
    const checked = await until('checked video', async () => {
      const { body } = await who.get(`${path}/${begun.body.id}`)
      return body.status === 'needsReview' ? body : undefined
    })
    t.ok(checked.version.checks.length > 5, 'each check explains itself')
    return begun.body.id as string
  }

  const [video, other] = [await handIn(zoe, applied.zoe), await handIn(lars, applied.lars)]
  await admin.post(200, `${path}/${other}/reviews`, { decision: 'accept' })
  await anyone.refused(404, `${path}/${video}/content`)
  const asked = await admin.post(200, `${path}/${video}/reviews`, {
    decision: 'requestChanges',
    reasons: ['The sound is too low.'],
  })
  t.equal(asked.body.status, 'changesRequested')
  const again = await zoe.post(201, `${path}/${video}/versions`, {
    fileName: 'louder.mp4',
    sizeBytes: file.length,
  })
  await sendByTus(uploadAt(stage.address, again.body), {
    headers: { authorization: `Bearer ${zoe.bearer}` },
    bytes: file,
  })
  await until('second version', async () =>
    (await zoe.get(`${path}/${video}`)).body.status === 'needsReview' ? true : undefined,
  )
  t.equal((await admin.post(200, `${path}/${video}/reviews`, { decision: 'accept' })).body.status, 'accepted')
  t.equal((await zoe.get(`${path}/${video}/versions`)).body.data.length, 2, 'the first one is still there')

  const part = await anyone.send('GET', `${path}/${video}/content`, undefined, { range: 'bytes=0-99' })
  t.match({ status: part.status, range: part.headers.get('content-range') }, { status: 206, range: /^bytes 0-99\// })
  return { video }
}
