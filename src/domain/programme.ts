import type { Instant } from './instant.ts'

/** From one clock time of the place to another, `HH:MM`; the end is not part of it. */
export interface ClockSpan {
  from: string
  to: string
}

/** From one instant to another; the end is not part of it. */
export interface Span {
  startsAt: Instant
  endsAt: Instant
}

/** R26: when and where a round can meet. Clock times are those of the place. */
export interface Frame {
  timeZone: string
  /** Calendar dates, in their order. */
  days: readonly string[]
  hours: ClockSpan
  lunch: ClockSpan | null
  rooms: readonly string[]
}

/** Somebody who answers questions on one country. */
export interface ProgrammeSpeaker {
  id: string
  /** The same for one person who speaks on two countries. */
  person: string
  country: string
  /** IANA zone of the place where they are; null while nobody said it. */
  timeZone: string | null
  /** When they can be there; null: they did not say, and any time is taken. */
  available: readonly Span[] | null
}

export interface ProgrammeInput extends Frame {
  /** In the order that is wished for. Zero minutes: there is no screening, the statements are made in the Q&A slot itself. */
  countries: readonly { iso3: string; screeningMinutes: number }[]
  qaMinutes: number
  /** Free minutes between the last screening and its Q&A. */
  pauseMinutes: number
  /** R27: countries in one Q&A block, at most. */
  countriesPerQa: number
  /** Q&A blocks begin at multiples of it, counted from the opening of each half of the day. */
  gridMinutes: number
  speakers: readonly ProgrammeSpeaker[]
}

export interface ProgrammeSlot extends Span {
  kind: 'screening' | 'qa'
  /** A screening shows one country, a Q&A block has one or several (R27). */
  countries: readonly string[]
  room: string
  /** Ids of those who must be there. */
  speakers: readonly string[]
}

/** R26: a slot is neither shorter nor longer, in minutes. */
export const slotMinutes = { min: 20, max: 60 } as const
