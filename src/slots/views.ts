import { warningsOf } from '../domain/slots.ts'
import { seesAsStaff } from '../domain/visibility.ts'
import type { Caller } from '../http/access.ts'
import type { Static } from '../http/schemas.ts'
import type { SlotReader, SlotRow } from './queries.ts'
import type { Slot, SlotForStaff } from './schemas.ts'

export const readerOf = ({ role, email, state, slotId, preSessions, countries }: Caller): SlotReader => ({
  role,
  isStaff: seesAsStaff(role),
  email,
  state,
  slotId,
  preSessions,
  countries,
})

const common = (row: SlotRow) => ({
  id: row.id,
  kind: row.kind,
  preSession: row.pre_session,
  countries: row.countries.map(({ iso3 }) => iso3),
  ...(row.title !== null && { title: row.title }),
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  room: row.room,
  status: row.status,
})

/** Times, room and countries, the same for every slot: nothing in it follows from who applied, was selected or speaks (contract §2, invariant 1). */
export function toSlot(row: SlotRow): Static<typeof Slot> {
  if (!row.takes_part) return common(row)
  return {
    ...common(row),
    ...(row.join_url !== null && row.status !== 'cancelled' && { joinUrl: row.join_url }),
    moderators: row.moderators.map(({ name }) => name),
  }
}

export const toSlotForStaff = (row: SlotRow): Static<typeof SlotForStaff> => ({
  ...common(row),
  ...(row.join_url !== null && { joinUrl: row.join_url }),
  moderators: row.moderators,
  capacity: row.capacity,
  seatsTaken: row.seats_taken,
  waiting: row.waiting,
  publishedAt: row.published_at,
  revision: row.revision,
  warnings: warningsOf(
    { startsAt: row.starts_at, endsAt: row.ends_at },
    { timeZone: row.time_zone, startsOn: row.starts_on, endsOn: row.ends_on },
  ),
  updatedAt: row.updated_at,
})
