import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type {
  VideoReviewTable,
  VideoSubmissionTable,
  VideoUploadTable,
  VideoVersionState,
  VideoVersionTable,
} from '../db/tables-videos.ts'
import type { Deadline } from '../domain/deadline.ts'
import type { VideoCheck, VideoMedia, VideoScan } from '../domain/video.ts'
import { seesAsStaff } from '../domain/visibility.ts'

export type SubmissionRow = Selectable<VideoSubmissionTable>
export type VersionRow = Selectable<VideoVersionTable>

/** A submission with all that is needed to say who sees what of it. */
export interface SubmissionDetail extends SubmissionRow {
  pre_session: number
  country: string | null
  application_status: 'draft' | 'submitted' | 'withdrawn' | 'prevented'
  decision: string
  answer: string
  emails: string[]
  consents: string[]
  at_risk: boolean
  release_at: string | null
  round_status: string
  video_deadline: Deadline | null
  country_video_deadline: Deadline | null
  /** Until when late access was given to this speaker. */
  waived_until: string | null
  version_id: string | null
  version_state: VideoVersionState | null
  stored_key: string | null
  size_bytes: number | null
  sha256: string | null
  file_name: string | null
  received_at: string | null
  checks: VideoCheck[] | null
  media: VideoMedia | null
  scan: VideoScan | null
  checked_at: string | null
  delivered_key: string | null
  delivered_media_type: string | null
  delivered_size_bytes: number | null
  delivered_sha256: string | null
  poster_key: string | null
  rendition_key: string | null
  upload_id: string | null
  upload_state: string | null
  upload_size_bytes: number | null
  upload_received_bytes: number | null
  upload_expires_at: string | null
  upload_failure: string | null
  captions: { language: string; checks: VideoCheck[] }[]
  review: { decision: string; reasons: string[]; reviewer: string; at: string; version: number | null } | null
}

/** Application, country, round, newest version, last upload, captions and last review come with it in one statement. */
const details = (db: Db) =>
  db
    .selectFrom('video_submission as s')
    .innerJoin('application as a', 'a.id', 's.application_id')
    .innerJoin('pre_session as p', 'p.number', 'a.pre_session')
    .leftJoin('country_under_review as c', (join) =>
      join.onRef('c.pre_session', '=', 'a.pre_session').onRef('c.iso3', '=', 'a.country'),
    )
    .leftJoin('video_version as v', (join) =>
      join.onRef('v.submission_id', '=', 's.id').onRef('v.n', '=', 's.current_version'),
    )
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom('video_upload')
          .select(['id', 'state', 'size_bytes', 'received_bytes', 'expires_at', 'failure'])
          .whereRef('video_upload.submission_id', '=', 's.id')
          .orderBy('video_upload.created_at', 'desc')
          .limit(1)
          .as('u'),
      (join) => join.onTrue(),
    )
    .selectAll('s')
    .select([
      'a.pre_session',
      'a.country',
      'a.status as application_status',
      'a.decision',
      'a.answer',
      'a.emails',
      'a.consents',
      'a.at_risk',
      'c.release_at',
      'p.status as round_status',
      'p.video_deadline',
      'c.video_deadline as country_video_deadline',
      sql<string | null>`(select max(w.until) from deadline_waiver w where w.kind = 'video'
        and w.pre_session = a.pre_session and w.iso3 = a.country and w.email = any (a.emails))`.as('waived_until'),
      'v.id as version_id',
      'v.state as version_state',
      'v.stored_key',
      'v.size_bytes',
      'v.sha256',
      'v.file_name',
      'v.received_at',
      'v.checks',
      'v.media',
      'v.scan',
      'v.checked_at',
      'v.delivered_key',
      'v.delivered_media_type',
      'v.delivered_size_bytes',
      'v.delivered_sha256',
      'v.poster_key',
      'v.rendition_key',
      'u.id as upload_id',
      'u.state as upload_state',
      'u.size_bytes as upload_size_bytes',
      'u.received_bytes as upload_received_bytes',
      'u.expires_at as upload_expires_at',
      'u.failure as upload_failure',
      sql<SubmissionDetail['captions']>`coalesce((
        select json_agg(json_build_object('language', t.language, 'checks', t.checks) order by t.language)
        from video_caption t where t.submission_id = s.id), '[]')`.as('captions'),
      sql<SubmissionDetail['review']>`(
        select json_build_object('decision', r.decision, 'reasons', r.reasons, 'reviewer', r.reviewer,
          'at', to_char(r.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'version', (select w.n from video_version w where w.id = r.version_id))
        from video_review r where r.submission_id = s.id order by r.id desc limit 1)`.as('review'),
    ])

