import type { Instant } from './instant.ts'
import { isBeforeClosing } from './window.ts'

export interface DocumentFacts {
  id: string
  status: 'stored' | 'pending' | 'failed'
  /** Beside the content of a Jotform application, and by whom; absent: it counts where the content lists it. */
  byHand?: { by: 'staff' | 'other'; at: Instant } | undefined
}

/**
 * R9: as the UPR submission count the documents that the assessed content lists, and those added by hand before the closing instant. After it
 * staff may still give what Jotform did not: one document for each listed file whose copy failed, because the file itself came in time.
 */
export function countingDocuments<T extends DocumentFacts>(
  documents: readonly T[],
  listedIds: readonly string[],
  closesAt: Instant,
): T[] {
  const listed = documents.filter(({ id }) => listedIds.includes(id))
  const inTime = documents.filter(({ byHand }) => byHand !== undefined && isBeforeClosing(byHand.at, closesAt))
  const afterwards = documents.filter((one) => one.byHand?.by === 'staff' && !inTime.includes(one))
  const lost = listed.filter(({ status }) => status === 'failed').length
  return [...listed, ...inTime, ...afterwards.slice(0, lost)]
}
