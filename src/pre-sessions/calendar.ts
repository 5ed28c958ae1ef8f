import ical, { ICalCalendarMethod, ICalEventStatus, ICalEventTransparency } from 'ical-generator'
import type { Deadline } from '../domain/deadline.ts'
import { addSeconds, latest, toMillis } from '../domain/instant.ts'
import type { DeadlineRow } from './queries.ts'

export interface DeadlineFact {
  kind: 'application' | 'statement' | 'video'
  deadline: Deadline
  /** Where it holds for one country only. */
  country?: { iso3: string; name: string; extensionCount: number; extendedAt: string | undefined }
}

/** The deadlines of a round out of its rows: those of the whole round, then those of countries that differ. */
export function deadlinesIn(rows: DeadlineRow[]): DeadlineFact[] {
  const [round] = rows
  if (round === undefined) return []
  const { application_deadline, statement_deadline, video_deadline } = round
  return [
    { kind: 'application', deadline: application_deadline },
    ...(statement_deadline === null ? [] : [{ kind: 'statement' as const, deadline: statement_deadline }]),
    ...(video_deadline === null ? [] : [{ kind: 'video' as const, deadline: video_deadline }]),
    ...rows.flatMap((row) => countryDeadline(row)),
  ]
}

function countryDeadline(row: DeadlineRow): DeadlineFact[] {
  const { iso3, name, country_deadline, extension_count, extended_at } = row
  if (iso3 === null || country_deadline === null) return []
  const country = {
    iso3,
    name: name ?? iso3,
    extensionCount: extension_count ?? 0,
    extendedAt: extended_at ?? undefined,
  }
  return [{ kind: 'application', deadline: country_deadline, country }]
}

const subjects = { application: 'Applications', statement: 'Statements', video: 'Videos' }
const eventStatuses: Record<string, ICalEventStatus> = {
  cancelled: ICalEventStatus.CANCELLED,
  postponed: ICalEventStatus.TENTATIVE,
}

/** RFC 5545: one entry per deadline, over the last minute that is in time; its UID never changes and SEQUENCE only grows. */
export function toCalendar(rows: DeadlineRow[]): string {
  const round = rows[0] as DeadlineRow
  const calendar = ical({
    name: `${round.title}: deadlines`,
    prodId: { company: 'UPR Info', product: 'Pre-sessions', language: 'EN' },
    method: ICalCalendarMethod.PUBLISH,
  })
  for (const { kind, deadline, country } of deadlinesIn(rows)) {
    const { closesAt, wording, local, timeZone } = deadline
    const subject = country === undefined ? subjects[kind] : `${subjects[kind]} on ${country.name}`
    calendar.createEvent({
      id: `pre-sessions-${round.number}-${kind}${country === undefined ? '' : `-${country.iso3}`}@upr-info.org`,
      sequence: round.revision + (country?.extensionCount ?? 0),
      stamp: toDate(latest(round.updated_at, country?.extendedAt) ?? round.updated_at),
      start: toDate(addSeconds(closesAt, -60)),
      end: toDate(closesAt),
      summary: `${subject} close: ${round.title}`,
      description: `${wording ?? `${local} (${timeZone})`}. The named minute counts in full.`,
      status: eventStatuses[round.status] ?? ICalEventStatus.CONFIRMED,
      transparency: ICalEventTransparency.TRANSPARENT,
    })
  }
  return calendar.toString()
}

const toDate = (instant: string): Date => new Date(toMillis(instant))
