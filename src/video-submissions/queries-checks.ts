import type { Db, Tx } from '../db/database.ts'
import type { VideoVersionState } from '../db/tables-videos.ts'
import type { VideoCheck, VideoMedia, VideoScan } from '../domain/video.ts'

/** A version with what decides about how it is checked. */
export const findVersionToCheck = (db: Db, versionId: string) =>
  db
    .selectFrom('video_version as v')
    .innerJoin('video_submission as s', 's.id', 'v.submission_id')
    .innerJoin('application as a', 'a.id', 's.application_id')
    .innerJoin('pre_session as p', 'p.number', 'a.pre_session')
    .select([
      'v.id',
      'v.submission_id',
      'v.n',
      'v.state',
      'v.stored_key',
      'v.size_bytes',
      'v.file_name',
      'v.checks',
      'v.media',
      'v.scan',
      'v.checked_at',
      'v.delivered_key',
      'v.delivered_media_type',
      'v.poster_key',
      'v.rendition_key',
      's.current_version',
      's.form',
      's.application_id',
      'a.pre_session',
      'p.settings',
    ])
    .where('v.id', '=', versionId)
    .executeTakeFirst()

export type VersionToCheck = NonNullable<Awaited<ReturnType<typeof findVersionToCheck>>>

export interface CheckResult {
  state: VideoVersionState
  checks: VideoCheck[]
  media: VideoMedia | null
  scan: VideoScan
  copy: { key: string; mediaType: string; sizeBytes: number; sha256: string } | undefined
  at: string
}

export const saveCheck = (tx: Tx, versionId: string, { state, checks, media, scan, copy, at }: CheckResult) =>
  tx
    .updateTable('video_version')
    .set({
      state,
      checks: JSON.stringify(checks),
      media: JSON.stringify(media),
      scan: JSON.stringify(scan),
      checked_at: at,
      delivered_key: copy?.key ?? null,
      delivered_media_type: copy?.mediaType ?? null,
      delivered_size_bytes: copy?.sizeBytes ?? null,
      delivered_sha256: copy?.sha256 ?? null,
    })
    .where('id', '=', versionId)
    .execute()

/** What a later scan found; of what is infected nothing is left to be shown. Answers the keys that nothing names any more. */
export async function saveScan(
  tx: Tx,
  version: VersionToCheck,
  { checks, scan }: Pick<CheckResult, 'checks' | 'scan'>,
) {
  const isInfected = scan.status === 'infected'
  await tx
    .updateTable('video_version')
    .set({
      checks: JSON.stringify(checks),
      scan: JSON.stringify(scan),
      ...(isInfected && {
        delivered_key: null,
        delivered_media_type: null,
        delivered_size_bytes: null,
        delivered_sha256: null,
        poster_key: null,
        poster_media_type: null,
        rendition_key: null,
        rendition_media_type: null,
        rendition_size_bytes: null,
        rendition_sha256: null,
      }),
    })
    .where('id', '=', version.id)
    .execute()
  return isInfected
    ? [version.delivered_key, version.poster_key, version.rendition_key].filter((key) => key !== null)
    : []
}

interface Rendition {
  key: string
  sizeBytes: number
  sha256: string
}

export const saveRenditions = (
  tx: Tx,
  versionId: string,
  { poster, rendition }: { poster: string | null; rendition: Rendition | null },
) =>
  tx
    .updateTable('video_version')
    .set({
      poster_key: poster,
      poster_media_type: poster === null ? null : 'image/jpeg',
      rendition_key: rendition?.key ?? null,
      rendition_media_type: rendition === null ? null : 'video/mp4',
      rendition_size_bytes: rendition?.sizeBytes ?? null,
      rendition_sha256: rendition?.sha256 ?? null,
    })
    .where('id', '=', versionId)
    .execute()

export const listCaptionTexts = (tx: Db, submissionId: string) =>
  tx.selectFrom('video_caption').select(['language', 'text']).where('submission_id', '=', submissionId).execute()

export const saveCaptionChecks = (
  tx: Tx,
  submissionId: string,
  { language, checks }: { language: string; checks: VideoCheck[] },
) =>
  tx
    .updateTable('video_caption')
    .set({ checks: JSON.stringify(checks) })
    .where('submission_id', '=', submissionId)
    .where('language', '=', language)
    .execute()
