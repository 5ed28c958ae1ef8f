import { type ICalCalendar, ICalEventStatus } from 'ical-generator'
import { DateTime } from 'luxon'
import { earliest, latest, toMillis } from '../domain/instant.ts'
import { instantsOfWall, readWall } from '../domain/zone.ts'
import { calendarText, newCalendar } from '../http/calendar.ts'
import { findState } from '../reference/data.ts'
import type { SlotRow } from '../slots/queries.ts'

export interface CalendarRound {
  title: string
  status: string
  time_zone: string
  revision: number
  updated_at: string
}

/** One entry of a calendar. */
export interface CalendarEntry {
  slotId: string
  /** Grows with every change that the calendar shows. */
  sequence: number
  changedAt: string
  startsAt: string
  endsAt: string
  summary: string
  location?: string | undefined
  joinUrl?: string | undefined
  status: ICalEventStatus
}

const refreshSeconds = 900

/** A programme as iCalendar (RFC 5545) by the clocks of a zone. */
export function toProgrammeCalendar(name: string, timeZone: string, entries: readonly CalendarEntry[]): string {
  const from = earliest(...entries.map(({ startsAt }) => startsAt))
  const to = latest(...entries.map(({ endsAt }) => endsAt))
  const isEmpty = from === undefined || to === undefined
  const calendar = newCalendar({
    name,
    refreshSeconds,
    ...(!isEmpty && timeZone !== 'UTC' && { zone: { name: timeZone, from, to } }),
  })
  for (const entry of entries) addEntry(calendar, entry, timeZone)
  return calendarText(calendar)
}

function addEntry(calendar: ICalCalendar, entry: CalendarEntry, timeZone: string): void {
  const at = (instant: string) => DateTime.fromMillis(toMillis(instant), { zone: 'utc' })
  calendar.createEvent({
    id: `slot-${entry.slotId}@upr-info.org`,
    sequence: entry.sequence,
    stamp: at(entry.changedAt),
    lastModified: at(entry.changedAt),
    start: at(entry.startsAt),
    end: at(entry.endsAt),
    summary: entry.summary,
    location: entry.location ?? null,
    url: entry.joinUrl ?? null,
    status: entry.status,
    // A clock time that occurs twice cannot be told from its twin: such an entry is in UTC.
    ...(timeZone !== 'UTC' && !isTwice(entry, timeZone) && { timezone: timeZone }),
  })
}

const isTwice = ({ startsAt, endsAt }: CalendarEntry, timeZone: string): boolean =>
  [startsAt, endsAt].some((instant) => {
    const there = DateTime.fromMillis(toMillis(instant), { zone: timeZone })
    const wall = readWall(there.toFormat("yyyy-LL-dd'T'HH:mm:ss.SSS"))
    return wall !== undefined && instantsOfWall(wall, timeZone).length > 1
  })

const postponed = ['postponed']
const over = ['cancelled']

/** A slot as everybody may have it in a calendar; what takes part in it is added by the feed of who does. */
export const toEntry = (row: SlotRow, round: CalendarRound): CalendarEntry => ({
  slotId: row.id,
  sequence: row.revision + round.revision,
  changedAt: latest(row.shown_at ?? row.created_at, row.published_at ?? undefined, round.updated_at) ?? row.created_at,
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  summary: summaryOf(row),
  location: row.room,
  status: statusOf(row.status, round.status),
})

function statusOf(slot: string, round: string): ICalEventStatus {
  if (slot === 'cancelled' || over.includes(round)) return ICalEventStatus.CANCELLED
  return postponed.includes(round) ? ICalEventStatus.TENTATIVE : ICalEventStatus.CONFIRMED
}

function summaryOf({ title, kind, countries }: SlotRow): string {
  const names = countries.map(({ iso3 }) => findState(iso3)?.names.en ?? iso3).join(', ')
  const what = kind === 'qa' ? 'questions and answers' : 'screening of statements'
  return title === null ? `${names}: ${what}` : `${title} (${names})`
}