export const findSubmission = (db: Db, id: string): Promise<SubmissionDetail | undefined> =>
  details(db).where('s.id', '=', id).executeTakeFirst() as unknown as Promise<SubmissionDetail | undefined>

export interface SubmissionFilters {
  preSession?: number | undefined
  country?: string | undefined
  application?: string | undefined
  status?: string | undefined
}

export interface SubmissionList {
  caller: {
    role: string
    state?: string | undefined
    email?: string | undefined
    preSessions?: readonly number[] | undefined
    countries?: readonly string[] | undefined
  }
  filters: SubmissionFilters
  now: string
  after: string | undefined
  limit: number
}

/** What the caller may see, newest first: the conditions of `videoViewOf` as SQL, so that pages tell no more than rows do. */
export function listSubmissions(db: Db, { caller, filters, now, after, limit }: SubmissionList) {
  let query = details(db)
    .where(visibleTo(caller, now))
    .orderBy('s.id', 'desc')
    .limit(limit + 1)
  if (filters.preSession !== undefined) query = query.where('a.pre_session', '=', filters.preSession)
  if (filters.country !== undefined) query = query.where('a.country', '=', filters.country.toUpperCase())
  if (filters.application !== undefined) query = query.where('s.application_id', '=', filters.application)
  if (filters.status !== undefined) query = query.where('s.status', '=', filters.status as SubmissionRow['status'])
  if (caller.preSessions !== undefined) query = query.where('a.pre_session', 'in', [...caller.preSessions])
  if (caller.countries !== undefined) query = query.where('a.country', 'in', [...caller.countries])
  if (after !== undefined) query = query.where('s.id', '<', after)
  return query.execute() as unknown as Promise<SubmissionDetail[]>
}

function visibleTo({ role, state, email }: SubmissionList['caller'], now: string) {
  if (seesAsStaff(role)) return sql<boolean>`true`
  const released = sql<boolean>`c.release_at <= ${now}::timestamptz and a.decision = 'selected'`
  const consented =
    role === 'mission' && state !== undefined
      ? sql<boolean>`('publishVideo' = any (a.consents) or ('shareWithMissions' = any (a.consents)
          and (a.country <> ${state} or 'shareWithStateUnderReview' = any (a.consents))))`
      : sql<boolean>`'publishVideo' = any (a.consents)`
  const published = sql<boolean>`(a.status = 'submitted' and s.status in ('accepted', 'screened') and v.state = 'accepted'
    and v.delivered_key is not null and v.scan ->> 'status' is distinct from 'infected'
    and (not a.at_risk or s.form <> 'speakerOnVideo') and ${consented})`
  // An applicant's list is of its own; what is published is there for everybody without a credential.
  return role === 'applicant'
    ? sql<boolean>`${released} and a.emails @> array[${email ?? ''}]`
    : sql<boolean>`${released} and ${published}`
}

export const insertSubmission = (tx: Tx, row: Insertable<VideoSubmissionTable>) =>
  tx.insertInto('video_submission').values(row).returning('id').executeTakeFirstOrThrow()

export const lockSubmission = (tx: Tx, id: string): Promise<SubmissionRow | undefined> =>
  tx.selectFrom('video_submission').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()

export const updateSubmission = (tx: Tx, id: string, change: Updateable<VideoSubmissionTable>) =>
  tx.updateTable('video_submission').set(change).where('id', '=', id).execute()

