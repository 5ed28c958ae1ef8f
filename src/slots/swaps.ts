import type { Tx } from '../db/database.ts'
import { decodeCursor, encodeCursor, type Page } from '../db/page.ts'
import type { Deps } from '../deps.ts'
import { maySpeak } from '../domain/seats.ts'
import { isReleased, seesAsStaff } from '../domain/visibility.ts'
import { AppError, invalidInput } from '../errors.ts'
import type { Act } from '../http/access.ts'
import type { Static } from '../http/schemas.ts'
import { refuseConflicts } from './places.ts'
import type { SlotRow } from './queries.ts'
import { occupy, vacateSpeaker } from './queries-occupancy.ts'
import type { SpeakerFacts } from './queries-speakers.ts'
import * as speakers from './queries-speakers.ts'
import * as queries from './queries-swaps.ts'
import { isAbout, isActingFor, note, placeOf, readSpeaker, requireOpenSeats } from './seats.ts'
import { openSlot, readSlot, type SlotAddress } from './service.ts'
import type { SlotSwap } from './speaker-schemas.ts'
import { tellSpeakers, tellSwapped, toldOf } from './telling.ts'

interface Offer {
  applicationId: string
  wantedSlotId: string
}

/** A speaker offers its seat for one in another slot; whom it reaches is not told, and who offers neither. */
export async function offerSwap(
  deps: Deps,
  address: SlotAddress,
  { applicationId, wantedSlotId }: Offer,
  act: Act,
): Promise<queries.SwapRow> {
  return deps.db.transaction().execute(async (tx) => {
    const slot = await openSlot(tx, address, act)
    requireOpenSeats(slot)
    await speakers.shareApplications(tx, [applicationId])
    const speaker = await requireSeated(tx, slot, await readSpeaker(tx, applicationId, act), act)
    const wanted = await readSlot(tx, { id: wantedSlotId }, act).catch(refuseUnknownWanted)
    if (wanted.id === slot.id || wanted.pre_session !== slot.pre_session)
      refuseUnknownWanted(new AppError('slot_not_found'))
    if (!isAbout(wanted, speaker))
      throw invalidInput('/wantedSlotId', 'other_country', 'That slot is not about the country of this application.')
    const swap = await queries.putSwap(tx, {
      pre_session: slot.pre_session,
      slot_id: slot.id,
      application_id: applicationId,
      wanted_slot_id: wanted.id,
      offered_at: act.now,
    })
    if (!swap.is_new) return swap
    await note(tx, slot, applicationId, 'slot.swapOffered', act)
    const partners = await speakers.findSpeakers(tx, await queries.listPartners(tx, wanted.id, slot.id))
    const told = { template: 'swapOffered' as const, slot: toldOf(slot) }
    await tellSpeakers(
      deps,
      tx,
      partners.map((speaker) => ({ ...told, speaker })),
      act.now,
    )
    return swap
  })
}

function refuseUnknownWanted(error: unknown): never {
  if (error instanceof AppError && error.code === 'slot_not_found')
    throw invalidInput('/wantedSlotId', 'unknown_slot', 'There is no such other slot in the round.')
  throw error
}

async function requireSeated(
  tx: Tx,
  slot: SlotRow,
  speaker: SpeakerFacts,
  { caller, now }: Act,
): Promise<SpeakerFacts> {
  const mayKnow = caller.role !== 'applicant' || isReleased(speaker.release_at, now)
  const present = await speakers.findSlotSpeaker(tx, slot.id, speaker.application_id)
  if (!mayKnow || present?.seated !== true || !maySpeak(speaker)) throw new AppError('speaker_not_in_slot')
  return speaker
}

interface Settling {
  to: 'accepted' | 'withdrawn'
  applicationId?: string | undefined
}

export async function settleSwap(
  deps: Deps,
  address: SlotAddress,
  swapId: string,
  { to, applicationId }: Settling,
  act: Act,
): Promise<queries.SwapRow> {
  if (to === 'accepted' && applicationId === undefined)
    throw invalidInput('/applicationId', 'required', 'Say whose seat is given in exchange.')
  return deps.db.transaction().execute(async (tx) => {
    const found = await queries.findSwap(tx, address.id, swapId)
    if (found === undefined) throw new AppError('swap_not_found')
    const slot = await openSlot(tx, address, act, [found.wanted_slot_id]).catch(refuseUnknownSwap)
    const swap = (await queries.findSwap(tx, slot.id, swapId)) ?? found
    if (to === 'withdrawn') await withdraw(tx, slot, swap, act)
    else await accept(deps, tx, slot, swap, applicationId as string, act)
    return (await queries.findSwap(tx, slot.id, swapId)) as queries.SwapRow
  })
}

/** Who may not know of the slot does not know of its offers. */
function refuseUnknownSwap(error: unknown): never {
  throw error instanceof AppError && error.code === 'slot_not_found' ? new AppError('swap_not_found') : error
}

function requireStanding({ status }: Pick<queries.SwapRow, 'status'>): void {
  if (status !== 'offered') throw new AppError('illegal_transition', { detail: `The offer was ${status}.` })
}

async function withdraw(tx: Tx, slot: SlotRow, swap: queries.SwapRow, act: Act): Promise<void> {
  const speaker = await speakers.findSpeaker(tx, swap.application_id)
  if (speaker === undefined || !isActingFor(speaker, act)) throw new AppError('swap_not_found')
  requireStanding(swap)
  await queries.settleSwap(tx, swap.id, { status: 'withdrawn', taken_by: null, settled_at: act.now })
  await note(tx, slot, swap.application_id, 'slot.swapWithdrawn', act)
}

