import { isWithinOwnLimits } from '../applications/reading.ts'
import type { Db, Tx } from '../db/database.ts'
import { type Interval, roomKey } from '../domain/slots.ts'
import { isReleased, seesAsStaff } from '../domain/visibility.ts'
import { AppError, type PlaceConflict } from '../errors.ts'
import type { Act } from '../http/access.ts'
import * as queries from './queries.ts'
import { type Conflict, type Occupancy, occupy, vacate } from './queries-occupancy.ts'
import { findSpeakers, listSeatedSpeakers } from './queries-speakers.ts'
import { speakerKey } from './speaker-key.ts'
import { readerOf } from './views.ts'

export interface SlotPlace extends Interval {
  id: string
  preSession: number
  room: string
  countries: readonly string[]
}

export const placeOfRow = (row: queries.SlotRow): SlotPlace => ({
  id: row.id,
  preSession: row.pre_session,
  room: row.room,
  countries: row.countries.map(({ iso3 }) => iso3),
  startsAt: row.starts_at,
  endsAt: row.ends_at,
})

/** What a slot takes up: its room and its countries. Its speakers come with their seats. */
export const placesOf = ({ id, preSession, room, countries, startsAt, endsAt }: SlotPlace): Occupancy[] => [
  { slotId: id, kind: 'room', resource: `${preSession} ${roomKey(room)}`, startsAt, endsAt },
  ...countries.map(
    (iso3): Occupancy => ({ slotId: id, kind: 'country', resource: `${preSession} ${iso3}`, startsAt, endsAt }),
  ),
]

/** Everything that these slots take up, their seated speakers included. */
export async function placesWithSpeakers(tx: Tx, slots: readonly SlotPlace[]): Promise<Occupancy[]> {
  const speakers = await listSeatedSpeakers(
    tx,
    slots.map(({ id }) => id),
  )
  return slots.flatMap((slot) => [
    ...placesOf(slot),
    ...speakers
      .filter(({ slot_id }) => slot_id === slot.id)
      .map(
        (speaker): Occupancy => ({
          slotId: slot.id,
          kind: 'speaker',
          resource: speakerKey(speaker),
          applicationId: speaker.application_id,
          startsAt: slot.startsAt,
          endsAt: slot.endsAt,
        }),
      ),
  ])
}

/** Gives up what the locked slots had and takes what they want now, speakers included: all of it or nothing. */
export async function takePlaces(tx: Tx, slots: readonly SlotPlace[], act: Act): Promise<void> {
  const ids = slots.map(({ id }) => id)
  await vacate(tx, ids)
  await refuseConflicts(tx, await occupy(tx, await placesWithSpeakers(tx, slots)), act)
}

const conflictWords = { room: 'The room', country: 'A country', speaker: 'A speaker', seat: 'Every seat' }

/** Thrown inside the transaction, so that nothing of it stays. */
export async function refuseConflicts(db: Db, conflicts: readonly Conflict[], act: Act): Promise<void> {
  if (conflicts.length === 0) return
  const shown = await shownConflicts(db, conflicts, act)
  const first = shown[0] as PlaceConflict
  throw new AppError('slot_conflict', {
    detail: `${first.country ?? conflictWords[first.kind]} is taken from ${first.startsAt} to ${first.endsAt}.`,
    conflicts: shown,
  })
}

/**
 * Which slot has the place is told to whom may read that slot. Where and when a speaker sits for another application is told to staff alone: to anybody
 * else the time that was asked for is taken, and nothing more, since that seat may not be released, or be another organisation's matter.
 */
export async function shownConflicts(db: Db, conflicts: readonly Conflict[], act: Act): Promise<PlaceConflict[]> {
  const reader = readerOf(act.caller)
  const ids = conflicts.flatMap(({ slotId }) => slotId ?? [])
  // Whoever sees everything needs no look.
  const seesAll = reader.isStaff && reader.preSessions === undefined && reader.countries === undefined
  const readable = seesAll ? ids : await queries.listReadableIds(db, ids, reader, act.now)
  const own = await listOwnSeats(db, conflicts, act)
  const shown = conflicts.map(({ slotId, applicationId, wanted, ...conflict }): PlaceConflict => {
    const isHidden = own !== undefined && applicationId !== undefined && !own.includes(applicationId)
    if (isHidden && wanted !== undefined) return { kind: conflict.kind, ...wanted }
    const isReadable = slotId !== undefined && readable.includes(slotId)
    return {
      ...conflict,
      ...(isReadable && { slotId }),
      ...(isReadable && reader.isStaff && applicationId !== undefined && { applicationId }),
    }
  })
  return [...new Map(shown.map((one) => [JSON.stringify(one), one])).values()]
}

/** Those of the applications that sit there of which this caller may know it; undefined: all. */
async function listOwnSeats(
  db: Db,
  conflicts: readonly Conflict[],
  { caller, now }: Act,
): Promise<string[] | undefined> {
  if (seesAsStaff(caller.role)) return undefined
  const ids = conflicts.flatMap(({ applicationId }) => applicationId ?? [])
  if (caller.role !== 'applicant' || ids.length === 0) return []
  const speakers = await findSpeakers(db, ids)
  return speakers
    .filter((one) => one.emails.includes(caller.email ?? '') && isWithinOwnLimits(caller, one))
    .filter(({ release_at }) => isReleased(release_at, now))
    .map(({ application_id }) => application_id)
}
