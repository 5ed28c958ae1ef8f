import { compareInstants, type Instant } from './instant.ts'
import type { Timing } from './receipt.ts'
import { isBeforeClosing } from './window.ts'

export interface VersionFacts {
  n: number
  /** When this content was received: the application's own receive time for the first, the time of the edit for later ones. */
  receivedAt: Instant
}

/** The version that is assessed, and, where nobody can say what stood there at the deadline, a sentence that says so. */
export type AssessedVersion = { n: number; unknown?: never } | { n: number; unknown: string }

/** R4: what counts is the content as it stood at the deadline; a late application counts as it was handed in. */
export function chooseAssessedVersion(
  versions: VersionFacts[],
  submittedVersion: number,
  closesAt: Instant,
  timing: Timing,
): AssessedVersion {
  if (timing === 'late') return { n: submittedVersion }
  const inTime = versions.filter((version) => isBeforeClosing(version.receivedAt, closesAt))
  const last = inTime.sort((a, b) => compareInstants(a.receivedAt, b.receivedAt) || a.n - b.n).at(-1)
  if (last) return { n: last.n }
  if (timing === 'undetermined') return { n: submittedVersion }
  const unknown = 'Content at the deadline unknown: only content changed after the deadline was seen.'
  return { n: submittedVersion, unknown }
}
