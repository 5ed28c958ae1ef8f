import { IANAZone } from 'luxon'
import { fromMillis, type Instant, toMillis } from './instant.ts'
import type { Frame, ProgrammeSpeaker, Span } from './programme.ts'
import { instantsOfWall, readWall } from './zone.ts'

const minute = 60_000
/** Hours that nobody should have to speak at, by their own clock. */
export const night = { from: 22, to: 7 } as const

/** Half a day without a break in it, in milliseconds since 1970. */
export interface HalfDay {
  day: number
  from: number
  to: number
}

/** R26: the parts of each day in which slots may lie: before and after lunch, or the whole day where there is none. */
export function halfDaysOf({ timeZone, days, hours, lunch }: Omit<Frame, 'rooms'>): HalfDay[] {
  const spans =
    lunch === null
      ? [hours]
      : [
          { from: hours.from, to: lunch.from },
          { from: lunch.to, to: hours.to },
        ]
  return days.flatMap((date, day) =>
    spans.flatMap(({ from, to }) => {
      const start = millisOfWall(date, from, timeZone)
      const end = millisOfWall(date, to, timeZone)
      return start !== undefined && end !== undefined && start < end ? [{ day, from: start, to: end }] : []
    }),
  )
}

/** The first instant at which clocks of the place show this time of that day; none in a spring gap. */
function millisOfWall(date: string, clock: string, timeZone: string): number | undefined {
  const wall = readWall(`${date}T${clock}`)
  return wall === undefined ? undefined : instantsOfWall(wall, timeZone)[0]
}

/** Does any part of it lie between 22:00 and 07:00 by the clocks of the zone? Only for spans of less than 15 hours. */
export function isAtNight(startsAt: number, endsAt: number, timeZone: string): boolean {
  return isNightHour(startsAt, timeZone) || isNightHour(endsAt - minute, timeZone)
}

function isNightHour(at: number, timeZone: string): boolean {
  const hour = Math.floor(wallMinutes(at, timeZone) / 60)
  return hour >= night.from || hour < night.to
}

/** Minutes since midnight by the clocks of the zone. */
function wallMinutes(at: number, timeZone: string): number {
  const local = Math.floor(at / minute) + Math.round(IANAZone.create(timeZone).offset(at))
  return ((local % 1440) + 1440) % 1440
}

/** Can they be there from its beginning to its end? */
export function isAvailable({ available }: ProgrammeSpeaker, startsAt: number, endsAt: number): boolean {
  return available?.some((span) => toMillis(span.startsAt) <= startsAt && endsAt <= toMillis(span.endsAt)) ?? true
}

export const overlaps = (a: { from: number; to: number }, b: { from: number; to: number }): boolean =>
  a.from < b.to && b.from < a.to

export const toSpan = (from: number, to: number): Span => ({ startsAt: fromMillis(from), endsAt: fromMillis(to) })

export const millisOf = ({ startsAt, endsAt }: { startsAt: Instant; endsAt: Instant }) => ({
  from: toMillis(startsAt),
  to: toMillis(endsAt),
})
