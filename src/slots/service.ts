import type { Db, Tx } from '../db/database.ts'
import type { SlotKind } from '../db/tables-slots.ts'
import type { Deps } from '../deps.ts'
import { parseInstant } from '../domain/instant.ts'
import { canMove, legalMoves, lifecycles } from '../domain/lifecycles.ts'
import { isTakingPlace } from '../domain/lifecycles-slot.ts'
import { type Interval, longestHours, minutesOf, roomKey } from '../domain/slots.ts'
import { AppError, type InputFault, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Caller } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { findStatus, sharePreSession } from '../pre-sessions/queries.ts'
import * as queries from './queries.ts'
import { type Conflict, type Occupancy, occupy, vacate } from './queries-occupancy.ts'
import { listSeatedSpeakers } from './queries-speakers.ts'
import type { SlotInput, SlotPatch } from './schemas.ts'
import { speakerKey } from './speaker-key.ts'
import { readerOf, toSlot, toSlotForStaff } from './views.ts'

/** Who acts, and when the whole request had been read. */
export interface Act {
  caller: Caller
  now: string
  ifMatch?: string | undefined
}

/** A slot as its kind and id name it. */
export interface SlotAddress {
  kind: SlotKind
  id: string
}

/** The slot as this caller may see it; what it may not see is, to it, not there. */
export async function readSlot(db: Db, { kind, id }: SlotAddress, { caller, now }: Act): Promise<queries.SlotRow> {
  const row = await queries.findSlot(db, kind, id, readerOf(caller), now)
  if (row === undefined) throw new AppError('slot_not_found')
  return row
}

const endedRounds = new Set(['cancelled', 'closed', 'archived'])

/** The first of the locks; the round stays as it is while its programme changes. */
async function shareOpenRound(tx: Tx, preSession: number): Promise<void> {
  await sharePreSession(tx, preSession)
  const status = await findStatus(tx, preSession)
  if (status === undefined) throw new AppError('slot_not_found')
  if (endedRounds.has(status)) throw new AppError('round_closed', { detail: `The round has the status ${status}.` })
}

/**
 * Locks a slot that this caller may change, after the round and after its turn in the round's programme: others are locked with it, where the
 * change concerns them too.
 */
export async function openSlot(
  tx: Tx,
  address: SlotAddress,
  act: Act,
  others: readonly string[] = [],
): Promise<queries.SlotRow> {
  const place = await queries.findSlotPlace(tx, address.id, address.kind)
  if (place === undefined) throw new AppError('slot_not_found')
  await shareOpenRound(tx, place.pre_session)
  await queries.takeTurn(tx, place.pre_session)
  await queries.lockSlots(tx, [address.id, ...others])
  return readSlot(tx, address, act)
}

/** R26, R27: a slot takes its room and its countries, or is not made. */
export async function createSlot({ db }: Deps, kind: SlotKind, input: SlotInput, act: Act): Promise<queries.SlotRow> {
  const { caller, now } = act
  const interval = intervalOf(input)
  const countries = codesOf(input.countries)
  requireOwnLimits(caller, input.preSession, countries)
  return db.transaction().execute(async (tx) => {
    await shareOpenRound(tx, input.preSession).catch(refuseUnknownRound)
    await requireCountries(tx, input.preSession, countries)
    const { id } = await queries.insertSlot(tx, {
      pre_session: input.preSession,
      kind,
      title: input.title ?? null,
      starts_at: interval.startsAt,
      ends_at: interval.endsAt,
      room: oneLine(input.room),
      capacity: input.capacity ?? null,
      join_url: input.joinUrl ?? null,
      published_at: null,
      created_at: now,
      updated_at: now,
    })
    await queries.replaceSlotCountries(tx, { id, pre_session: input.preSession }, countries)
    const places = placesOf({ id, preSession: input.preSession, room: input.room, countries, ...interval })
    await refuseConflicts(tx, await occupy(tx, places), act)
    await appendHistory(tx, {
      preSession: input.preSession,
      action: 'slot.created',
      at: now,
      actor: caller.id,
      details: { slotId: id, kind, countries, ...interval },
    })
    return readSlot(tx, { kind, id }, act)
  })
}

function refuseUnknownRound(error: unknown): never {
  if (error instanceof AppError && error.code === 'slot_not_found')
    throw invalidInput('/preSession', 'unknown_pre_session', 'There is no such round.')
  throw error
}

/** A credential for some rounds or countries makes no slots for others. */
function requireOwnLimits(
  { preSessions, countries: own }: Caller,
  preSession: number,
  countries: readonly string[],
): void {
  const isOutside =
    (preSessions !== undefined && !preSessions.includes(preSession)) ||
    (own !== undefined && countries.some((iso3) => !own.includes(iso3)))
  if (isOutside) throw new AppError('forbidden', { detail: 'This credential is for other rounds or countries.' })
}

