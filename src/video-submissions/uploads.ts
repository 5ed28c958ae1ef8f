import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { ShorterThanKnownError, type StoredFile } from '../storage/storage.ts'
import { enqueueCheck } from './media-queues.ts'
import {
  findSubmission,
  insertVersion,
  lockSubmission,
  type SubmissionRow,
  supersedeVersions,
  type UploadRow,
  updateSubmission,
} from './queries.ts'
import {
  deleteRemoval,
  findUpload,
  leaveRemoval,
  listExpired,
  listForgotten,
  lockUpload,
  takeRemovals,
  updateUpload,
} from './queries-uploads.ts'
import { beforeUpload, enqueueReceive, isStuck, tell } from './service.ts'

const expiryBatch = 100
const removalBatch = 500
const system = { id: 'system' }

/** Locks submission and upload, in this order; undefined where either is gone. */
async function openUpload(tx: Tx, id: string): Promise<{ upload: UploadRow; submission: SubmissionRow } | undefined> {
  const found = await findUpload(tx, id)
  if (found === undefined) return undefined
  const submission = await lockSubmission(tx, found.submission_id)
  const upload = await lockUpload(tx, id)
  return submission === undefined || upload === undefined ? undefined : { upload, submission }
}

/** A client gives its upload up. One whose bytes are all here is so only where reading them does not come to an end. */
export async function cancelUpload({ db, clock }: Deps, id: string, caller: { id: string }): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const open = await openUpload(tx, id)
    if (open === undefined) throw new AppError('upload_not_found')
    const { state } = open.upload
    const now = clock.now()
    if (state === 'received' || (state === 'complete' && !isStuck(open.upload, now)))
      throw new AppError('video_being_received')
    if (state !== 'open' && state !== 'complete') throw new AppError('upload_expired')
    await endUpload(tx, open, { state: 'cancelled', now, caller })
  })
}

interface End {
  state: 'cancelled' | 'expired' | 'refused'
  failure?: string | undefined
  now: string
  caller: { id: string }
}

async function endUpload(
  tx: Tx,
  { upload, submission }: { upload: UploadRow; submission: SubmissionRow },
  { state, failure = undefined, now, caller }: End,
): Promise<void> {
  await updateUpload(tx, upload.id, { state, failure: failure ?? null, updated_at: now })
  if (submission.status === 'uploading')
    await updateSubmission(tx, submission.id, { status: beforeUpload(submission), updated_at: now })
  const row = await findSubmission(tx, submission.id)
  if (row === undefined) return
  const details = { submissionId: submission.id, kind: state, ...(failure !== undefined && { code: failure }) }
  await tell(tx, row, { caller, now }, { action: 'video.uploadEnded', details })
}

/** All bytes are here: read as a whole, held against what was announced, and made a version that is then checked. May run twice. */
export async function receiveUpload({ db, storage, clock }: Deps, id: string): Promise<void> {
  const found = await findUpload(db, id)
  if (found?.state !== 'complete') return
  const stored = await storage.appendable
    .finish(found.storage_key, found.storage_state)
    .catch((error: unknown): undefined => {
      if (!(error instanceof ShorterThanKnownError)) throw error
    })
  const now = clock.now()
  const isGone = await db.transaction().execute(async (tx) => {
    const open = await openUpload(tx, id)
    if (open?.upload.state !== 'complete') return open?.upload.state !== 'received'
    const failure = failureOf(open.upload, stored)
    if (failure !== undefined || stored === undefined)
      await endUpload(tx, open, { state: 'refused', failure, now, caller: system })
    else await makeVersion(tx, open, stored, now)
    return false
  })
  // Erased or withdrawn meanwhile: its bytes may have been removed before they were put together.
  if (isGone) await storage.appendable.discard(found.storage_key, found.storage_state)
}

function failureOf({ size_bytes, sha256 }: UploadRow, stored: StoredFile | undefined): string | undefined {
  if (stored === undefined || stored.sizeBytes < size_bytes) return 'bytesLost'
  if (stored.sizeBytes !== size_bytes) return 'sizeMismatch'
  return sha256 === null || sha256 === stored.sha256 ? undefined : 'sha256Mismatch'
}

async function makeVersion(
  tx: Tx,
  { upload, submission }: { upload: UploadRow; submission: SubmissionRow },
  { sha256, sizeBytes }: StoredFile,
  now: string,
): Promise<void> {
  const n = (submission.current_version ?? 0) + 1
  const { id: versionId } = await insertVersion(tx, {
    submission_id: submission.id,
    n,
    stored_key: upload.storage_key,
    size_bytes: sizeBytes,
    sha256,
    file_name: upload.file_name,
    language: upload.language,
    received_at: upload.completed_at ?? now,
    created_at: now,
  })
  await supersedeVersions(tx, submission.id, n)
  await updateUpload(tx, upload.id, { state: 'received', version_id: versionId, updated_at: now })
  await updateSubmission(tx, submission.id, {
    status: 'checking',
    current_version: n,
    language: upload.language,
    updated_at: now,
  })
  const row = await findSubmission(tx, submission.id)
  const details = { submissionId: submission.id, version: n, to: 'checking' }
  if (row !== undefined)
    await tell(tx, row, { caller: { id: upload.created_by }, now }, { action: 'video.received', details })
  await enqueueCheck(tx, versionId)
}

/** Reads what is all here and was forgotten: its job was given up while the storage was away for days, or was lost. */
export async function receiveForgotten({ db }: Deps): Promise<void> {
  for (const id of await listForgotten(db, expiryBatch)) await enqueueReceive(db, id)
}

/** Ends the uploads that nobody sent a byte to for too long; what they left is removed by the tick below. */
export async function expireUploads({ db, clock }: Deps): Promise<void> {
  const now = clock.now()
  for (const { id } of await listExpired(db, now, expiryBatch)) {
    await db.transaction().execute(async (tx) => {
      const open = await openUpload(tx, id)
      // A byte may have come meanwhile.
      if (open?.upload.state !== 'open' || Date.parse(open.upload.expires_at) > Date.parse(now)) return
      await endUpload(tx, open, { state: 'expired', now, caller: system })
    })
  }
}

/** Removes the bytes that no row names any more. Nothing is locked meanwhile; where the storage is away the row stays, and it is asked again. */
export async function removeFiles({ db, storage, log }: Deps): Promise<void> {
  for (const removal of await takeRemovals(db, removalBatch)) {
    const { key, storage_state: state } = removal
    try {
      await (state === null ? storage.remove(key) : storage.appendable.discard(key, state))
      await deleteRemoval(db, removal)
    } catch (error) {
      log.warn({ err: error, key }, 'a file could not be removed yet')
      await leaveRemoval(db, removal)
    }
  }
}
