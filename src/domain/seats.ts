import { DateTime } from 'luxon'
import { type Instant, toMillis } from './instant.ts'
import type { Interval, Warning } from './slots.ts'
import { isDisplayTimeZone } from './zone.ts'

/** Seats that are left; without a capacity as many as come. */
export const freeSeats = (capacity: number | null, taken: number): number =>
  capacity === null ? Number.POSITIVE_INFINITY : Math.max(0, capacity - taken)

export interface Candidate {
  status: string
  decision: string
  answer: string
  /** Of its country in the round; null: it names none. */
  countryStatus: string | null
}

/** Whoever was selected and did not decline may be given a seat, while its country is in the round. */
export const maySpeak = ({ status, decision, answer, countryStatus }: Candidate): boolean =>
  status === 'submitted' && decision === 'selected' && answer !== 'declined' && countryStatus !== 'withdrawn'

/** A speaker who confirmed may choose a seat, once it is known who was selected. */
export const mayChoose = (candidate: Candidate, isReleased: boolean): boolean =>
  isReleased && maySpeak(candidate) && candidate.answer === 'confirmed'

export interface Waiting {
  applicationId: string
  /** Speaks still, and in a country of the slot. */
  isEntitled: boolean
  /** Sits elsewhere at that time. */
  isBusy: boolean
}

/**
 * Who moves up into free seats: those who came first; who sits elsewhere at that time keeps the place in the line, who speaks no more leaves it.
 */
export function moveUp(line: readonly Waiting[], free: number): { seated: string[]; dropped: string[] } {
  const seated: string[] = []
  const dropped: string[] = []
  for (const { applicationId, isEntitled, isBusy } of line) {
    if (!isEntitled) dropped.push(applicationId)
    else if (!isBusy && seated.length < free) seated.push(applicationId)
  }
  return { seated, dropped }
}

/** Hours in which nobody should have to speak, in the speaker's own zone. */
const night = { from: 22, until: 7 }

export const isAtNight = (at: Instant, timeZone: string): boolean => {
  const { hour } = DateTime.fromISO(at, { zone: timeZone })
  return hour >= night.from || hour < night.until
}

/** When the speaker said nothing of its times, every time is fine. */
export const isAvailable = ({ startsAt, endsAt }: Interval, windows: readonly Interval[] | null): boolean =>
  windows === null ||
  windows.some(
    (window) => toMillis(window.startsAt) <= toMillis(startsAt) && toMillis(endsAt) <= toMillis(window.endsAt),
  )

/** What whoever gives this seat should know; nothing of it refuses the seat. */
export function seatWarnings(
  slot: Interval,
  { timeZone, windows }: { timeZone: string | null; windows: readonly Interval[] | null },
): Warning[] {
  const warnings: Warning[] = []
  if (!isAvailable(slot, windows))
    warnings.push({ code: 'speakerUnavailable', message: 'The speaker did not say to be available at that time.' })
  if (
    timeZone !== null &&
    isDisplayTimeZone(timeZone) &&
    (isAtNight(slot.startsAt, timeZone) || isAtNight(lastInstantOf(slot), timeZone))
  ) {
    const local = (at: Instant) => DateTime.fromISO(at, { zone: timeZone }).toFormat('HH:mm')
    warnings.push({
      code: 'speakerAtNight',
      message: `For the speaker it is from ${local(slot.startsAt)} to ${local(slot.endsAt)} (${timeZone}).`,
    })
  }
  return warnings
}

const lastInstantOf = ({ endsAt }: Interval): Instant =>
  DateTime.fromISO(endsAt, { zone: 'utc' }).minus(1).toISO() as Instant
