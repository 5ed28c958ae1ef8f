import { randomBytes } from 'node:crypto'
import { statusToldTo, visibilityFor } from '../applications/reading.ts'
import { type Db, type Tx, violates } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { addSeconds, isEarlier } from '../domain/instant.ts'
import { canMove, lifecycles } from '../domain/lifecycles.ts'
import type { VideoForm } from '../domain/video.ts'
import { mayHandIn, takesVideos } from '../domain/video-handing-in.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act, Caller } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { enqueue } from '../jobs/queue.ts'
import { settingsOf } from '../pre-sessions/settings.ts'
import {
  deleteContent,
  deleteSubmission,
  findSpeaker,
  findSubmission,
  holdApplication,
  insertSubmission,
  lockSubmission,
  type SpeakerRow,
  type SubmissionDetail,
  type SubmissionRow,
  type UploadRow,
  updateSubmission,
} from './queries.ts'
import { insertUpload, lockRunningUpload, updateUpload } from './queries-uploads.ts'
import { ownViews, readSubmission } from './reading.ts'
import { viewFor } from './views.ts'

/** What is announced of a file: its size is known before a byte is sent. */
export interface Announcement {
  fileName: string
  sizeBytes: number
  sha256?: string | undefined
}

export interface NewSubmission extends Partial<Announcement> {
  applicationId: string
  language: string
  form?: VideoForm | undefined
}

/** How long an upload waits for its next byte. */
export const uploadDays = 14
export const uploadExpiry = (now: string): string => addSeconds(now, uploadDays * 24 * 3600)

export const enqueueReceive = (db: Db, uploadId: string): Promise<void> =>
  enqueue(db, 'video-receive', { uploadId }, { jobKey: `video-receive-${uploadId}` })

/** Longer than reading the largest file takes. */
const stuckSeconds = 10 * 60

/** All its bytes are here, and reading them does not come to an end: its person need not wait for that. */
export const isStuck = ({ completed_at }: Pick<UploadRow, 'completed_at'>, now: string): boolean =>
  completed_at !== null && !isEarlier(now, addSeconds(completed_at, stuckSeconds))

/** R23: begins the video of a selected speaker, and an upload for its first version. */
export async function createVideoSubmission(deps: Deps, input: NewSubmission, act: Act): Promise<SubmissionDetail> {
  const { caller, now } = act
  const form = input.form ?? 'speakerOnVideo'
  return deps.db.transaction().execute(async (tx) => {
    await holdApplication(tx, input.applicationId)
    const speaker = await requireSpeaker(tx, input.applicationId, act)
    requireLanguage(speaker, input.language)
    const { id } = await insertSubmission(tx, {
      application_id: speaker.id,
      language: input.language,
      form,
      status: form === 'textOnly' ? 'needsReview' : 'awaitingUpload',
      current_version: null,
      created_by: caller.id,
      created_at: now,
      updated_at: now,
    }).catch(refuseSecond)
    if (form !== 'textOnly') {
      const upload = requireAnnouncement(input, speaker)
      await beginUpload(tx, { id, language: input.language }, upload, act)
    } else if (input.fileName !== undefined || input.sizeBytes !== undefined || input.sha256 !== undefined) {
      throw invalidInput('/form', 'no_file', 'A statement that is given as text alone has no file.')
    }
    await tell(tx, speaker, act, { action: 'video.announced', details: { submissionId: id, kind: form } })
    return detail(tx, id)
  })
}

function refuseSecond(error: unknown): never {
  throw violates(error, 'video_submission_once') ? new AppError('video_submission_exists', { cause: error }) : error
}

/** Another version of the same video; an upload that was not finished is given up for it. */
export async function addVideoVersion(
  deps: Deps,
  id: string,
  input: Announcement & { language?: string | undefined },
  act: Act,
): Promise<SubmissionDetail> {
  return deps.db.transaction().execute(async (tx) => {
    const row = await openSubmission(deps, tx, id, act)
    const speaker = await requireSpeaker(tx, row.application_id, act)
    if (row.status === 'withdrawn' || row.status === 'screened' || row.form === 'textOnly')
      throw new AppError('video_closed', { detail: `The submission has the status ${row.status}.` })
    requireRoom(row, speaker)
    const language = input.language ?? row.language
    requireLanguage(speaker, language)
    const running = await lockRunningUpload(tx, id)
    if (running?.state === 'complete' && !isStuck(running, act.now)) throw new AppError('video_being_received')
    if (running !== undefined) await updateUpload(tx, running.id, { state: 'cancelled', updated_at: act.now })
    await beginUpload(tx, { id, language }, requireAnnouncement(input, speaker), act)
    if (row.status === 'uploading') await updateSubmission(tx, id, { status: beforeUpload(row), updated_at: act.now })
    await tell(tx, speaker, act, { action: 'video.versionAnnounced', details: { submissionId: id } })
    return detail(tx, id)
  })
}

/** Where a submission stands again whose upload came to nothing. */
export const beforeUpload = ({ current_version }: Pick<SubmissionRow, 'current_version'>) =>
  current_version === null ? ('awaitingUpload' as const) : ('changesRequested' as const)

async function beginUpload(
  tx: Tx,
  { id, language }: { id: string; language: string },
  { fileName, sizeBytes, sha256 }: Announcement,
  { caller, now }: Act,
): Promise<void> {
  await insertUpload(tx, {
    id: randomBytes(24).toString('base64url'),
    submission_id: id,
    file_name: cleanFileName(fileName),
    language,
    size_bytes: sizeBytes,
    sha256: sha256?.toLowerCase() ?? null,
    storage_key: `videos/${randomBytes(24).toString('base64url')}`,
    failure: null,
    version_id: null,
    created_by: caller.id,
    created_at: now,
    updated_at: now,
    expires_at: uploadExpiry(now),
    completed_at: null,
  })
}

