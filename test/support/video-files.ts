import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { enqueueCheck } from '../../src/video-submissions/media-queues.ts'
import { insertVersion, supersedeVersions, updateSubmission } from '../../src/video-submissions/queries.ts'
import type { TestApp } from './app.ts'
import { runJobs } from './jobs.ts'

export const mediaFile = (name: string) => join(import.meta.dirname, '../fixtures/media', name)

/** A whole version of a submission, as an upload leaves it, of a file of the folder or of any other. */
export async function receive({ deps }: TestApp, submissionId: string, path: string): Promise<string> {
  const key = `videos/${randomBytes(24).toString('base64url')}`
  const { sha256, sizeBytes } = await deps.storage.write(key, createReadStream(path))
  const now = deps.clock.now()
  return deps.db.transaction().execute(async (tx) => {
    const { current_version } = await tx
      .selectFrom('video_submission')
      .select('current_version')
      .where('id', '=', submissionId)
      .executeTakeFirstOrThrow()
    const n = (current_version ?? 0) + 1
    const { id } = await insertVersion(tx, {
      submission_id: submissionId,
      n,
      stored_key: key,
      size_bytes: sizeBytes,
      sha256,
      file_name: path.split('/').at(-1) as string,
      language: 'en',
      received_at: now,
      created_at: now,
    } as never)
    await supersedeVersions(tx, submissionId, n)
    await updateSubmission(tx, submissionId, { status: 'checking', current_version: n, updated_at: now })
    await enqueueCheck(tx, id)
    return id
  })
}

/** The same, checked. */
export async function receiveAndCheck(app: TestApp, submissionId: string, path: string): Promise<string> {
  const id = await receive(app, submissionId, path)
  await runJobs(app.deps)
  return id
}

export const versionRow = ({ db }: TestApp, id: string) =>
  db.selectFrom('video_version').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
