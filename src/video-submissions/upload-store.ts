import { createHash, type Hash, timingSafeEqual } from 'node:crypto'
import type { Readable } from 'node:stream'
import { DataStore, ERRORS, Upload } from '@tus/utils'
import type { Deps } from '../deps.ts'
import { isEarlier } from '../domain/instant.ts'
import { AppError } from '../errors.ts'
import { type Checksum, type Progress, ShorterThanKnownError } from '../storage/storage.ts'
import {
  claimUpload,
  findUpload,
  keepProgress,
  markUploading,
  shortenUpload,
  withoutWaiting,
} from './queries-uploads.ts'
import { enqueueReceive, uploadExpiry } from './service.ts'
import { cancelUpload } from './uploads.ts'

export const checksumAlgorithms = ['sha1', 'sha256'] as const
/** What is offered of tus beyond its core; uploads are begun by POST /v1/video-submissions. */
export const tusExtensions = ['expiration', 'termination', 'checksum'] as const

/** What one request to an upload brings, and what is learnt on the way. */
export interface UploadRequest {
  caller: { id: string }
  /** `Upload-Checksum` of tus: of this request's bytes. */
  checksum?: string | undefined
  expiresAt?: string
}

/** The store that the tus library calls for one request: rows in the database, bytes in the storage, and nothing told that is not kept. */
export function uploadStore(deps: Deps, request: UploadRequest): DataStore {
  const { db, storage, clock } = deps
  return Object.assign(new DataStore(), {
    // The library's own clock would not be the service's: expiry is judged here.
    extensions: [...tusExtensions],

    async getUpload(id: string): Promise<Upload> {
      const row = await findUpload(db, id)
      if (row === undefined) throw ERRORS.FILE_NOT_FOUND
      if (!isLive(row.state) || (row.state === 'open' && !isEarlier(clock.now(), row.expires_at)))
        throw ERRORS.FILE_NO_LONGER_EXISTS
      request.expiresAt = row.expires_at
      return new Upload({ id, size: row.size_bytes, offset: row.received_bytes, creation_date: row.created_at })
    },

    async write(source: Readable, id: string, offset: number): Promise<number> {
      const row = await claimUpload(db, id)
      if (row === undefined) return offsetOfEnded(deps, id)
      // An earlier holder whose lock was lost may have written down more since the offset was compared.
      if (row.received_bytes !== offset) throw ERRORS.INVALID_OFFSET
      const { epoch, submission_id: submissionId } = row
      let isMarked = offset > 0
      const keep = async ({ offset: reached, state }: Progress, isLast: boolean) => {
        // With its last byte an upload takes no more; that is written down once, with what the client is told.
        if (!isLast && reached === row.size_bytes) return
        const now = clock.now()
        request.expiresAt = uploadExpiry(now)
        const kept = await db.transaction().execute(async (tx) => {
          if (!isLast) await withoutWaiting(tx)
          const progress = { offset: reached, state, epoch, now, expiresAt: uploadExpiry(now) }
          const become = await keepProgress(tx, id, progress)
          if (become === 'complete') await enqueueReceive(tx, id)
          return become
        })
        if (kept === undefined) throw new AppError('upload_locked', { headers: { 'retry-after': '1' } })
        if (!isMarked) await markUploading(db, submissionId, now)
        isMarked = true
      }
      const checksum = checksumOf(request.checksum)
      try {
        const input = { offset, state: row.storage_state, source, checksum, keep }
        return await storage.appendable.append(row.storage_key, input)
      } catch (error) {
        if (!(error instanceof ShorterThanKnownError)) throw error
        await shortenUpload(db, id, { offset: error.offset, epoch })
        throw ERRORS.INVALID_OFFSET
      }
    },

    async remove(id: string): Promise<void> {
      await cancelUpload(deps, id, request.caller)
    },
  })
}

/** All bytes were here before, and nothing was sent but the question whether they are. */
async function offsetOfEnded({ db }: Deps, id: string): Promise<number> {
  const row = await findUpload(db, id)
  if (row === undefined || !isLive(row.state)) throw ERRORS.FILE_NO_LONGER_EXISTS
  return row.received_bytes
}

const isLive = (state: string): boolean => ['open', 'complete', 'received'].includes(state)

/** `sha256 <base64>`: what came must have it, or nothing of it counts. */
function checksumOf(header: string | undefined): Checksum | undefined {
  if (header === undefined) return undefined
  const [algorithm = '', digest = ''] = header.split(' ')
  const hash: Hash = createHash(algorithm)
  const expected = Buffer.from(digest, 'base64')
  return {
    update: (chunk) => hash.update(chunk),
    verify: () => {
      const actual = hash.digest()
      if (actual.length !== expected.length || !timingSafeEqual(actual, expected))
        throw new AppError('checksum_mismatch')
    },
  }
}
