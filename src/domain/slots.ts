import { DateTime } from 'luxon'
import { type Instant, secondsBetween, toMillis } from './instant.ts'

/** Half-open: what ends when another begins is beside it. */
export interface Interval {
  startsAt: Instant
  endsAt: Instant
}

export const overlaps = (a: Interval, b: Interval): boolean =>
  toMillis(a.startsAt) < toMillis(b.endsAt) && toMillis(b.startsAt) < toMillis(a.endsAt)

export const minutesOf = ({ startsAt, endsAt }: Interval): number => secondsBetween(startsAt, endsAt) / 60

export interface Warning {
  code: 'length' | 'lunch' | 'days' | 'speakerUnavailable' | 'speakerAtNight'
  message: string
}

/** R26: a country slot has 20 to 60 minutes. */
const shortestMinutes = 20
const longestMinutes = 60
/** R26: the break that a day should have, in the zone of the round. */
const lunch = { from: '12:30', to: '13:30' }
/** A slot of more than this is a mistake, not a programme. */
export const longestHours = 12

interface RoundDays {
  timeZone: string
  startsOn: string
  endsOn: string
}

/** R26: what a person should look at; nothing of it refuses a slot. */
export function warningsOf(slot: Interval, round: RoundDays): Warning[] {
  const warnings: Warning[] = []
  const minutes = minutesOf(slot)
  if (minutes < shortestMinutes || minutes > longestMinutes)
    warnings.push({
      code: 'length',
      message: `It lasts ${minutes} minutes; slots of ${shortestMinutes} to ${longestMinutes} minutes are usual (R26).`,
    })
  const start = DateTime.fromISO(slot.startsAt, { zone: round.timeZone })
  const end = DateTime.fromISO(slot.endsAt, { zone: round.timeZone })
  const at = (time: string) => DateTime.fromISO(`${start.toISODate()}T${time}`, { zone: round.timeZone })
  if (start < at(lunch.to) && at(lunch.from) < end)
    warnings.push({
      code: 'lunch',
      message: `It takes from the lunch break, ${lunch.from} to ${lunch.to} in ${round.timeZone} (R26).`,
    })
  const first = start.toISODate() as string
  const last = end.minus(1).toISODate() as string
  if (first < round.startsOn || last > round.endsOn)
    warnings.push({
      code: 'days',
      message: `It lies outside the days of the round, ${round.startsOn} to ${round.endsOn}.`,
    })
  return warnings
}

/** A room is known by its name, whatever the spaces and the letter case. */
export const roomKey = (room: string): string => room.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
