import type { Instant } from './instant.ts'
import type { VideoStatus } from './lifecycles-video.ts'
import type { VideoForm } from './video.ts'
import { isReleased, type Reader, type RecordFacts, sharesWith, visibilityOf } from './visibility.ts'

/** What a video submission says about who may see it. */
export interface VideoFacts {
  status: VideoStatus
  form: VideoForm
  /** The newest version: was it accepted, is there a copy without metadata, and did the scan find something? */
  version?: { isAccepted: boolean; hasCopy: boolean; isInfected: boolean } | undefined
}

/** `staff` and `owner` see the whole of it, `outside` what is published; `none`: as if it never was. */
export type VideoView = 'staff' | 'owner' | 'outside' | 'none'

/** R20, R25, R32: who sees a video submission. Asked at every request, so that a consent that is withdrawn counts at once. */
export function videoViewOf(reader: Reader, record: RecordFacts, video: VideoFacts, now: Instant): VideoView {
  const { view, showsDecision } = visibilityOf(reader, record, now)
  if (view === 'staff') return 'staff'
  // That there is a video tells of the selection.
  if (view === 'applicant') return showsDecision && record.decision === 'selected' ? 'owner' : 'none'
  // A session is for its own applications; what is published is there for everybody without one.
  if (reader.role === 'applicant') return 'none'
  return isPublished(reader, record, video, now) ? 'outside' : 'none'
}

function isPublished(reader: Reader, record: RecordFacts, { status, form, version }: VideoFacts, now: Instant) {
  if (!isReleased(record.releaseAt, now) || record.status !== 'submitted' || record.decision !== 'selected')
    return false
  if (status !== 'accepted' && status !== 'screened') return false
  if (version === undefined || !version.isAccepted || !version.hasCopy || version.isInfected) return false
  // Contract §2, invariant 4: whoever is at risk shows no face, whatever was consented to.
  if (record.atRisk && form === 'speakerOnVideo') return false
  if (record.consents.includes('publishVideo')) return true
  return reader.role === 'mission' && reader.state !== undefined && sharesWith(reader.state, record)
}
