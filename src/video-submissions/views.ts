import { visibilityFor } from '../applications/reading.ts'
import type { Deps } from '../deps.ts'
import type { VideoView } from '../domain/video-access.ts'
import { punctualityOf } from '../domain/video-handing-in.ts'
import type { Caller } from '../http/access.ts'
import type { Static } from '../http/schemas.ts'
import type { SubmissionDetail, UploadRow, VersionRow } from './queries.ts'
import type { Viewer } from './reading.ts'
import type { PublishedVideo, VideoSubmission, VideoUpload, VideoVersionView } from './schemas.ts'

interface Looking {
  view: VideoView
  now: string
  viewer?: Viewer
}

/** The submission in the view of whoever looks; never called for a view of `none`. */
export function viewFor(deps: Pick<Deps, 'config'>, row: SubmissionDetail, { view, now, viewer }: Looking) {
  return view === 'outside' ? toPublished(row, viewer, now) : toSubmission(deps, row, view === 'staff')
}

type DeadlinePlace = Pick<SubmissionDetail, 'video_deadline' | 'country_video_deadline' | 'waived_until'>

/** Asked whenever it is shown: an extension or a waiver that comes later counts too. */
export function punctualityIn(row: DeadlinePlace & Pick<SubmissionDetail, 'received_at'>) {
  const { received_at: receivedAt, video_deadline, country_video_deadline: own, waived_until: until } = row
  const round = receivedAt === null ? null : video_deadline
  return punctualityOf(receivedAt ?? '', round, own ?? undefined, until === null ? undefined : { until })
}

type VersionFacts = Pick<
  VersionRow,
  'n' | 'state' | 'file_name' | 'size_bytes' | 'sha256' | 'received_at' | 'scan' | 'media' | 'checks' | 'delivered_key'
>

export function toVersion(row: VersionFacts, place: DeadlinePlace): Static<typeof VideoVersionView> {
  const { isLate, marginSeconds } = punctualityIn({ ...place, received_at: row.received_at })
  return {
    number: row.n,
    state: row.state,
    fileName: row.file_name,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    receivedAt: row.received_at,
    late: isLate,
    marginSeconds: marginSeconds ?? null,
    scan: row.scan,
    media: row.media,
    checks: row.checks,
    hasCopy: row.delivered_key !== null,
  }
}

function toSubmission({ config }: Pick<Deps, 'config'>, row: SubmissionDetail, isStaff: boolean) {
  const { review, current_version: n } = row
  const view: Static<typeof VideoSubmission> = {
    id: row.id,
    preSession: row.pre_session,
    country: row.country,
    language: row.language,
    applicationId: row.application_id,
    form: row.form,
    status: row.status,
    upload: row.upload_id === null ? null : toUpload(config.http.publicUrl, uploadIn(row)),
    version:
      n === null || row.version_id === null
        ? null
        : toVersion({ ...(row as never as VersionFacts), n, state: row.version_state as VersionFacts['state'] }, row),
    captions: row.captions,
    review:
      review === null
        ? null
        : {
            decision: review.decision as 'accept',
            reasons: review.reasons,
            version: review.version,
            at: review.at.replace('.000Z', 'Z'),
            ...(isStaff && { reviewer: review.reviewer }),
          },
    ...(isStaff && { createdBy: row.created_by }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
  return view
}

type UploadFacts = Pick<UploadRow, 'id' | 'state' | 'size_bytes' | 'received_bytes' | 'expires_at' | 'failure'>

export const toUpload = (publicUrl: string, row: UploadFacts): Static<typeof VideoUpload> => ({
  state: row.state,
  ...(row.state === 'open' && { url: `${publicUrl}/v1/uploads/${row.id}` }),
  sizeBytes: row.size_bytes,
  receivedBytes: row.received_bytes,
  expiresAt: row.expires_at,
  ...(row.failure !== null && { failure: row.failure as 'sha256Mismatch' }),
})

/** All of it is there where its id is. */
const uploadIn = (row: SubmissionDetail) =>
  ({
    id: row.upload_id,
    state: row.upload_state,
    size_bytes: row.upload_size_bytes,
    received_bytes: row.upload_received_bytes,
    expires_at: row.upload_expires_at,
    failure: row.upload_failure,
  }) as UploadFacts

/** Who speaks is told only where the caller may see the speaker. */
function toPublished(row: SubmissionDetail, viewer: Viewer | undefined, now: string): Static<typeof PublishedVideo> {
  const seesSpeaker = viewer !== undefined && speakerIsSeen(row, viewer, now)
  return {
    id: row.id,
    preSession: row.pre_session,
    country: row.country,
    language: row.language,
    ...(seesSpeaker && { applicationId: row.application_id }),
    durationSeconds: row.media?.durationSeconds ?? null,
    width: row.media?.width ?? null,
    height: row.media?.height ?? null,
    captions: row.captions.map(({ language }) => language),
  }
}

function speakerIsSeen(row: SubmissionDetail, viewer: Viewer, now: string): boolean {
  return visibilityFor(viewer as Caller, { ...row, status: row.application_status }, now).view !== 'none'
}
