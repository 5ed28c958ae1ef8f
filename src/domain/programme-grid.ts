import type { ProgrammeInput, ProgrammeSpeaker } from './programme.ts'
import { halfDaysOf, isAtNight, isAvailable } from './programme-time.ts'

const minute = 60_000

/** Half a day in one room, and the times at which a Q&A block can begin in it. */
export interface Session {
  room: number
  day: number
  from: number
  to: number
  starts: readonly number[]
}

/** What a country would mean for its speakers if its questions began then. */
export interface Choice {
  /** All of its speakers said that they can be there. */
  isPossible: boolean
  /** Its speakers who would speak between 22:00 and 07:00 of their own clock. */
  atNight: readonly ProgrammeSpeaker[]
}

/** Everything that a planner chooses from. */
export interface Grid {
  input: ProgrammeInput
  sessions: readonly Session[]
  qa: number
  pause: number
  /** Length of each country's screening, in milliseconds. */
  lengths: readonly number[]
  speakersOf(country: number): readonly ProgrammeSpeaker[]
  choice(country: number, start: number): Choice
}

export function gridOf(input: ProgrammeInput): Grid {
  const qa = input.qaMinutes * minute
  const pause = input.pauseMinutes * minute
  const lengths = input.countries.map(({ screeningMinutes }) => screeningMinutes * minute)
  const needed = Math.min(...lengths.map((length) => (length === 0 ? 0 : length + pause)))
  const sessions = halfDaysOf(input).flatMap(({ day, from, to }) =>
    input.rooms.map((_, room) => ({ room, day, from, to, starts: startsIn(from, to) })),
  )
  function startsIn(from: number, to: number): number[] {
    const starts: number[] = []
    for (let start = from; start + qa <= to; start += input.gridMinutes * minute)
      if (start >= from + needed) starts.push(start)
    return starts
  }
  const bySpeakers = input.countries.map(({ iso3 }) => input.speakers.filter(({ country }) => country === iso3))
  const known = new Map<string, Choice>()
  return {
    input,
    sessions,
    qa,
    pause,
    lengths,
    speakersOf: (country) => bySpeakers[country] ?? [],
    choice(country, start) {
      const key = `${country} ${start}`
      const found = known.get(key) ?? judge(bySpeakers[country] ?? [], start, start + qa)
      known.set(key, found)
      return found
    },
  }
}

function judge(speakers: readonly ProgrammeSpeaker[], from: number, to: number): Choice {
  return {
    isPossible: speakers.every((speaker) => isAvailable(speaker, from, to)),
    atNight: speakers.filter(({ timeZone }) => timeZone !== null && isAtNight(from, to, timeZone)),
  }
}

/** A Q&A block: which countries, in which session, when it begins, and from when on its room is free for their screenings. */
export interface Block {
  session: number
  start: number
  freeFrom: number
  countries: readonly number[]
}

/** Minutes that the screenings of these countries take before their Q&A can begin. */
export function loadOf({ lengths, pause }: Grid, countries: readonly number[]): number {
  const load = countries.reduce((sum, country) => sum + (lengths[country] ?? 0), 0)
  return load === 0 ? 0 : load + pause
}
