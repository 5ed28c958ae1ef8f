import type { Connection } from '../db/tables-slots.ts'
import type { Deps } from '../deps.ts'
import { freeSeats, maySpeak } from '../domain/seats.ts'
import { AppError } from '../errors.ts'
import type { Act } from '../http/access.ts'
import type { Static } from '../http/schemas.ts'
import { refuseConflicts } from './places.ts'
import { occupy, vacateSpeaker } from './queries-occupancy.ts'
import * as queries from './queries-speakers.ts'
import { withdrawOffers } from './queries-swaps.ts'
import { fillSeats, isActingFor, placeOf, requireKnown, requireOpenSeats, seatConflict, note as tell } from './seats.ts'
import { openSlot, type SlotAddress } from './service.ts'
import type { SlotSpeaker } from './speaker-schemas.ts'
import { speakersVisibleTo, toSlotSpeaker } from './speaker-views.ts'

interface Mark {
  connection: Connection
  note?: string | undefined
}

/** A speaker who cannot connect frees the seat, and the first who waits moves up; one who connects after all takes a seat again, if one is free. */
export async function markConnection(
  deps: Deps,
  address: SlotAddress,
  applicationId: string,
  { connection, note }: Mark,
  act: Act,
): Promise<Static<typeof SlotSpeaker>> {
  return deps.db.transaction().execute(async (tx) => {
    const slot = await openSlot(tx, address, act)
    await queries.shareWithLine(tx, slot.id, applicationId)
    const speaker = await queries.findSpeaker(tx, applicationId)
    const runsIt = act.caller.role === 'moderator' && slot.takes_part
    if (speaker === undefined || !(runsIt || isActingFor(speaker, act))) throw new AppError('speaker_not_in_slot')
    requireKnown(speaker, act)
    const present = await queries.findSlotSpeaker(tx, slot.id, applicationId)
    if (present === undefined) throw new AppError('speaker_not_in_slot')
    if (act.caller.role === 'applicant' && connection === 'spoke')
      throw new AppError('forbidden', { detail: 'Those who run the slot say who spoke.' })
    requireOpenSeats(slot)
    const seated = connection !== 'cannotConnect'
    if (seated && !present.seated) {
      if (!maySpeak(speaker)) throw new AppError('not_a_speaker')
      if (freeSeats(slot.capacity, (await queries.countSeats(tx, slot.id)).taken) === 0)
        await refuseConflicts(tx, seatConflict(slot), act)
      await refuseConflicts(tx, await occupy(tx, [placeOf(slot, speaker)]), act)
    }
    await queries.markConnection(
      tx,
      { slotId: slot.id, applicationId },
      { connection, note: note ?? null, at: act.now, seated },
    )
    await tell(tx, slot, applicationId, `slot.${connection}`, act, note)
    if (!seated) {
      await vacateSpeaker(tx, slot.id, applicationId)
      await withdrawOffers(tx, [{ slotId: slot.id, applicationId }], act.now)
      await fillSeats(deps, tx, slot, act)
    }
    const condition = speakersVisibleTo(act.caller, slot, act.now)
    const rows = await queries.listSlotSpeakers(tx, { slotId: slot.id, condition, after: undefined, limit: 500 })
    const row = rows.find((one) => one.application_id === applicationId)
    const [view] =
      row === undefined
        ? []
        : toSlotSpeaker(row, slot, { caller: act.caller, now: act.now, pseudonymKey: deps.keys.pseudonym })
    if (view === undefined) throw new AppError('speaker_not_in_slot')
    return view
  })
}
