import { compareInstants, type Instant } from './instant.ts'
import type { Timing } from './receipt.ts'
import { isBeforeClosing } from './window.ts'

export interface VersionFacts {
  n: number
  /** When this content was received: the application's own receive time for the first, the time of the edit for later ones. */
  receivedAt: Instant
  /** The end for the country that this content applies for, which may be another one than that of other versions. */
  closesAt: Instant
  /** The application's arrival, judged by that end. */
  timing: Timing
}

/** The version that is assessed, and, where nobody can say what stood there at the deadline, a sentence that says so. */
export type AssessedVersion = { n: number; unknown?: never } | { n: number; unknown: string }

/** R4: what counts is the content as it stood at the deadline of the country it applies for; a late application counts as it was handed in. */
export function chooseAssessedVersion(versions: VersionFacts[], submittedVersion: number): AssessedVersion {
  // What a draft said before it was handed in, perhaps of another country, is nobody's application.
  const inTime = versions.filter(
    ({ n, timing, receivedAt, closesAt }) =>
      n >= submittedVersion && timing !== 'late' && isBeforeClosing(receivedAt, closesAt),
  )
  const last = inTime.sort((a, b) => compareInstants(a.receivedAt, b.receivedAt) || a.n - b.n).at(-1)
  if (last) return { n: last.n }
  const submitted = versions.find(({ n }) => n === submittedVersion)
  if (submitted?.timing !== 'onTime') return { n: submittedVersion }
  const unknown = 'Content at the deadline unknown: only content changed after the deadline was seen.'
  return { n: submittedVersion, unknown }
}
