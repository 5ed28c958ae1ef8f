import { describeInstant } from '../domain/deadline.ts'
import type { Static } from '../http/schemas.ts'
import type { SlotTimes } from './schemas-times.ts'

type Times = Static<typeof SlotTimes>

/** The same slot by the clocks of a place. */
export function timesIn(slot: { startsAt: string; endsAt: string }, timeZone: string): Times {
  const read = (at: string) => {
    const { local, weekday, offset } = describeInstant(at, timeZone)
    return { local, weekday: weekday as 'monday', offset }
  }
  return { timeZone, starts: read(slot.startsAt), ends: read(slot.endsAt) }
}
