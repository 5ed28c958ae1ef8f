import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { canMove, legalMoves, lifecycles } from '../domain/lifecycles.ts'
import { isTakingPlace } from '../domain/lifecycles-slot.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { lapseQuestions } from '../questions/lapsing.ts'
import { endModeration, followSlot } from '../sessions/queries.ts'
import { inviteModerators, replaceModerators } from './moderators.ts'
import { placeOfRow, takePlaces } from './places.ts'
import * as queries from './queries.ts'
import { vacate } from './queries-occupancy.ts'
import { countSeats } from './queries-speakers.ts'
import type { SlotPatch } from './schemas.ts'
import { fillSeats } from './seats.ts'
import * as service from './service.ts'
import { openSlot, readSlot, type SlotAddress } from './service.ts'
import { tellChanges, toldOf } from './telling.ts'
import { toSlot, toSlotForStaff } from './views.ts'

/** Changes a slot: what it takes up now is given up and taken anew, speakers included, or nothing changes. More seats go to those who wait. */
export async function patchSlot(
  deps: Deps,
  address: SlotAddress,
  patch: SlotPatch,
  act: Act,
): Promise<queries.SlotRow> {
  const { caller, now } = act
  return deps.db.transaction().execute(async (tx) => {
    const row = await openSlot(tx, address, act)
    requireMatch(act.ifMatch, toSlotForStaff(row))
    if (row.status === 'ended') throw new AppError('slot_closed', { detail: 'The slot has ended.' })
    const interval = service.intervalOf({
      startsAt: patch.startsAt ?? row.starts_at,
      endsAt: patch.endsAt ?? row.ends_at,
    })
    const countries = await nextCountries(tx, row, patch.countries, act)
    const room = patch.room === undefined ? row.room : service.oneLine(patch.room)
    const title = patch.title === undefined ? row.title : patch.title
    const capacity = patch.capacity === undefined ? row.capacity : patch.capacity
    await requireSeatsEnough(tx, row, capacity)
    const changes = changed({
      startsAt: [row.starts_at, interval.startsAt],
      endsAt: [row.ends_at, interval.endsAt],
      room: [row.room, room],
      countries: [row.countries.map(({ iso3 }) => iso3).join(' '), countries.join(' ')],
      title: [row.title, title],
    })
    const isShown = Object.keys(changes).length > 0
    const joinUrl = patch.joinUrl === undefined ? row.join_url : patch.joinUrl
    const hidden = {
      ...changed({ capacity: [row.capacity, capacity] }),
      ...(joinUrl !== row.join_url && { joinUrl: {} }),
    }
    if (!isShown && Object.keys(hidden).length === 0 && patch.moderators === undefined) return row
    const columns = { title, room, starts_at: interval.startsAt, ends_at: interval.endsAt, capacity, join_url: joinUrl }
    await queries.updateSlot(tx, row.id, { ...columns, updated_at: now }, isShown)
    if ('countries' in changes) await queries.replaceSlotCountries(tx, row, countries)
    if (isShown && isTakingPlace(row.status))
      await takePlaces(tx, [{ id: row.id, preSession: row.pre_session, room, countries, ...interval }], act)
    await appendHistory(tx, {
      preSession: row.pre_session,
      action: 'slot.changed',
      at: now,
      actor: caller.id,
      reason: patch.reason,
      // Where to join is for those admitted: that it changed is kept, never what it is.
      details: { slotId: row.id, changes: { ...changes, ...hidden } },
    })
    if ('endsAt' in changes) await followSlot(tx, row.id, now)
    const after = await readSlot(tx, address, act)
    if (patch.moderators !== undefined) await replaceModerators(deps, tx, after, patch.moderators, act)
    await fillSeats(deps, tx, after, act)
    const isMoved = 'startsAt' in changes || 'endsAt' in changes || 'room' in changes
    if (isMoved && isTakingPlace(row.status))
      await tellChanges(deps, tx, row.pre_session, [{ slotId: row.id, before: toldOf(row), after: toldOf(after) }], now)
    return readSlot(tx, address, act)
  })
}

