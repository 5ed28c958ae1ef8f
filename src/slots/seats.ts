import { isWithinOwnLimits, statusToldTo } from '../applications/reading.ts'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { hasOpenSeats } from '../domain/lifecycles-slot.ts'
import { freeSeats, mayChoose, maySpeak, moveUp, seatWarnings } from '../domain/seats.ts'
import type { Warning } from '../domain/slots.ts'
import { isReleased, seesAsStaff } from '../domain/visibility.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { refuseConflicts } from './places.ts'
import * as slots from './queries.ts'
import { listTaken, type Occupancy, occupy, vacateSpeaker } from './queries-occupancy.ts'
import type { SpeakerFacts } from './queries-speakers.ts'
import * as queries from './queries-speakers.ts'
import { withdrawOffers } from './queries-swaps.ts'
import { openSlot, readSlot, requireRunningRound, type SlotAddress } from './service.ts'
import { speakerKey } from './speaker-key.ts'
import { tellSpeakers, toldOf } from './telling.ts'

export interface Booking {
  applicationId: string
  seated: boolean
  warnings: Warning[]
}

/** The speaker whom the caller may act for; any other is, to it, not there. */
export async function readSpeaker(db: Tx | Deps['db'], applicationId: string, act: Act): Promise<SpeakerFacts> {
  const speaker = await queries.findSpeaker(db, applicationId)
  if (speaker === undefined || !isActingFor(speaker, act)) throw new AppError('application_not_found')
  return speaker
}

/** Staff act for every speaker of the rounds and countries that their credential is for, an applicant for its own applications. */
export function isActingFor(speaker: SpeakerFacts, { caller }: Act): boolean {
  const { email } = caller
  if (!isWithinOwnLimits(caller, speaker)) return false
  if (caller.role === 'applicant') return email !== undefined && speaker.emails.includes(email)
  return seesAsStaff(caller.role)
}

export const isAbout = (slot: slots.SlotRow, { country }: SpeakerFacts): boolean =>
  slot.countries.some(({ iso3 }) => iso3 === country)

/**
 * May this one sit in the slot, by its selection, its answer and its country? What it may not know of the selection is not told by the refusal; to whom is
 * not told that its speaker was prevented, every seat is taken (requireNotPrevented).
 */
export function requireEntitled(slot: slots.SlotRow, speaker: SpeakerFacts, { caller, now }: Act): void {
  const isEntitled =
    caller.role === 'applicant'
      ? mayChoose({ ...speaker, status: statusToldTo('applicant', speaker) }, isReleased(speaker.release_at, now))
      : maySpeak(speaker)
  if (!isEntitled) throw new AppError('not_a_speaker')
  if (!isAbout(slot, speaker))
    throw invalidInput('/applicationId', 'other_country', 'The slot is not about the country of this application.')
}

/** R19: for its applicant the application goes on as it was. */
export async function requireNotPrevented(
  db: Tx | Deps['db'],
  slot: slots.SlotRow,
  speaker: SpeakerFacts,
  act: Act,
): Promise<void> {
  if (!maySpeak(speaker)) await refuseConflicts(db, seatConflict(slot), act)
}

export const placeOf = (slot: slots.SlotRow, speaker: SpeakerFacts): Occupancy => ({
  slotId: slot.id,
  kind: 'speaker',
  resource: speakerKey(speaker),
  applicationId: speaker.application_id,
  startsAt: slot.starts_at,
  endsAt: slot.ends_at,
})

/** Seats change while the slot is not over and its round goes on. */
export function requireOpenSeats(slot: slots.SlotRow): void {
  requireRunningRound(slot.round_status)
  if (!hasOpenSeats(slot.status))
    throw new AppError('slot_closed', { detail: `The slot has the status ${slot.status}.` })
}

export const seatConflict = (slot: slots.SlotRow) => [
  { kind: 'seat' as const, startsAt: slot.starts_at, endsAt: slot.ends_at, slotId: slot.id },
]
export const sitsHere = (slot: slots.SlotRow) => [
  { kind: 'speaker' as const, startsAt: slot.starts_at, endsAt: slot.ends_at, slotId: slot.id },
]

