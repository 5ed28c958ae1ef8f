import type { Db } from '../db/database.ts'
import { decodeCursor, encodeCursor, type Page } from '../db/page.ts'
import { isReleased } from '../domain/visibility.ts'
import { AppError } from '../errors.ts'
import { findSpeakers, listWaiting } from './queries-speakers.ts'
import { isActingFor, type Place } from './seats.ts'
import { type Act, readSlot, type SlotAddress } from './service.ts'

/** The line with the places in it; a speaker sees its own ones, with the number that they have in the whole. */
export async function listLine(
  db: Db,
  address: SlotAddress,
  { limit = 20, cursor }: { limit?: number; cursor?: string },
  act: Act,
): Promise<Page<Place>> {
  const slot = await readSlot(db, address, act)
  if (act.caller.role === 'moderator' && !slot.takes_part) throw new AppError('slot_not_found')
  const line = (await listWaiting(db, slot.id)).map((row, index) => ({ ...row, position: index + 1 }))
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
  const facts = await findSpeakers(
    db,
    line.map((row) => row.application_id),
  )
  const own = facts.filter((speaker) => isActingFor(speaker, act) && isReleased(speaker.release_at, act.now))
  return line.filter((row) => own.some((speaker) => speaker.application_id === row.application_id))
}