/** A country stays as long as one of its speakers sits here, or a mission was present for it. */
async function nextCountries(
  tx: Tx,
  row: queries.SlotRow,
  wanted: readonly string[] | undefined,
  act: Act,
): Promise<string[]> {
  const before = row.countries.map(({ iso3 }) => iso3)
  if (wanted === undefined) return before
  const countries = service.codesOf(wanted)
  service.requireOwnLimits(act.caller, row.pre_session, countries)
  await service.requireCountries(
    tx,
    row.pre_session,
    countries.filter((iso3) => !before.includes(iso3)),
  )
  const gone = before.filter((iso3) => !countries.includes(iso3))
  const needed = await queries.listNeededCountries(tx, row.id, gone)
  if (needed.length > 0)
    throw new AppError('slot_in_use', {
      detail: `Speakers for ${needed.join(', ')} sit here, or missions were present for it.`,
    })
  return countries
}

async function requireSeatsEnough(tx: Tx, row: queries.SlotRow, capacity: number | null): Promise<void> {
  if (capacity === null || capacity === row.capacity) return
  const { taken } = await countSeats(tx, row.id)
  if (taken > capacity) throw new AppError('capacity_too_small', { detail: `${taken} seats are taken.` })
}

function changed(values: Record<string, [unknown, unknown]>): Record<string, { from: unknown; to: unknown }> {
  const entries = Object.entries(values).filter(([, [from, to]]) => from !== to)
  return Object.fromEntries(entries.map(([name, [from, to]]) => [name, { from, to }]))
}

interface Move {
  to: queries.SlotRow['status']
  reason?: string | undefined
}

/**
 * A move of the life cycle. Called off, it frees its places, keeps its speakers and ends its moderators' sessions; reinstated, it takes its places again or
 * stays called off, and its moderators get new links.
 */
export async function transitionSlot(
  deps: Deps,
  address: SlotAddress,
  { to, reason }: Move,
  act: Act,
): Promise<queries.SlotRow> {
  if (to === 'cancelled' && reason === undefined)
    throw invalidInput('/reason', 'required', 'A slot is called off with a reason.')
  const isModerator = act.caller.role === 'moderator'
  if (isModerator && act.caller.slotId !== address.id) throw new AppError('slot_not_found')
  return deps.db.transaction().execute(async (tx) => {
    const row = await openSlot(tx, address, act)
    requireMatch(act.ifMatch, isModerator ? toSlot(row) : toSlotForStaff(row), { required: false })
    if (isModerator && (to === 'cancelled' || row.status === 'cancelled'))
      throw new AppError('forbidden', { detail: 'The secretariat calls a slot off and reinstates it.' })
    requireMove(row.status, to)
    const isShown = to === 'cancelled' || row.status === 'cancelled'
    await queries.updateSlot(tx, row.id, { status: to, updated_at: act.now }, isShown)
    if (to === 'cancelled') await vacate(tx, [row.id])
    if (to === 'cancelled') await endModeration(tx, [row.id], act.now)
    if (to === 'ended') await lapseQuestions(tx, row.id, act)
    if (row.status === 'cancelled') requireNotWithdrawn(row)
    if (row.status === 'cancelled') await takePlaces(tx, [placeOfRow(row)], act)
    await appendHistory(tx, {
      preSession: row.pre_session,
      action: 'slot.statusChanged',
      at: act.now,
      actor: act.caller.id,
      reason,
      details: { slotId: row.id, from: row.status, to },
    })
    const after = await readSlot(tx, address, act)
    if (row.status === 'cancelled') await fillSeats(deps, tx, after, act)
    if (row.status === 'cancelled') await inviteModerators(deps, tx, after, act.now)
    const told = toldOf(row)
    if (isShown)
      await tellChanges(
        deps,
        tx,
        row.pre_session,
        [{ slotId: row.id, ...(to === 'cancelled' ? { before: told } : { after: told }) }],
        act.now,
      )
    return readSlot(tx, address, act)
  })
}

/** A slot is not reinstated about a country that left the round meanwhile. */
function requireNotWithdrawn({ countries }: queries.SlotRow): void {
  const gone = countries.filter(({ status }) => status === 'withdrawn').map(({ iso3 }) => iso3)
  if (gone.length > 0)
    throw new AppError('slot_closed', { detail: `${gone.join(', ')} was withdrawn from the round meanwhile.` })
}

function requireMove(from: string, to: string): void {
  const machine = lifecycles.slot
  if (canMove(machine, from, to, 'person')) return
  const moves = legalMoves(machine, from, 'person').map((move) => move.to)
  throw new AppError('illegal_transition', {
    detail: `From ${from} a slot can move to: ${moves.join(', ') || 'nothing'}.`,
  })
}