/** The name as given, without path and control characters: it is shown to those who know it, and never used as a path. */
const cleanFileName = (name: string): string =>
  (name.split(/[\\/]/).at(-1) ?? '').replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '').slice(0, 255) || 'video'

/** Whoever may not know of an application learns no more than that there is none; who may and was not told of a selection, that there is nothing to hand in. */
async function requireSpeaker(tx: Tx, applicationId: string, { caller, now }: Act): Promise<SpeakerRow> {
  const row = await findSpeaker(tx, applicationId)
  if (row === undefined) throw new AppError('application_not_found')
  const { view } = visibilityFor(caller, row, now)
  if (view !== 'staff' && view !== 'applicant') throw new AppError('application_not_found')
  const isStaff = view === 'staff'
  const status = statusToldTo(caller.role, row)
  const facts = { ...row, status, decision: row.decision as 'selected', releaseAt: row.release_at }
  if (!mayHandIn(facts, { isStaff, now })) throw new AppError('nothing_to_hand_in')
  if (!takesVideos(row.round_status))
    throw new AppError('videos_closed', {
      detail: `Pre-sessions ${row.pre_session} has the status ${row.round_status}.`,
    })
  return row
}

function requireLanguage({ settings }: SpeakerRow, language: string): void {
  const { languages } = settingsOf(settings)
  if (languages.includes(language)) return
  const message = `This round takes statements in: ${languages.join(', ')}.`
  throw invalidInput('/language', 'not_an_allowed_value', message)
}

/** Versions are numbered without gaps and all kept: the number of the newest one is how many lie in the storage. */
function requireRoom({ current_version }: SubmissionRow, { settings }: SpeakerRow): void {
  const { maxVersions } = settingsOf(settings).video
  if ((current_version ?? 0) >= maxVersions)
    throw new AppError('too_many_video_versions', {
      detail: `This round takes ${maxVersions} versions of a video at most.`,
    })
}

function requireAnnouncement({ fileName, sizeBytes, sha256 }: Partial<Announcement>, { settings }: SpeakerRow) {
  const missing = Object.entries({ fileName, sizeBytes }).filter(([, value]) => value === undefined)
  if (fileName === undefined || sizeBytes === undefined)
    throw new AppError('invalid_request', {
      detail: 'A video needs the name of its file and its size.',
      errors: missing.map(([name]) => ({
        pointer: `/${name}`,
        code: 'required',
        message: 'It is needed for a video.',
      })),
    })
  const { maxBytes } = settingsOf(settings).video
  if (sizeBytes > maxBytes)
    throw invalidInput('/sizeBytes', 'too_large', `A video of this round has at most ${maxBytes} bytes.`)
  return { fileName, sizeBytes, sha256 }
}

/** Locked, seen by its owner or the secretariat, and as the caller believes it to be when it sent `If-Match`. */
export async function openSubmission(deps: Deps, tx: Tx, id: string, act: Act): Promise<SubmissionDetail> {
  await lockSubmission(tx, id)
  const { row, view } = await readSubmission(tx, id, { viewer: act.caller, now: act.now, views: ownViews })
  if (act.ifMatch !== undefined) requireMatch(act.ifMatch, viewFor(deps, row, { view, now: act.now }))
  return row
}

export async function detail(tx: Tx, id: string): Promise<SubmissionDetail> {
  const row = await findSubmission(tx, id)
  if (row === undefined) throw new AppError('video_submission_not_found')
  return row
}

/** Takes the statement back: what was handed in is removed, and that there was something stays, without a word of it. */
export async function withdrawVideo(deps: Deps, id: string, reason: string | undefined, act: Act) {
  return deps.db.transaction().execute(async (tx) => {
    const row = await openSubmission(deps, tx, id, act)
    if (!canMove(lifecycles.videoSubmission, row.status, 'withdrawn'))
      throw new AppError('video_closed', { detail: `The submission has the status ${row.status}.` })
    await deleteContent(tx, id)
    await updateSubmission(tx, id, { status: 'withdrawn', current_version: null, updated_at: act.now })
    await tell(tx, row, act, { action: 'video.withdrawn', reason, details: { submissionId: id } })
    return detail(tx, id)
  })
}

/** Removes a submission whole, as long as nothing rests on it. */
export async function deleteVideo(deps: Deps, id: string, act: Act): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const row = await openSubmission(deps, tx, id, act)
    if (row.status === 'accepted' || row.status === 'screened') throw new AppError('video_in_use')
    await deleteContent(tx, id)
    await deleteSubmission(tx, id)
    await tell(tx, row, act, { action: 'video.deleted', details: { submissionId: id } })
  })
}

interface Event {
  action: string
  reason?: string | undefined
  details: Record<string, unknown>
}

export function tell(
  tx: Tx,
  row: { pre_session: number; application_id?: string; id: string },
  { caller, now }: { caller: Pick<Caller, 'id'>; now: string },
  { action, reason, details }: Event,
): Promise<void> {
  return appendHistory(tx, {
    preSession: row.pre_session,
    applicationId: row.application_id ?? row.id,
    action,
    at: now,
    actor: caller.id,
    reason,
    details,
  })
}
