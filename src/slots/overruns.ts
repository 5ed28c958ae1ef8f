import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { parseInstant } from '../domain/instant.ts'
import { hasOpenSeats } from '../domain/lifecycles-slot.ts'
import { isSameDay, type Moved, shiftAfterOverrun } from '../domain/overrun.ts'
import { roomKey, type Warning, warningsOf } from '../domain/slots.ts'
import { AppError, invalidInput, type PlaceConflict } from '../errors.ts'
import { appendHistories } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { followSlot } from '../sessions/queries.ts'
import { placeOfRow, placesWithSpeakers, shownConflicts, takePlaces } from './places.ts'
import * as queries from './queries.ts'
import { listConflicts } from './queries-occupancy.ts'
import { intervalOf, openSlot, type SlotAddress } from './service.ts'
import { tellChanges, toldOf } from './telling.ts'
import { readerOf } from './views.ts'

interface Overrun {
  endsAt: string
  keepBreaks?: boolean | undefined
  preview?: boolean | undefined
  reason?: string | undefined
}

export interface OverrunResult {
  preview: boolean
  moves: (Moved & { kind: queries.SlotRow['kind']; room: string; warnings: Warning[] })[]
  conflicts: PlaceConflict[]
  told: number
}

/** A slot ends later, and what follows in its room on that day moves with it: all of it, told to everybody concerned, or nothing. */
export async function overrun(deps: Deps, address: SlotAddress, input: Overrun, act: Act): Promise<OverrunResult> {
  const { preview = false } = input
  return deps.db.transaction().execute(async (tx) => {
    const slot = await openSlot(tx, address, act)
    if (!hasOpenSeats(slot.status))
      throw new AppError('slot_closed', { detail: `The slot has the status ${slot.status}.` })
    const endsAt = laterEnd(slot, input.endsAt)
    const following = await listFollowing(tx, slot, act)
    await queries.lockSlots(
      tx,
      following.map(({ id }) => id),
    )
    const rows = new Map([slot, ...following].map((row) => [row.id, row]))
    const moved = shiftAfterOverrun(placed(slot), endsAt, following.map(placed), input.keepBreaks ?? false)
    const after = moved.map(({ id, to }) => ({
      ...(rows.get(id) as queries.SlotRow),
      starts_at: to.startsAt,
      ends_at: to.endsAt,
    }))
    const moves = moved.map((move, index) => shownMove(move, after[index] as queries.SlotRow))
    if (preview) return { preview, moves, conflicts: await conflictsOf(tx, after, act), told: 0 }
    for (const row of after) {
      await queries.updateSlot(
        tx,
        row.id,
        { starts_at: row.starts_at, ends_at: row.ends_at, updated_at: act.now },
        true,
      )
      await followSlot(tx, row.id, act.now)
    }
    await takePlaces(tx, after.map(placeOfRow), act)
    await appendHistories(
      tx,
      moved.map(({ id, to }) => ({
        preSession: slot.pre_session,
        action: id === slot.id ? 'slot.overran' : 'slot.moved',
        at: act.now,
        actor: act.caller.id,
        ...(input.reason !== undefined && { reason: input.reason }),
        details: { slotId: id, from: rows.get(id)?.starts_at, to: to.startsAt, until: to.endsAt },
      })),
    )
    const changes = after.map((row) => ({
      slotId: row.id,
      before: toldOf(rows.get(row.id) as queries.SlotRow),
      after: toldOf(row),
    }))
    return { preview, moves, conflicts: [], told: await tellChanges(deps, tx, slot.pre_session, changes, act.now) }
  })
}

const placed = (row: queries.SlotRow) => ({ id: row.id, startsAt: row.starts_at, endsAt: row.ends_at })

function laterEnd(slot: queries.SlotRow, text: string): string {
  const endsAt = parseInstant(text)
  if (endsAt === undefined) throw invalidInput('/endsAt', 'wrong_format', 'This is not an RFC 3339 instant.')
  intervalOf({ startsAt: slot.starts_at, endsAt })
  if (Date.parse(endsAt) <= Date.parse(slot.ends_at))
    throw invalidInput('/endsAt', 'not_later', `The slot ends at ${slot.ends_at}; an overrun ends later.`)
  return endsAt
}

/** What follows in the room on that day and is not over; a credential for some countries moves no others. */
async function listFollowing(tx: Tx, slot: queries.SlotRow, { caller, now }: Act): Promise<queries.SlotRow[]> {
  const everything = { role: 'admin', isStaff: true }
  const rows = await queries.listSlotsAfter(tx, slot.pre_session, slot.ends_at, everything, now)
  const following = rows.filter(
    (row) =>
      hasOpenSeats(row.status) &&
      roomKey(row.room) === roomKey(slot.room) &&
      isSameDay(row.starts_at, slot.starts_at, slot.time_zone),
  )
  const readable = await queries.listReadableIds(
    tx,
    following.map(({ id }) => id),
    readerOf(caller),
    now,
  )
  if (readable.length < following.length)
    throw new AppError('forbidden', { detail: 'What follows is about countries that this credential is not for.' })
  return following
}

const shownMove = (move: Moved, row: queries.SlotRow) => ({
  ...move,
  kind: row.kind,
  room: row.room,
  warnings: warningsOf(move.to, { timeZone: row.time_zone, startsOn: row.starts_on, endsOn: row.ends_on }),
})

/** What the moved slots would meet, among those that stay. */
async function conflictsOf(tx: Tx, after: readonly queries.SlotRow[], act: Act): Promise<PlaceConflict[]> {
  const ids = after.map(({ id }) => id)
  const conflicts = await listConflicts(tx, await placesWithSpeakers(tx, after.map(placeOfRow)))
  return shownConflicts(
    tx,
    conflicts.filter(({ slotId }) => slotId === undefined || !ids.includes(slotId)),
    act,
  )
}
