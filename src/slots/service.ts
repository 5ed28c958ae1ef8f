import type { Db, Tx } from '../db/database.ts'
import type { SlotKind } from '../db/tables-slots.ts'
import type { Deps } from '../deps.ts'
import { parseInstant } from '../domain/instant.ts'
import { type Interval, longestHours, minutesOf, roomKey } from '../domain/slots.ts'
import { isReleased } from '../domain/visibility.ts'
import { AppError, type InputFault, invalidInput, type PlaceConflict } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Caller } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { findStatus, sharePreSession } from '../pre-sessions/queries.ts'
import { replaceModerators } from './moderators.ts'
import * as queries from './queries.ts'
import { type Conflict, listConflicts, type Occupancy, occupy, vacate } from './queries-occupancy.ts'
import { findSpeakers, listSeatedSpeakers } from './queries-speakers.ts'
import type { SlotInput } from './schemas.ts'
import { speakerKey } from './speaker-key.ts'
import { isStaffCaller, readerOf, toSlotForStaff } from './views.ts'

/** Who acts, and when the whole request had been read. */
export interface Act {
  caller: Caller
  now: string
  ifMatch?: string | undefined
}

/** A slot as its kind and id name it. */
export interface SlotAddress {
  /** Left out: whichever it is. */
  kind?: SlotKind
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
export async function shareOpenRound(tx: Tx, preSession: number): Promise<void> {
  await sharePreSession(tx, preSession)
  const status = await findStatus(tx, preSession)
  if (status === undefined) throw new AppError('slot_not_found')
  requireRunningRound(status)
}

export function requireRunningRound(status: string): void {
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
  const { pre_session } = await readSlot(tx, address, act)
  await shareOpenRound(tx, pre_session)
  await queries.takeTurn(tx, pre_session)
  await queries.lockSlots(tx, [address.id, ...others])
  return readSlot(tx, address, act)
}

/** R26, R27: a slot takes its room and its countries, or is not made. */
export async function createSlot(deps: Deps, kind: SlotKind, input: SlotInput, act: Act): Promise<queries.SlotRow> {
  const { caller, now } = act
  const interval = intervalOf(input)
  const countries = codesOf(input.countries)
  requireOwnLimits(caller, input.preSession, countries)
  await refuseTakenAtAGlance(deps.db, { ...interval, preSession: input.preSession, room: input.room, countries }, act)
  return deps.db.transaction().execute(async (tx) => {
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
    const slot = await readSlot(tx, { kind, id }, act)
    if (input.moderators === undefined) return slot
    await replaceModerators(deps, tx, slot, input.moderators, act)
    return readSlot(tx, { kind, id }, act)
  })
}

/** What is taken at this instant is refused without waiting for anybody; what seems free is settled by the constraints. */
async function refuseTakenAtAGlance(db: Db, wanted: Omit<SlotPlace, 'id'>, act: Act): Promise<void> {
  const usable = await queries.listUsableCountries(db, wanted.preSession, wanted.countries)
  if (usable.length < wanted.countries.length) return
  await refuseConflicts(db, await listConflicts(db, placesOf({ ...wanted, id: noSlot })), act)
}

const noSlot = '00000000-0000-0000-0000-000000000000'

function refuseUnknownRound(error: unknown): never {
  if (error instanceof AppError && error.code === 'slot_not_found')
    throw invalidInput('/preSession', 'unknown_pre_session', 'There is no such round.')
  throw error
}

/** A credential for some rounds or countries makes no slots for others. */
export function requireOwnLimits(
  { preSessions, countries: own }: Caller,
  preSession: number,
  countries: readonly string[],
): void {
  const isOutside =
    (preSessions !== undefined && !preSessions.includes(preSession)) ||
    (own !== undefined && countries.some((iso3) => !own.includes(iso3)))
  if (isOutside) throw new AppError('forbidden', { detail: 'This credential is for other rounds or countries.' })
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

const conflictWords = { room: 'The room', country: 'A country', speaker: 'The speaker', seat: 'Every seat' }

/** Thrown inside the transaction, so that nothing of it stays. */
export async function refuseConflicts(db: Db, conflicts: readonly Conflict[], act: Act): Promise<void> {
  if (conflicts.length === 0) return
  const shown = await shownConflicts(db, conflicts, act)
  const first = shown[0] as PlaceConflict
  throw new AppError('slot_conflict', {
    detail: `${conflictWords[first.kind]} is taken from ${first.startsAt} to ${first.endsAt}.`,
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
    return { ...conflict, ...(slotId !== undefined && readable.includes(slotId) && { slotId }) }
  })
  return [...new Map(shown.map((one) => [JSON.stringify(one), one])).values()]
}

/** Those of the applications that sit there of which this caller may know it; undefined: all. */
async function listOwnSeats(
  db: Db,
  conflicts: readonly Conflict[],
  { caller, now }: Act,
): Promise<string[] | undefined> {
  if (isStaffCaller(caller)) return undefined
  const ids = conflicts.flatMap(({ applicationId }) => applicationId ?? [])
  if (caller.role !== 'applicant' || ids.length === 0) return []
  const speakers = await findSpeakers(db, ids)
  return speakers
    .filter(({ emails, release_at }) => emails.includes(caller.email ?? '') && isReleased(release_at, now))
    .map(({ application_id }) => application_id)
}

export function intervalOf(input: Interval): Interval {
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

export function codesOf(codes: readonly string[]): string[] {
  const upper = codes.map((iso3) => iso3.toUpperCase())
  const twice = upper.findIndex((iso3, index) => upper.indexOf(iso3) !== index)
  if (twice !== -1) throw invalidInput(`/countries/${twice}`, 'twice', `${upper[twice]} is named twice.`)
  return upper
}

export async function requireCountries(tx: Tx, preSession: number, codes: readonly string[]): Promise<void> {
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

export const oneLine = (text: string): string => text.trim().replace(/\s+/g, ' ')
