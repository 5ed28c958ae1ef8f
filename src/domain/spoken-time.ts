import { DateTime } from 'luxon'
import type { Interval } from './slots.ts'
import { isDisplayTimeZone } from './zone.ts'

/** `Wednesday 24 March 2021, 10:45–11:30 (Europe/Zurich)`: the day of the end only where it is another one. */
export function spokenTime({ startsAt, endsAt }: Interval, timeZone: string): string {
  const start = DateTime.fromISO(startsAt, { zone: timeZone, locale: 'en-GB' })
  const end = DateTime.fromISO(endsAt, { zone: timeZone, locale: 'en-GB' })
  const isOneDay = start.hasSame(end, 'day')
  return `${start.toFormat('cccc d LLLL yyyy, HH:mm')}–${end.toFormat(isOneDay ? 'HH:mm' : 'cccc d LLLL, HH:mm')} (${timeZone})`
}

/** The same in the zone of whoever reads it, where that is another one that is known. */
export function spokenTimes(interval: Interval, timeZone: string, own: string | null): string {
  const there = spokenTime(interval, timeZone)
  if (own === null || own === timeZone || !isDisplayTimeZone(own)) return there
  return `${there}; where you are: ${spokenTime(interval, own)}`
}

/** `22 to 26 March 2021`: days of the calendar, which no zone shifts. */
export function spokenDays(startsOn: string, endsOn: string): string {
  const [start, end] = [startsOn, endsOn].map((day) => DateTime.fromISO(day, { zone: 'utc', locale: 'en-GB' })) as [
    DateTime,
    DateTime,
  ]
  if (startsOn === endsOn) return start.toFormat('d LLLL yyyy')
  const first = start.hasSame(end, 'month')
    ? start.toFormat('d')
    : start.toFormat(start.hasSame(end, 'year') ? 'd LLLL' : 'd LLLL yyyy')
  return `${first} to ${end.toFormat('d LLLL yyyy')}`
}
