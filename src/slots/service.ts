import type { Db, Tx } from '../db/database.ts'
import type { SlotKind } from '../db/tables-slots.ts'
import type { Deps } from '../deps.ts'
import { parseInstant } from '../domain/instant.ts'
import { type Interval, longestHours, minutesOf } from '../domain/slots.ts'
import { AppError, type InputFault, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act, Caller } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { findStatus, sharePreSession } from '../pre-sessions/queries.ts'
import { replaceModerators } from './moderators.ts'
import { placesOf, refuseConflicts, type SlotPlace } from './places.ts'
import * as queries from './queries.ts'
import { listConflicts, occupy } from './queries-occupancy.ts'
import type { SlotInput } from './schemas.ts'
import { readerOf, toSlotForStaff } from './views.ts'

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

export const isRunningRound = (status: string): boolean => !endedRounds.has(status)

export function requireRunningRound(status: string): void {
  if (!isRunningRound(status)) throw new AppError('round_closed', { detail: `The round has the status ${status}.` })
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

/** Keeps round and slot as they are while something is noted of the slot; others may do the same at the same time. */
export async function shareOpenSlot(tx: Tx, address: SlotAddress, act: Act): Promise<queries.SlotRow> {
  const { pre_session } = await readSlot(tx, address, act)
  await shareOpenRound(tx, pre_session)
  await queries.shareSlot(tx, address.id)
  return readSlot(tx, address, act)
}

/** R26, R27: a slot takes its room and its countries, or is not made. */
export async function createSlot(deps: Deps, kind: SlotKind, input: SlotInput, act: Act): Promise<queries.SlotRow> {
  const { caller, now } = act
  const interval = intervalOf(input)
  const countries = codesOf(input.countries)
  requireOwnLimits(caller, input.preSession, countries)
  const wanted = { ...interval, preSession: input.preSession, room: input.room, countries }
  await refuseTakenAtAGlance(deps.db, wanted, act)
  return deps.db.transaction().execute(async (tx) => {
    await shareOpenRound(tx, input.preSession).catch(refuseUnknownRound)
    await queries.takeTurn(tx, input.preSession)
    await refuseTakenAtAGlance(tx, wanted, act)
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