/** Both seats change hands at once, or neither does. */
async function accept(
  deps: Deps,
  tx: Tx,
  slot: SlotRow,
  swap: queries.SwapRow,
  takerId: string,
  act: Act,
): Promise<void> {
  if (takerId === swap.application_id) throw invalidInput('/applicationId', 'own_offer', 'Nobody takes the own offer.')
  const wanted = await readSlot(tx, { id: swap.wanted_slot_id }, act).catch(refuseUnknownSwap)
  await speakers.shareApplications(tx, [swap.application_id, takerId])
  const taker = await readSpeaker(tx, takerId, act)
  await requireSeated(tx, wanted, taker, act)
  const giver = await speakers.findSpeaker(tx, swap.application_id)
  if (giver === undefined || !isAbout(slot, taker)) throw new AppError('swap_not_found')
  const held = await speakers.findSlotSpeaker(tx, slot.id, giver.application_id)
  // Whose seat is about to go, for whatever reason, is answered like who took the offer back.
  const isHeld = held?.seated === true && maySpeak(giver)
  requireStanding(swap.status !== 'offered' || isHeld ? swap : { status: 'withdrawn' })
  requireOpenSeats(slot)
  requireOpenSeats(wanted)
  if (!isAbout(wanted, giver))
    throw new AppError('illegal_transition', { detail: 'One of the two has no seat to give any more.' })
  await change(tx, [slot, giver], [wanted, taker], act)
  await queries.settleSwap(tx, swap.id, { status: 'accepted', taken_by: takerId, settled_at: act.now })
  const seats = [
    { slotId: slot.id, applicationId: giver.application_id },
    { slotId: wanted.id, applicationId: takerId },
  ]
  await queries.withdrawOffers(tx, seats, act.now)
  await note(tx, wanted, giver.application_id, 'slot.swapped', act)
  await note(tx, slot, takerId, 'slot.swapped', act)
  await tellSwapped(deps, tx, giver, { before: toldOf(slot), after: toldOf(wanted) }, act.now)
  await tellSwapped(deps, tx, taker, { before: toldOf(wanted), after: toldOf(slot) }, act.now)
}

type Seat = [SlotRow, SpeakerFacts]

async function change(tx: Tx, [slot, giver]: Seat, [wanted, taker]: Seat, act: Act): Promise<void> {
  for (const [from, { application_id }] of [
    [slot, giver],
    [wanted, taker],
  ] as Seat[]) {
    await speakers.deleteSpeaker(tx, from.id, application_id)
    await vacateSpeaker(tx, from.id, application_id)
  }
  await refuseConflicts(tx, await occupy(tx, [placeOf(slot, taker), placeOf(wanted, giver)]), act)
  for (const [to, { application_id }] of [
    [slot, taker],
    [wanted, giver],
  ] as Seat[]) {
    const seated = await speakers.seatSpeaker(tx, {
      slot_id: to.id,
      application_id,
      connection_note: null,
      connection_at: null,
      booked_at: act.now,
      booked_by: act.caller.id,
    })
    if (seated === undefined)
      throw new AppError('illegal_transition', { detail: 'One of the two sits in the other slot already.' })
    await speakers.leaveWaiting(tx, to.id, application_id)
  }
}

/** Staff see all offers; a speaker its own and those that are meant for it. */
export async function listOffers(
  { db }: Deps,
  address: SlotAddress,
  { limit = 20, cursor }: { limit?: number; cursor?: string },
  act: Act,
): Promise<Page<Static<typeof SlotSwap>>> {
  const slot = await readSlot(db, address, act)
  const own = await ownOf(db, slot.pre_session, act)
  const binding = ['swaps', slot.id, act.caller.id]
  const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })?.id
  const rows = await queries.listSwaps(db, { slotId: slot.id, ownApplications: own, after, limit })
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    data: shown.map((row) => toSwap(row, own)),
    nextCursor: last === undefined ? null : encodeCursor({ value: '', id: last.id }, binding),
  }
}

/** Undefined: everybody's. Before the release a speaker has none. */
export async function ownOf(db: Deps['db'], preSession: number, act: Act): Promise<string[] | undefined> {
  if (seesAsStaff(act.caller.role)) return undefined
  const ids = await queries.listOwnApplications(db, act.caller.email ?? '', preSession)
  const facts = await speakers.findSpeakers(db, ids)
  return facts
    .filter((one) => isActingFor(one, act) && isReleased(one.release_at, act.now))
    .map((one) => one.application_id)
}

export function toSwap(row: queries.SwapRow, own: readonly string[] | undefined): Static<typeof SlotSwap> {
  const isSeen = (id: string) => own === undefined || own.includes(id)
  return {
    id: row.id,
    slotId: row.slot_id,
    wantedSlotId: row.wanted_slot_id,
    status: row.status,
    isOwn: own?.includes(row.application_id) ?? false,
    ...(isSeen(row.application_id) && { applicationId: row.application_id }),
    ...(row.taken_by !== null && isSeen(row.taken_by) && { takenBy: row.taken_by }),
    offeredAt: row.offered_at,
    settledAt: row.settled_at,
  }
}
