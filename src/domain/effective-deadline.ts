import { type Deadline, describeInstant } from './deadline.ts'
import { addSeconds, compareInstants, type Instant } from './instant.ts'

export interface Waiver {
  id?: string | undefined
  /** The first instant that is too late for this applicant. */
  until: Instant
}

/** The deadline that holds for one application, and where it comes from. */
export type EffectiveDeadline = Deadline & {
  source: 'round' | 'extension' | 'waiver'
  /** The round's deadline, where an extension took its place. */
  original?: Deadline | undefined
  waiver?: Waiver | undefined
  /** The deadline that holds for everybody else, where a waiver took its place. */
  waived?: Deadline | undefined
}

/** R6: a country's extension takes the place of the round's deadline, but only where it closes later. R7: so does one applicant's waiver. */
export function effectiveDeadline(round: Deadline, extension?: Deadline, waiver?: Waiver): EffectiveDeadline {
  const isExtended = extension !== undefined && compareInstants(extension.closesAt, round.closesAt) > 0
  const general: EffectiveDeadline = isExtended
    ? { ...extension, source: 'extension', original: round }
    : { ...round, source: 'round' }
  if (!waiver || compareInstants(waiver.until, general.closesAt) <= 0) return general
  const { source: _, original, ...waived } = general
  const { local } = describeInstant(addSeconds(waiver.until, -60), waived.timeZone)
  const { timeZone } = waived
  return { local, timeZone, closesAt: waiver.until, source: 'waiver', waiver, waived, ...(original && { original }) }
}
