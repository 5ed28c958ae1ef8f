import ICAL from 'ical.js'
import nodeIcal, { type VEvent } from 'node-ical'

export interface Entry {
  uid: string
  start: string
  end: string
  sequence: number
  status: string
  summary: string
  location: string
}

const toInstant = (millis: number): string => new Date(millis).toISOString().replace('.000Z', 'Z')
const byUid = (a: Entry, b: Entry) => a.uid.localeCompare(b.uid)

/** The entries as ical.js reads them, which knows of zones only what the calendar itself says. */
export function readWithIcalJs(text: string): Entry[] {
  const calendar = new ICAL.Component(ICAL.parse(text))
  ICAL.TimezoneService.reset()
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone as never)
  return calendar
    .getAllSubcomponents('vevent')
    .map((component) => {
      const event = new ICAL.Event(component)
      return {
        uid: event.uid,
        start: toInstant(event.startDate.toJSDate().getTime()),
        end: toInstant(event.endDate.toJSDate().getTime()),
        sequence: event.sequence,
        status: String(component.getFirstPropertyValue('status')),
        summary: event.summary,
        location: event.location,
      }
    })
    .sort(byUid)
}

/** The entries as node-ical reads them, by its own data on zones. */
export function readWithNodeIcal(text: string): Entry[] {
  const textOf = (value: unknown) =>
    (typeof value === 'object' && value !== null && 'val' in value ? value.val : value) as string
  return Object.values(nodeIcal.sync.parseICS(text))
    .filter((one): one is VEvent => one?.type === 'VEVENT')
    .map((event) => ({
      uid: event.uid,
      start: toInstant(event.start.getTime()),
      end: toInstant(event.end?.getTime() ?? 0),
      sequence: Number(event.sequence),
      status: String(event.status),
      summary: textOf(event.summary),
      location: textOf(event.location),
    }))
    .sort(byUid)
}

/** What RFC 5545 asks of the text itself: CRLF after every line, the last one too, and no line of more than 75 octets. */
export function faultsOfText(text: string): string[] {
  const faults: string[] = []
  if (!text.endsWith('END:VCALENDAR\r\n')) faults.push('it does not end in CRLF')
  const lines = text.split('\r\n')
  if (lines.some((line) => /[\r\n]/.test(line))) faults.push('a bare CR or LF')
  const long = lines.filter((line) => Buffer.byteLength(line) > 75)
  return [...faults, ...long.map((line) => `${Buffer.byteLength(line)} octets: ${line}`)]
}
