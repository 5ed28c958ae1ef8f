import { sql } from 'kysely'
import { visibleTo } from '../applications/queries-visible.ts'
import { isWithinOwnLimits } from '../applications/reading.ts'
import { viewFor } from '../applications/views-by-caller.ts'
import type { Consent } from '../domain/application.ts'
import { seatWarnings } from '../domain/seats.ts'
import { seesAsStaff, visibilityInSlot } from '../domain/visibility.ts'
import { isDisplayTimeZone } from '../domain/zone.ts'
import type { Caller } from '../http/access.ts'
import type { Static } from '../http/schemas.ts'
import type { SlotRow } from './queries.ts'
import type { SlotSpeakerRow } from './queries-speakers.ts'
import type { SlotSpeaker } from './speaker-schemas.ts'
import { timesIn } from './times.ts'

/** The conditions of visibilityInSlot as SQL, so that pages tell no more than rows do. */
export function speakersVisibleTo(caller: Caller, slot: SlotRow, now: string) {
  if (seesAsStaff(caller.role)) return sql<boolean>`true`
  const onPanel = sql<boolean>`a.status = 'submitted' and a.decision = 'selected'`
  if (caller.role === 'moderator' && slot.takes_part) return sql<boolean>`(${onPanel})`
  const { role, id, state, email, countries } = caller
  const everybody = visibleTo({ role: 'public', id }, now)
  // A session for one country is worth no more than none for the others.
  const within = countries === undefined ? sql<boolean>`true` : sql<boolean>`a.country = any (${countries}::text[])`
  const asMission = sql<boolean>`(${everybody} or (${within} and ${visibleTo({ role: 'mission', id, state }, now)}))`
  const outside = sql<boolean>`(s.seated and ${role === 'mission' ? asMission : everybody})`
  if (role !== 'applicant') return outside
  const panel = slot.takes_part
    ? sql<boolean>`(${onPanel} and s.seated and 'shareWithPanellists' = any (a.consents))`
    : sql<boolean>`false`
  return sql<boolean>`(${outside} or (${within} and c.release_at <= ${now}::timestamptz and (a.emails @> array[${email ?? ''}] or ${panel})))`
}

interface Eyes {
  caller: Caller
  now: string
  pseudonymKey: Buffer
}

/** Nothing where the second wall says so, which asks the same as the statement did. */
export function toSlotSpeaker(
  row: SlotSpeakerRow,
  slot: SlotRow,
  { caller, now, pseudonymKey }: Eyes,
): Static<typeof SlotSpeaker>[] {
  const { role, state, email } = caller
  const isWithin = isWithinOwnLimits(caller, row)
  const visibility = visibilityInSlot(
    isWithin ? { role, state, email } : { role: 'public' },
    {
      country: row.country,
      status: row.status,
      decision: row.decision as 'selected',
      emails: row.emails,
      consents: row.consents as Consent[],
      atRisk: row.at_risk,
      releaseAt: row.release_at,
    },
    slot.takes_part,
    now,
  )
  if (visibility.view === 'none') return []
  const isStaff = visibility.view === 'staff'
  const isOwn = visibility.view === 'applicant'
  const runsIt = isStaff || (role === 'moderator' && slot.takes_part)
  // Names alone: what an applicant sees of its own application and staff of every one is not repeated here.
  const shown = viewFor(pseudonymKey, caller, row as never, now, { ...visibility, view: 'public' }).view as {
    speaker: Static<typeof SlotSpeaker>['speaker']
    organisation?: { name: string; type?: string }
  }
  return [
    {
      applicationId: row.application_id,
      country: row.country,
      speaker: shown.speaker,
      ...(shown.organisation !== undefined && { organisation: shown.organisation }),
      ...((runsIt || isOwn) && { seated: row.seated, connection: row.connection }),
      ...(runsIt && row.connection_note !== null && { connectionNote: row.connection_note }),
      ...(isStaff && forStaff(row, slot)),
    },
  ]
}

function forStaff(row: SlotSpeakerRow, slot: SlotRow) {
  const interval = { startsAt: slot.starts_at, endsAt: slot.ends_at }
  return {
    bookedAt: row.booked_at,
    ...(row.time_zone !== null && isDisplayTimeZone(row.time_zone) && { inTimeZone: timesIn(interval, row.time_zone) }),
    warnings: seatWarnings(interval, { timeZone: row.time_zone, windows: row.windows }),
  }
}
