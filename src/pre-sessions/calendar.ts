import { ICalEventStatus, ICalEventTransparency } from 'ical-generator'
import { addSeconds, latest, toMillis } from '../domain/instant.ts'
import { calendarText, newCalendar } from '../http/calendar.ts'
import { deadlinesIn, toDeadline } from './deadlines.ts'
import type { DeadlineRow } from './queries.ts'

const subjects = { application: 'Applications', statement: 'Statements', video: 'Videos' }
const eventStatuses: Record<string, ICalEventStatus> = {
  cancelled: ICalEventStatus.CANCELLED,
  postponed: ICalEventStatus.TENTATIVE,
}

/** RFC 5545: one entry per deadline, over the last minute that is in time; its UID never changes and SEQUENCE only grows. */
export function toCalendar(rows: DeadlineRow[]): string {
  const round = rows[0] as DeadlineRow
  const calendar = newCalendar({ name: `${round.title}: deadlines` })
  for (const { kind, deadline, country } of deadlinesIn(rows)) {
    const { closesAt, wording } = toDeadline(deadline)
    const subject = country === undefined ? subjects[kind] : `${subjects[kind]} on ${country.name}`
    calendar.createEvent({
      id: `pre-sessions-${round.number}-${kind}${country === undefined ? '' : `-${country.iso3}`}@upr-info.org`,
      sequence: round.revision + (country?.extensionCount ?? 0),
      stamp: toDate(latest(round.updated_at, country?.extendedAt) ?? round.updated_at),
      start: toDate(addSeconds(closesAt, -60)),
      end: toDate(closesAt),
      summary: `${subject} close: ${round.title}`,
      description: `${wording}. The named minute counts in full.`,
      status: eventStatuses[round.status] ?? ICalEventStatus.CONFIRMED,
      transparency: ICalEventTransparency.TRANSPARENT,
    })
  }
  return calendarText(calendar)
}

const toDate = (instant: string): Date => new Date(toMillis(instant))