export async function patchSlot(
  { db, keys }: Deps,
  address: SlotAddress,
  patch: SlotPatch,
  act: Act,
): Promise<queries.SlotRow> {
  const { caller, now } = act
  return db.transaction().execute(async (tx) => {
    const row = await openSlot(tx, address, act)
    requireMatch(act.ifMatch, toSlotForStaff(row))
    if (row.status === 'ended') throw new AppError('slot_closed', { detail: 'The slot has ended.' })
    const interval = intervalOf({ startsAt: patch.startsAt ?? row.starts_at, endsAt: patch.endsAt ?? row.ends_at })
    const before = row.countries.map(({ iso3 }) => iso3)
    const countries = patch.countries === undefined ? before : codesOf(patch.countries)
    const added = countries.filter((iso3) => !before.includes(iso3))
    requireOwnLimits(caller, row.pre_session, countries)
    await requireCountries(tx, row.pre_session, added)
    const room = patch.room === undefined ? row.room : oneLine(patch.room)
    const title = patch.title === undefined ? row.title : patch.title
    const changes = changed({
      startsAt: [row.starts_at, interval.startsAt],
      endsAt: [row.ends_at, interval.endsAt],
      room: [row.room, room],
      countries: [before.join(' '), countries.join(' ')],
      title: [row.title, title],
    })
    const isShown = Object.keys(changes).length > 0
    await queries.updateSlot(
      tx,
      row.id,
      {
        title,
        room,
        starts_at: interval.startsAt,
        ends_at: interval.endsAt,
        ...(patch.capacity !== undefined && { capacity: patch.capacity }),
        ...(patch.joinUrl !== undefined && { join_url: patch.joinUrl }),
        updated_at: now,
      },
      isShown,
    )
    if (isShown && isTakingPlace(row.status)) {
      await queries.replaceSlotCountries(tx, row, countries)
      await takePlaces(
        tx,
        keys.pseudonym,
        [{ id: row.id, preSession: row.pre_session, room, countries, ...interval }],
        act,
      )
    }
    await appendHistory(tx, {
      preSession: row.pre_session,
      action: 'slot.changed',
      at: now,
      actor: caller.id,
      reason: patch.reason,
      details: { slotId: row.id, changes },
    })
    return readSlot(tx, address, act)
  })
}

const oneLine = (text: string): string => text.trim().replace(/\s+/g, ' ')

function changed(values: Record<string, [unknown, unknown]>): Record<string, { from: unknown; to: unknown }> {
  const entries = Object.entries(values).filter(([, [from, to]]) => from !== to)
  return Object.fromEntries(entries.map(([name, [from, to]]) => [name, { from, to }]))
}

/** Only what nobody knows of and nobody sits in; everything else is called off. */
export async function removeSlot({ db }: Deps, address: SlotAddress, act: Act): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await openSlot(tx, address, act)
    requireMatch(act.ifMatch, toSlotForStaff(row))
    if ((await queries.deleteSlot(tx, row.id)) === undefined) throw new AppError('slot_in_use')
    await appendHistory(tx, {
      preSession: row.pre_session,
      action: 'slot.removed',
      at: act.now,
      actor: act.caller.id,
      details: { slotId: row.id, kind: row.kind },
    })
  })
}

export async function transitionSlot(
  { db, keys }: Deps,
  address: SlotAddress,
  { to, reason }: { to: queries.SlotRow['status']; reason?: string | undefined },
  act: Act,
): Promise<queries.SlotRow> {
  if (to === 'cancelled' && reason === undefined)
    throw invalidInput('/reason', 'required', 'A slot is called off with a reason.')
  const isModerator = act.caller.role === 'moderator'
  if (isModerator && act.caller.slotId !== address.id) throw new AppError('slot_not_found')
  return db.transaction().execute(async (tx) => {
    const row = await openSlot(tx, address, act)
    requireMatch(act.ifMatch, isModerator ? toSlot(row) : toSlotForStaff(row), { required: false })
    if (isModerator && (to === 'cancelled' || row.status === 'cancelled'))
      throw new AppError('forbidden', { detail: 'The secretariat calls a slot off and reinstates it.' })
    const machine = lifecycles.slot
    if (!canMove(machine, row.status, to, 'person')) {
      const moves = legalMoves(machine, row.status, 'person')
        .map((move) => move.to)
        .join(', ')
      throw new AppError('illegal_transition', {
        detail: `From ${row.status} a slot can move to: ${moves || 'nothing'}.`,
      })
    }
    await queries.updateSlot(
      tx,
      row.id,
      { status: to, updated_at: act.now },
      to === 'cancelled' || row.status === 'cancelled',
    )
    if (to === 'cancelled') await vacate(tx, [row.id])
    if (row.status === 'cancelled') await takePlaces(tx, keys.pseudonym, [placeOfRow(row)], act)
    await appendHistory(tx, {
      preSession: row.pre_session,
      action: 'slot.statusChanged',
      at: act.now,
      actor: act.caller.id,
      reason,
      details: { slotId: row.id, from: row.status, to },
    })
    return readSlot(tx, address, act)
  })
}

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
const placesOf = ({ id, preSession, room, countries, startsAt, endsAt }: SlotPlace): Occupancy[] => [
  { slotId: id, kind: 'room', resource: `${preSession} ${roomKey(room)}`, startsAt, endsAt },
  ...countries.map(
    (iso3): Occupancy => ({ slotId: id, kind: 'country', resource: `${preSession} ${iso3}`, startsAt, endsAt }),
  ),
]

