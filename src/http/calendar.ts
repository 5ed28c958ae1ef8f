import ical, { escape as escapeText, type ICalCalendar, ICalCalendarMethod } from 'ical-generator'
import { vtimezoneOf } from '../domain/vtimezone.ts'
import { Type } from './schemas.ts'

interface CalendarOptions {
  name: string
  /** Told to clients, with what its clocks did around the two instants; an entry in this zone says so itself, all others are in UTC. */
  zone?: { name: string; from: string; to: string } | undefined
  /** How often a client may ask again, in seconds. */
  refreshSeconds?: number
}

/** An iCalendar (RFC 5545) to subscribe to. */
export function newCalendar({ name, zone, refreshSeconds }: CalendarOptions): ICalCalendar {
  return ical({
    // The library escapes the texts of entries, but not this one.
    name: escapeText(name, false),
    prodId: { company: 'UPR Info', product: 'Pre-sessions', language: 'EN' },
    method: ICalCalendarMethod.PUBLISH,
    ...(refreshSeconds !== undefined && { ttl: refreshSeconds }),
    ...(zone !== undefined && {
      // Without a name here: the library would write DTSTAMP by the clocks of that zone, which must be in UTC.
      timezone: { name: null, generator: (timeZone: string) => vtimezoneOf(timeZone, zone.from, zone.to) },
      x: { 'X-WR-TIMEZONE': zone.name },
    }),
  })
}

/** Its text: every line ends in CRLF, the last one too, which the library leaves out. */
export const calendarText = (calendar: ICalCalendar): string => `${calendar.toString()}\r\n`

export const calendarType = 'text/calendar; charset=utf-8'

export const calendarResponse = {
  description: 'The calendar.',
  content: { 'text/calendar': { schema: Type.String({ description: 'iCalendar text.' }) } },
}
