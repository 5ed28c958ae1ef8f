import type { Deadline } from './deadline.ts'
import { type EffectiveDeadline, effectiveDeadline, type Waiver } from './effective-deadline.ts'
import { type Instant, secondsBetween } from './instant.ts'
import { isReleased, type RecordFacts } from './visibility.ts'

/** Rounds that take videos: once there are speakers, and until it is over. */
const takingStatuses = new Set([
  'callOpen',
  'callClosed',
  'selecting',
  'confirmed',
  'programmePublished',
  'running',
  'postponed',
])

export const takesVideos = (roundStatus: string): boolean => takingStatuses.has(roundStatus)

/** R20, R23: a speaker hands in a video once the selection is told; the secretariat may for it before. */
export function mayHandIn(
  /** The status as it is told to whoever hands in. */
  record: Pick<RecordFacts, 'status' | 'decision' | 'releaseAt'> & { answer: string },
  { isStaff, now }: { isStaff: boolean; now: Instant },
): boolean {
  if (record.decision !== 'selected' || record.answer === 'declined') return false
  if (record.status !== 'submitted') return false
  return isStaff || isReleased(record.releaseAt, now)
}

export interface Punctuality {
  deadline: EffectiveDeadline | undefined
  /** Seconds before the end; 0 or less is late. Undefined where the round has no deadline for videos. */
  marginSeconds: number | undefined
  isLate: boolean
}

/** R4, R6, R7 for videos: what counts is when the last byte was here. Late is told and kept, never dropped. */
export function punctualityOf(
  receivedAt: Instant,
  round: Deadline | null,
  extension?: Deadline | undefined,
  waiver?: Waiver | undefined,
): Punctuality {
  if (round === null) return { deadline: undefined, marginSeconds: undefined, isLate: false }
  const deadline = effectiveDeadline(round, extension, waiver)
  const marginSeconds = secondsBetween(receivedAt, deadline.closesAt)
  return { deadline, marginSeconds, isLate: marginSeconds <= 0 }
}