/**
 * Gives a speaker a seat. What a glance refuses is refused without waiting for anybody: the place was taken at that instant. What it lets pass is settled
 * under the slot's lock and by the constraints.
 */
export async function bookSeat(deps: Deps, address: SlotAddress, applicationId: string, act: Act): Promise<Booking> {
  const { db } = deps
  const [slot, speaker] = await readBoth(db, address, applicationId, act)
  requireEntitled(slot, speaker, act)
  requireOpenSeats(slot)
  await refuseAtAGlance(deps, slot, speaker, act)
  return db.transaction().execute(async (tx) => {
    const [locked] = await slots.lockSlots(tx, [slot.id])
    // Whoever waited for the last seat is told first that it is gone: the others wait behind.
    const seen = await queries.countSeats(tx, slot.id, applicationId)
    if (freeSeats(locked?.capacity ?? null, seen.taken) === 0)
      await refuseConflicts(tx, seen.sits ? sitsHere(slot) : seatConflict(slot), act)
    await queries.shareApplications(tx, [applicationId])
    const current = await readSlot(tx, address, act)
    const facts = await readSpeaker(tx, applicationId, act)
    requireEntitled(current, facts, act)
    requireOpenSeats(current)
    await requireNotPrevented(tx, current, facts, act)
    await seat(tx, current, facts, act)
    await tellSpeakers(deps, tx, [{ template: 'seatGiven', speaker: facts, slot: toldOf(current) }], act.now)
    return { applicationId, seated: true, warnings: warningsFor(current, facts) }
  })
}

/** At once; of two refusals always the same is told, or which one came first would tell of what is not to be seen. */
async function readBoth(db: Deps['db'], address: SlotAddress, applicationId: string, act: Act) {
  const [slot, speaker] = await Promise.allSettled([readSlot(db, address, act), readSpeaker(db, applicationId, act)])
  if (slot.status === 'rejected') throw slot.reason
  if (speaker.status === 'rejected') throw speaker.reason
  return [slot.value, speaker.value] as const
}

export const warningsFor = (slot: slots.SlotRow, { time_zone, windows }: SpeakerFacts): Warning[] =>
  seatWarnings({ startsAt: slot.starts_at, endsAt: slot.ends_at }, { timeZone: time_zone, windows })

async function refuseAtAGlance({ db }: Deps, slot: slots.SlotRow, speaker: SpeakerFacts, act: Act): Promise<void> {
  const seen = await queries.glance(db, slot.id, speaker.application_id, speakerKey(speaker))
  if (seen === undefined) return
  if (seen.is_seated) await refuseConflicts(db, sitsHere(slot), act)
  if (seen.busy_slot !== null)
    await refuseConflicts(
      db,
      [
        {
          kind: 'speaker',
          startsAt: seen.busy_from,
          endsAt: seen.busy_until,
          slotId: seen.busy_slot,
          applicationId: seen.busy_application,
          wanted: { startsAt: slot.starts_at, endsAt: slot.ends_at },
        },
      ],
      act,
    )
  if (freeSeats(slot.capacity, seen.taken) === 0) await refuseConflicts(db, seatConflict(slot), act)
  await requireNotPrevented(db, slot, speaker, act)
}

/** Takes the speaker's time, then the seat; thrown back where either is taken. The slot is locked, the application shared. */
async function seat(tx: Tx, slot: slots.SlotRow, speaker: SpeakerFacts, act: Act): Promise<void> {
  await refuseConflicts(tx, await occupy(tx, [placeOf(slot, speaker)]), act)
  const seated = await queries.seatSpeaker(tx, {
    slot_id: slot.id,
    application_id: speaker.application_id,
    connection_note: null,
    connection_at: null,
    booked_at: act.now,
    booked_by: act.caller.id,
  })
  if (seated === undefined) await refuseConflicts(tx, sitsHere(slot), act)
  await queries.leaveWaiting(tx, slot.id, speaker.application_id)
  await note(tx, slot, speaker.application_id, 'slot.seatGiven', act)
}