/** Gives up what the locked slots had and takes what they want now, speakers included: all of it or nothing. */
export async function takePlaces(tx: Tx, pseudonymKey: Buffer, slots: readonly SlotPlace[], act: Act): Promise<void> {
  const ids = slots.map(({ id }) => id)
  await vacate(tx, ids)
  const speakers = await listSeatedSpeakers(tx, ids)
  const places = slots.flatMap((slot) => [
    ...placesOf(slot),
    ...speakers
      .filter(({ slot_id }) => slot_id === slot.id)
      .map(
        (speaker): Occupancy => ({
          slotId: slot.id,
          kind: 'speaker',
          resource: speakerKey(pseudonymKey, speaker),
          applicationId: speaker.application_id,
          startsAt: slot.startsAt,
          endsAt: slot.endsAt,
        }),
      ),
  ])
  await refuseConflicts(tx, await occupy(tx, places), act)
}

const conflictWords = { room: 'The room', country: 'A country', speaker: 'The speaker', seat: 'Every seat' }

/** Thrown inside the transaction, so that nothing of it stays. Which slot has the place is told to whom may read that slot. */
export async function refuseConflicts(tx: Tx, conflicts: readonly Conflict[], { caller, now }: Act): Promise<void> {
  const [first] = conflicts
  if (first === undefined) return
  const ids = conflicts.flatMap(({ slotId }) => slotId ?? [])
  const readable = await queries.listReadableIds(tx, ids, readerOf(caller), now)
  throw new AppError('slot_conflict', {
    detail: `${conflictWords[first.kind]} is taken from ${first.startsAt} to ${first.endsAt}.`,
    conflicts: conflicts.map(({ slotId, ...conflict }) => ({
      ...conflict,
      ...(slotId !== undefined && readable.includes(slotId) && { slotId }),
    })),
  })
}

function intervalOf(input: Interval): Interval {
  const faults: InputFault[] = []
  const read = (name: 'startsAt' | 'endsAt') => {
    const at = parseInstant(input[name])
    if (at === undefined)
      faults.push({ pointer: `/${name}`, code: 'wrong_format', message: 'This is not an RFC 3339 instant.' })
    return at ?? ''
  }
  const interval = { startsAt: read('startsAt'), endsAt: read('endsAt') }
  if (faults.length === 0) {
    const minutes = minutesOf(interval)
    if (minutes <= 0)
      faults.push({ pointer: '/endsAt', code: 'not_after_start', message: 'The end must be after the beginning.' })
    if (minutes > longestHours * 60)
      faults.push({ pointer: '/endsAt', code: 'too_long', message: `A slot lasts at most ${longestHours} hours.` })
  }
  if (faults.length > 0) throw new AppError('invalid_request', { detail: faults[0]?.message ?? '', errors: faults })
  return interval
}

function codesOf(codes: readonly string[]): string[] {
  const upper = codes.map((iso3) => iso3.toUpperCase())
  const twice = upper.findIndex((iso3, index) => upper.indexOf(iso3) !== index)
  if (twice !== -1) throw invalidInput(`/countries/${twice}`, 'twice', `${upper[twice]} is named twice.`)
  return upper
}

async function requireCountries(tx: Tx, preSession: number, codes: readonly string[]): Promise<void> {
  if (codes.length === 0) return
  const usable = await queries.listUsableCountries(tx, preSession, codes)
  const unknown = codes.findIndex((iso3) => !usable.includes(iso3))
  if (unknown !== -1)
    throw invalidInput(
      `/countries/${unknown}`,
      'unknown_country',
      `${codes[unknown]} is not under review in this round, or was withdrawn from it.`,
    )
}
