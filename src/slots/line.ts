import type { Db } from '../db/database.ts'
import { decodeCursor, encodeCursor, type Page } from '../db/page.ts'
import type { Deps } from '../deps.ts'
import { isReleased } from '../domain/visibility.ts'
import { AppError } from '../errors.ts'
import type { Act } from '../http/access.ts'
import { refuseConflicts } from './places.ts'
import { lockSlots } from './queries.ts'
import * as queries from './queries-speakers.ts'
import {
  fillSeats,
  isActingFor,
  note,
  readSpeaker,
  requireEntitled,
  requireKnown,
  requireNotPrevented,
  requireOpenSeats,
  sitsHere,
} from './seats.ts'
import { openSlot, readSlot, type SlotAddress } from './service.ts'

export interface Place {
  applicationId: string
  /** From 1; null: it has a seat. */
  position: number | null
  seated: boolean
}

/** Joins the line; where a seat is free it is given at once. */
export async function joinLine(deps: Deps, address: SlotAddress, applicationId: string, act: Act): Promise<Place> {
  return deps.db.transaction().execute(async (tx) => {
    const slot = await openSlot(tx, address, act)
    await queries.shareWithLine(tx, slot.id, applicationId)
    const speaker = await readSpeaker(tx, applicationId, act)
    requireEntitled(slot, speaker, act)
    requireOpenSeats(slot)
    if ((await queries.findSlotSpeaker(tx, slot.id, applicationId))?.seated === true)
      await refuseConflicts(tx, sitsHere(slot), act)
    await requireNotPrevented(tx, slot, speaker, act)
    const joined = await queries.joinWaiting(tx, {
      slot_id: slot.id,
      application_id: applicationId,
      joined_at: act.now,
      joined_by: act.caller.id,
    })
    if (joined !== undefined) await note(tx, slot, applicationId, 'slot.waitingJoined', act)
    await fillSeats(deps, tx, slot, act)
    const line = await queries.listWaiting(tx, slot.id)
    const index = line.findIndex((row) => row.application_id === applicationId)
    return { applicationId, position: index === -1 ? null : index + 1, seated: index === -1 }
  })
}

export async function leaveLine({ db }: Deps, address: SlotAddress, applicationId: string, act: Act): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const slot = await readSlot(tx, address, act)
    await lockSlots(tx, [slot.id])
    requireKnown(await readSpeaker(tx, applicationId, act), act)
    if ((await queries.leaveWaiting(tx, slot.id, applicationId)) === undefined)
      throw new AppError('speaker_not_in_slot')
    await note(tx, slot, applicationId, 'slot.waitingLeft', act)
  })
}

/** The line with the places in it; a speaker sees its own ones, with the number that they have in the whole. */
export async function listLine(
  db: Db,
  address: SlotAddress,
  { limit = 20, cursor }: { limit?: number; cursor?: string },
  act: Act,
): Promise<Page<Place>> {
  const slot = await readSlot(db, address, act)
  if (act.caller.role === 'moderator' && !slot.takes_part) throw new AppError('slot_not_found')
  const line = (await queries.listWaiting(db, slot.id)).map((row, index) => ({ ...row, position: index + 1 }))
  const seen = await ownPlaces(db, line, act)
  const binding = ['waiting', slot.id, act.caller.id]
  const after = decodeCursor(cursor, binding, { value: 'integer', id: 'none' })
  const rest = seen.filter(({ number }) => after === undefined || number > Number(after.value))
  const last = rest.length > limit ? rest[limit - 1] : undefined
  return {
    data: rest
      .slice(0, limit)
      .map(({ application_id, position }) => ({ applicationId: application_id, position, seated: false })),
    nextCursor: last === undefined ? null : encodeCursor({ value: last.number, id: '' }, binding),
  }
}

async function ownPlaces<T extends { application_id: string }>(db: Db, line: T[], act: Act): Promise<T[]> {
  if (act.caller.role !== 'applicant') return line
  const facts = await queries.findSpeakers(
    db,
    line.map((row) => row.application_id),
  )
  const own = facts.filter((speaker) => isActingFor(speaker, act) && isReleased(speaker.release_at, act.now))
  return line.filter((row) => own.some((speaker) => speaker.application_id === row.application_id))
}