export const note = (
  tx: Tx,
  slot: { id: string; pre_session: number },
  applicationId: string,
  action: string,
  { caller, now }: Act,
  reason?: string,
) =>
  appendHistory(tx, {
    preSession: slot.pre_session,
    applicationId,
    action,
    at: now,
    actor: caller.id,
    reason,
    details: { slotId: slot.id },
  })

/** Takes a speaker out of a slot; whoever waits longest moves up in the same transaction. */
export async function giveUpSeat(deps: Deps, address: SlotAddress, applicationId: string, act: Act): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const slot = await openSlot(tx, address, act)
    await queries.shareWithLine(tx, slot.id, applicationId)
    const speaker = await readSpeaker(tx, applicationId, act)
    requireKnown(speaker, act)
    requireRunningRound(slot.round_status)
    if (slot.status === 'ended') throw new AppError('slot_closed', { detail: 'The slot has ended.' })
    await release(deps, tx, slot, speaker, act)
  })
}

/** Before the release nobody is told that there is a seat to give up. */
export function requireKnown(speaker: SpeakerFacts, { caller, now }: Act): void {
  if (caller.role === 'applicant' && !isReleased(speaker.release_at, now)) throw new AppError('speaker_not_in_slot')
}

/** The same under locks that are held already. */
async function release(deps: Deps, tx: Tx, slot: slots.SlotRow, speaker: SpeakerFacts, act: Act): Promise<void> {
  const left = await queries.deleteSpeaker(tx, slot.id, speaker.application_id)
  if (left === undefined) throw new AppError('speaker_not_in_slot')
  await vacateSpeaker(tx, slot.id, speaker.application_id)
  await withdrawOffers(tx, [{ slotId: slot.id, applicationId: speaker.application_id }], act.now)
  await note(tx, slot, speaker.application_id, 'slot.seatGivenUp', act)
  await tellSpeakers(deps, tx, [{ template: 'seatLost', speaker, slot: toldOf(slot) }], act.now)
  await fillSeats(deps, tx, slot, act)
}

/** Free seats go to those who wait, in their order. The slot is locked and has its turn. */
export async function fillSeats(deps: Deps, tx: Tx, slot: slots.SlotRow, act: Act): Promise<string[]> {
  if (!hasOpenSeats(slot.status)) return []
  const line = await queries.listWaiting(tx, slot.id)
  if (line.length === 0) return []
  await queries.shareApplications(
    tx,
    line.map((row) => row.application_id),
  )
  const facts = new Map(
    (
      await queries.findSpeakers(
        tx,
        line.map((row) => row.application_id),
      )
    ).map((one) => [one.application_id, one]),
  )
  const people = line.flatMap((row) => facts.get(row.application_id) ?? [])
  const taken = await listTaken(
    tx,
    people.map((person) => placeOf(slot, person)),
  )
  const { seated, dropped } = moveUp(
    people.map((person) => ({
      applicationId: person.application_id,
      isEntitled: maySpeak(person) && isAbout(slot, person),
      isBusy: taken.includes(speakerKey(person)),
    })),
    freeSeats(slot.capacity, (await queries.countSeats(tx, slot.id)).taken),
  )
  for (const id of dropped) {
    await queries.leaveWaiting(tx, slot.id, id)
    await note(tx, slot, id, 'slot.waitingLeft', act)
  }
  const moved: SpeakerFacts[] = []
  for (const id of seated) {
    const person = facts.get(id) as SpeakerFacts
    // Somebody gave this one a seat elsewhere a moment ago: the place in the line stays, and the seat goes to the next at the next change.
    if ((await occupy(tx, [placeOf(slot, person)])).length > 0) continue
    await queries.seatSpeaker(tx, {
      slot_id: slot.id,
      application_id: id,
      connection_note: null,
      connection_at: null,
      booked_at: act.now,
      booked_by: act.caller.id,
    })
    await queries.leaveWaiting(tx, slot.id, id)
    await note(tx, slot, id, 'slot.movedUp', act)
    moved.push(person)
  }
  const told = { template: 'seatFreed' as const, slot: toldOf(slot) }
  await tellSpeakers(
    deps,
    tx,
    moved.map((speaker) => ({ ...told, speaker })),
    act.now,
  )
  return moved.map((person) => person.application_id)
}
