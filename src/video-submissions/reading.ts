import { isWithinOwnLimits } from '../applications/reading.ts'
import type { Db } from '../db/database.ts'
import type { Consent } from '../domain/application.ts'
import { type VideoFacts, type VideoView, videoViewOf } from '../domain/video-access.ts'
import type { RecordFacts } from '../domain/visibility.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import { findSubmission, type SubmissionDetail } from './queries.ts'

/** Who looks at it: a caller, or whom a signed address was made for. */
export type Viewer = Pick<Caller, 'role' | 'state' | 'email' | 'preSessions' | 'countries'>

export const factsOf = (row: SubmissionDetail): VideoFacts => ({
  status: row.status,
  form: row.form,
  ...(row.version_id !== null && {
    version: {
      isAccepted: row.version_state === 'accepted',
      hasCopy: row.delivered_key !== null,
      isInfected: row.scan?.status === 'infected',
    },
  }),
})

export const recordOf = (row: SubmissionDetail): RecordFacts => ({
  country: row.country,
  status: row.application_status,
  decision: row.decision as RecordFacts['decision'],
  emails: row.emails,
  consents: row.consents as Consent[],
  atRisk: row.at_risk,
  releaseAt: row.release_at,
})

/** The one place where a viewer and a video submission meet. */
export function viewOf(viewer: Viewer, row: SubmissionDetail, now: string): VideoView {
  if (!isWithinOwnLimits(viewer as Caller, row)) return 'none'
  return videoViewOf(viewer, recordOf(row), factsOf(row), now)
}

interface Reading {
  viewer: Viewer
  now: string
  views?: readonly VideoView[]
}

/** The submission as far as it may be seen; what may not be seen is not there. */
export async function readSubmission(db: Db, id: string, { viewer, now, views }: Reading) {
  const row = await findSubmission(db, id)
  if (row === undefined) throw new AppError('video_submission_not_found')
  const view = viewOf(viewer, row, now)
  if (view === 'none' || (views !== undefined && !views.includes(view)))
    throw new AppError('video_submission_not_found')
  return { row, view }
}

/** For what only the secretariat and the person themselves do and see. */
export const ownViews = ['staff', 'owner'] as const