export const deleteSubmission = (tx: Tx, id: string) => tx.deleteFrom('video_submission').where('id', '=', id).execute()

/** It stays as it is until its first video is there; one that is being erased is waited for. */
export const holdApplication = (tx: Tx, id: string) =>
  tx.selectFrom('application').select('id').where('id', '=', id).forShare().execute()

/** The facts of an application that decide about its video. */
export const findSpeaker = (db: Db, applicationId: string) =>
  db
    .selectFrom('application as a')
    .innerJoin('pre_session as p', 'p.number', 'a.pre_session')
    .leftJoin('country_under_review as c', (join) =>
      join.onRef('c.pre_session', '=', 'a.pre_session').onRef('c.iso3', '=', 'a.country'),
    )
    .select([
      'a.id',
      'a.pre_session',
      'a.country',
      'a.status',
      'a.decision',
      'a.answer',
      'a.told_status',
      'a.at_risk',
      'a.emails',
      'a.consents',
      'c.release_at',
      'p.status as round_status',
      'p.settings',
    ])
    .where('a.id', '=', applicationId)
    .executeTakeFirst()

export type SpeakerRow = NonNullable<Awaited<ReturnType<typeof findSpeaker>>>

export function listVersions(
  db: Db,
  submissionId: string,
  { after, limit }: { after: number | undefined; limit: number },
): Promise<VersionRow[]> {
  let query = db.selectFrom('video_version').selectAll().where('submission_id', '=', submissionId)
  if (after !== undefined) query = query.where('n', '<', after)
  return query
    .orderBy('n', 'desc')
    .limit(limit + 1)
    .execute()
}

export const findVersion = (db: Db, submissionId: string, n: number): Promise<VersionRow | undefined> =>
  db
    .selectFrom('video_version')
    .selectAll()
    .where('submission_id', '=', submissionId)
    .where('n', '=', n)
    .executeTakeFirst()

export const findVersionById = (db: Db, submissionId: string, id: string): Promise<VersionRow | undefined> =>
  db
    .selectFrom('video_version')
    .selectAll()
    .where('submission_id', '=', submissionId)
    .where('id', '=', id)
    .executeTakeFirst()

export const insertVersion = (tx: Tx, row: Insertable<VideoVersionTable>) =>
  tx.insertInto('video_version').values(row).returning('id').executeTakeFirstOrThrow()

/** Whatever was found or decided of an earlier version is over once a newer one is here. */
export const supersedeVersions = (tx: Tx, submissionId: string, before: number) =>
  tx
    .updateTable('video_version')
    .set({ state: 'superseded' })
    .where('submission_id', '=', submissionId)
    .where('n', '<', before)
    .where('state', '<>', 'superseded')
    .execute()

export const updateVersion = (tx: Tx, id: string, change: Updateable<VideoVersionTable>) =>
  tx.updateTable('video_version').set(change).where('id', '=', id).execute()

/** All that was handed in; the bytes go with the rows. */
export async function deleteContent(tx: Tx, submissionId: string): Promise<void> {
  await tx.deleteFrom('video_upload').where('submission_id', '=', submissionId).execute()
  await tx.deleteFrom('video_review').where('submission_id', '=', submissionId).execute()
  await tx.deleteFrom('video_version').where('submission_id', '=', submissionId).execute()
  await tx.deleteFrom('video_caption').where('submission_id', '=', submissionId).execute()
}

export const insertReview = (tx: Tx, row: Insertable<VideoReviewTable>) =>
  tx.insertInto('video_review').values(row).returning('id').executeTakeFirstOrThrow()

export const hasStatement = async (tx: Tx, applicationId: string): Promise<boolean> =>
  (await tx
    .selectFrom('document')
    .select('id')
    .where('application_id', '=', applicationId)
    .where('kind', '=', 'statement')
    .where('status', '=', 'stored')
    .executeTakeFirst()) !== undefined

export type UploadRow = Selectable<VideoUploadTable>
