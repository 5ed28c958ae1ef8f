import type { Instant } from './instant.ts'
import { isReleased, type Reader, type RecordFacts, sharesWith, visibilityOf } from './visibility.ts'

/** What is made to be shown: the statement and the fact sheets. The submission to the UPR and other files are for the selection alone. */
export const shownKinds = ['statement', 'factSheet'] as const

export interface DocumentShown {
  kind: string
  isAccepted: boolean
  /** Is there a copy without metadata of what was scanned, as far as it can be, without a finding? */
  hasCleanCopy: boolean
}

export type DocumentView = 'staff' | 'applicant' | 'outside' | 'none'

/** R20, R25, R32: as for a video, by a consent of its own. */
export function documentViewOf(
  reader: Reader,
  record: RecordFacts,
  document: DocumentShown,
  now: Instant,
): DocumentView {
  const { view } = visibilityOf(reader, record, now)
  if (view === 'staff' || view === 'applicant') return view
  // A session is for its own applications; what is published is there for everybody without one.
  if (reader.role === 'applicant' || !(shownKinds as readonly string[]).includes(document.kind)) return 'none'
  if (!isReleased(record.releaseAt, now) || record.status !== 'submitted' || record.decision !== 'selected')
    return 'none'
  if (!document.isAccepted || !document.hasCleanCopy) return 'none'
  if (record.consents.includes('publishStatement')) return 'outside'
  const isMission = reader.role === 'mission' && reader.state !== undefined
  return isMission && sharesWith(reader.state as string, record) ? 'outside' : 'none'
}
