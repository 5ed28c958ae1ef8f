import { Readable } from 'node:stream'
import { Upload } from 'tus-js-client'
import type { TestApp } from './app.ts'
import { aToken } from './links.ts'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** What the service finds out of the video of these tests. */
export const madeMedia = {
  durationSeconds: 12.5,
  container: 'mp4',
  videoCodec: 'avc',
  audioCodec: 'aac',
  width: 640,
  height: 480,
  frameRate: 25,
}

/** A session that came of a link, with the bearer that a tus client would send. */
export async function aSession(app: TestApp, request: Record<string, unknown> = {}) {
  const { token } = (await app.anyone.post('/v1/sessions', { token: await aToken(app, request) })).json()
  const headers = bearer(token)
  return { headers, ...app.as(headers) }
}

export async function aMission(app: TestApp, state: string) {
  const email = `upr@${state.toLowerCase()}.example`
  const registered = await app.admin.post('/v1/mission-delegates', { state, email })
  if (registered.statusCode !== 201 && registered.json().code !== 'delegate_exists') throw new Error(registered.body)
  return aSession(app, { email, purpose: 'mission' })
}

/** What a speaker needs to hand in: a selection that is told. */
export const released = { email: 'zoe@ligue.example', releaseAt: '2020-12-15T09:00:00Z' }

export const aVideo = (applicationId: string, sizeBytes = 1000) => ({
  applicationId,
  language: 'en',
  fileName: 'statement.mp4',
  sizeBytes,
})

/** Listens on a port of its own, as clients that speak HTTP over a socket need it. */
export async function listen({ app }: TestApp): Promise<string> {
  return app.listen({ host: '127.0.0.1', port: 0 })
}

interface Sending {
  headers: Record<string, string>
  bytes: Buffer
  chunkSize?: number
}

/** Sends bytes with the clients' own library, as a browser would. */
export function sendByTus(url: string, { headers, bytes, chunkSize }: Sending): Promise<void> {
  return new Promise((resolve, reject) => {
    new Upload(bytes, {
      uploadUrl: url,
      headers,
      uploadSize: bytes.length,
      chunkSize: chunkSize ?? Number.POSITIVE_INFINITY,
      retryDelays: [0, 20, 50, 100, 200],
      onSuccess: () => resolve(),
      onError: reject,
    }).start()
  })
}

/** The address of the submission's upload at the place where the service really listens. */
export const uploadAt = (base: string, submission: { upload: { url: string } | null }): string =>
  base + new URL(submission.upload?.url ?? '').pathname

/** What the check of the content leaves behind: a copy without metadata, and a person who is asked. */
export async function asChecked({ db, deps }: TestApp, submissionId: string, copy: Buffer) {
  const version = await db
    .selectFrom('video_version')
    .selectAll()
    .where('submission_id', '=', submissionId)
    .orderBy('n', 'desc')
    .executeTakeFirstOrThrow()
  const key = `videos/${version.id}.copy`
  const { sha256, sizeBytes } = await deps.storage.write(key, Readable.from([copy]))
  await db
    .updateTable('video_version')
    .set({
      state: 'needsReview',
      delivered_key: key,
      delivered_media_type: 'video/mp4',
      delivered_size_bytes: sizeBytes,
      delivered_sha256: sha256,
      scan: JSON.stringify({ status: 'clean', reason: null }),
      media: JSON.stringify(madeMedia),
    })
    .where('id', '=', version.id)
    .execute()
  await db
    .updateTable('video_submission')
    .set({ status: 'needsReview' })
    .where('id', '=', submissionId)
    .where('status', '=', 'checking')
    .execute()
  return version
}
