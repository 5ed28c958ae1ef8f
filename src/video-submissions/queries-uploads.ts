import { type Insertable, sql, type Updateable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { VideoUploadTable } from '../db/tables-videos.ts'
import type { AppendState, Progress } from '../storage/storage.ts'
import type { UploadRow } from './queries.ts'

export const insertUpload = (tx: Tx, row: Insertable<VideoUploadTable>) =>
  tx.insertInto('video_upload').values(row).execute()

/** An upload with what decides about who may send to it. */
export const findUpload = (db: Db, id: string) =>
  db
    .selectFrom('video_upload as u')
    .innerJoin('video_submission as s', 's.id', 'u.submission_id')
    .selectAll('u')
    .select(['s.application_id', 's.status as submission_status'])
    .where('u.id', '=', id)
    .executeTakeFirst()

/** The next holder of the lock: what an earlier one still wants to write down finds another number. */
export const claimUpload = (db: Db, id: string): Promise<UploadRow | undefined> =>
  db
    .updateTable('video_upload')
    .set(({ eb }) => ({ epoch: eb('epoch', '+', 1) }))
    .where('id', '=', id)
    .where('state', '=', 'open')
    .returningAll()
    .executeTakeFirst()

interface Kept extends Progress {
  epoch: number
  now: string
  expiresAt: string
}

/** Writes down what is surely kept; no row back means that somebody else has taken over or that the upload has ended. */
export async function keepProgress(db: Db, id: string, { offset, state, epoch, now, expiresAt }: Kept) {
  const row = await db
    .updateTable('video_upload')
    .set({
      received_bytes: offset,
      storage_state: JSON.stringify(state),
      updated_at: now,
      expires_at: expiresAt,
      state: sql`case when size_bytes = ${offset}::bigint then 'complete' else state end`,
      completed_at: sql`case when size_bytes = ${offset}::bigint then ${now}::timestamptz end`,
    })
    .where('id', '=', id)
    .where('epoch', '=', epoch)
    .where('state', '=', 'open')
    .returning('state')
    .executeTakeFirst()
  return row?.state
}

/** What nobody is told yet need not be on the database's disk; what is told later is there with it. */
export const withoutWaiting = (tx: Tx) => sql`set local synchronous_commit = off`.execute(tx)

/** Fewer bytes are there than were known. */
export const shortenUpload = (db: Db, id: string, { offset, epoch }: { offset: number; epoch: number }) =>
  db
    .updateTable('video_upload')
    .set({ received_bytes: offset })
    .where('id', '=', id)
    .where('epoch', '=', epoch)
    .where('state', '=', 'open')
    .execute()

/** The first bytes came: nothing where it is further already. */
export const markUploading = (db: Db, submissionId: string, now: string) =>
  db
    .updateTable('video_submission')
    .set({ status: 'uploading', updated_at: now })
    .where('id', '=', submissionId)
    .where('status', 'in', ['awaitingUpload', 'changesRequested'])
    .execute()

/** Locks it together with the submission it is for, whose lock comes first. */
export const lockUpload = (tx: Tx, id: string): Promise<UploadRow | undefined> =>
  tx.selectFrom('video_upload').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()

export const updateUpload = (tx: Tx, id: string, change: Updateable<VideoUploadTable>) =>
  tx.updateTable('video_upload').set(change).where('id', '=', id).execute()

/** The one that still takes bytes or waits to be read; locked. */
export const lockRunningUpload = (tx: Tx, submissionId: string): Promise<UploadRow | undefined> =>
  tx
    .selectFrom('video_upload')
    .selectAll()
    .where('submission_id', '=', submissionId)
    .where('state', 'in', ['open', 'complete'])
    .forUpdate()
    .executeTakeFirst()

/** Some of those that nobody has sent a byte to for too long. */
export const listExpired = (db: Db, now: string, limit: number) =>
  db
    .selectFrom('video_upload')
    .select(['id', 'submission_id'])
    .where('state', '=', 'open')
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(limit)
    .execute()

/** Some of those that are all here and that no job reads any more. */
export async function listForgotten(db: Db, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select u.id from video_upload u where u.state = 'complete' and not exists (
      select from graphile_worker._private_jobs j where j.payload ->> 'uploadId' = u.id
      and (j.attempts < j.max_attempts or j.locked_at is not null))
    order by u.completed_at limit ${limit}`.execute(db)
  return rows.map(({ id }) => id)
}

export interface Removal {
  key: string
  storage_state: AppendState | null
  taken_at: string
}

/** Bytes that are to go, taken by this process for some minutes of real time. */
export async function takeRemovals(db: Db, limit: number): Promise<Removal[]> {
  const { rows } = await sql<Removal>`
    update file_removal set taken_at = date_trunc('milliseconds', now()) where key in (
      select key from file_removal where taken_at is null or taken_at < now() - interval '10 minutes'
      order by requested_at limit ${limit} for update skip locked)
    returning key, storage_state, taken_at`.execute(db)
  return rows
}

/** Nothing where it is wanted gone again. */
export const deleteRemoval = (db: Db, { key, taken_at }: Removal) =>
  db.deleteFrom('file_removal').where('key', '=', key).where('taken_at', '=', taken_at).execute()

/** What could not be removed is for whoever comes next. */
export const leaveRemoval = (db: Db, { key, taken_at }: Removal) =>
  db
    .updateTable('file_removal')
    .set({ taken_at: null })
    .where('key', '=', key)
    .where('taken_at', '=', taken_at)
    .execute()
