import type { ShownSlot } from '../domain/programme-changes.ts'
import type { Static } from '../http/schemas.ts'
import type { SlotRow } from '../slots/queries.ts'
import { timesIn } from '../slots/times.ts'
import { toSlot, toSlotForStaff } from '../slots/views.ts'
import type { VersionRow } from './queries.ts'
import type { ProgrammeVersion, ProgrammeVersionDetail, ProgrammeView } from './schemas.ts'

interface Zones {
  roundZone: string
  timeZone: string | undefined
}

const timesOf = (row: SlotRow, { roundZone, timeZone }: Zones) => {
  const span = { startsAt: row.starts_at, endsAt: row.ends_at }
  return {
    atRound: timesIn(span, roundZone),
    ...(timeZone !== undefined && { inTimeZone: timesIn(span, timeZone) }),
  }
}

export const toProgrammeSlot = (row: SlotRow, zones: Zones) => ({ ...toSlot(row), ...timesOf(row, zones) })

export const toProgrammeSlotForStaff = (row: SlotRow, speakers: string[], zones: Zones) => ({
  ...toSlotForStaff(row),
  ...timesOf(row, zones),
  speakers,
})

export const toProgramme = (
  preSession: number,
  rows: readonly SlotRow[],
  { version, ...zones }: Zones & { version: VersionRow | undefined },
): ProgrammeView => ({
  preSession,
  timeZone: zones.roundZone,
  version: version?.number ?? null,
  publishedAt: version?.published_at ?? null,
  slots: rows.map((row) => toProgrammeSlot(row, zones)),
})

/** What everybody is shown of it, and nothing else: the content of a version. */
export const toShownSlot = (row: SlotRow): ShownSlot => ({
  id: row.id,
  kind: row.kind,
  ...(row.title !== null && { title: row.title }),
  countries: row.countries.map(({ iso3 }) => iso3),
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  room: row.room,
  isCancelled: row.status === 'cancelled',
})

export const toVersion = (row: VersionRow): Static<typeof ProgrammeVersion> => ({
  number: row.number,
  publishedAt: row.published_at,
  ...(row.note !== null && { note: row.note }),
  changes: row.changes,
})

export const toVersionDetail = (row: VersionRow): Static<typeof ProgrammeVersionDetail> => ({
  ...toVersion(row),
  slots: row.slots,
})
