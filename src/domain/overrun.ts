import { DateTime } from 'luxon'
import { addSeconds, compareInstants, type Instant, isEarlier, secondsBetween } from './instant.ts'
import type { Interval } from './slots.ts'

export interface Placed extends Interval {
  id: string
}

export interface Moved {
  id: string
  from: Interval
  to: Interval
}

/**
 * A slot ends later: what follows in its room on that day moves. Breaks take it up, so that each moves no further than it must; or they are kept, and all
 * move alike. The slot itself comes first.
 */
export function shiftAfterOverrun(
  slot: Placed,
  endsAt: Instant,
  following: readonly Placed[],
  keepsBreaks: boolean,
): Moved[] {
  const moves: Moved[] = [{ id: slot.id, from: intervalOf(slot), to: { startsAt: slot.startsAt, endsAt } }]
  const overrunSeconds = secondsBetween(slot.endsAt, endsAt)
  let freeFrom = endsAt
  for (const next of [...following].sort((a, b) => compareInstants(a.startsAt, b.startsAt))) {
    if (!keepsBreaks && !isEarlier(next.startsAt, freeFrom)) break
    const seconds = keepsBreaks ? overrunSeconds : secondsBetween(next.startsAt, freeFrom)
    const to = { startsAt: addSeconds(next.startsAt, seconds), endsAt: addSeconds(next.endsAt, seconds) }
    moves.push({ id: next.id, from: intervalOf(next), to })
    freeFrom = to.endsAt
  }
  return moves
}

const intervalOf = ({ startsAt, endsAt }: Interval): Interval => ({ startsAt, endsAt })

/** The day that clocks in the zone show: an overrun moves nothing of the next one. */
export const isSameDay = (a: Instant, b: Instant, timeZone: string): boolean =>
  DateTime.fromISO(a, { zone: timeZone }).hasSame(DateTime.fromISO(b, { zone: timeZone }), 'day')
