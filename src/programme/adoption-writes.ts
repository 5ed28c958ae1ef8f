import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { appendHistories, type HistoryEntry } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { endModeration } from '../sessions/queries.ts'
import { takePlaces } from '../slots/places.ts'
import * as slots from '../slots/queries.ts'
import { vacate } from '../slots/queries-occupancy.ts'
import { deleteSpeaker, findSpeakers, leaveWaiting, seatSpeaker } from '../slots/queries-speakers.ts'
import { type SeatMessage, type SlotChange, type Told, tellChanges, tellSpeakers, toldOf } from '../slots/telling.ts'
import type { WantedSlot } from './adoption.ts'
import { type SeatRow, withdrawSwaps } from './queries.ts'

interface Writing {
  number: number
  timeZone: string
  wanted: readonly WantedSlot[]
  rows: readonly slots.SlotRow[]
  seats: readonly SeatRow[]
  reason: string | undefined
}

type Kept = WantedSlot & { id: string }

/** Writes the slots and their seats, then takes all places at once: whoever changes places with another needs both to be free first. The round, its turn and the slots are locked. */
export async function writeSlots(deps: Deps, tx: Tx, writing: Writing, act: Act): Promise<void> {
  const { number, timeZone, wanted, rows } = writing
  const gone = rows.filter((row) => row.status === 'planned' && !wanted.some((slot) => slot.row?.id === row.id))
  const changes: SlotChange[] = []
  const entries: HistoryEntry[] = []
  for (const row of gone) await takeOut(tx, row, { changes, entries, writing, act })
  await vacate(
    tx,
    wanted.flatMap(({ row }) => row?.id ?? []),
  )
  const kept: Kept[] = []
  for (const slot of wanted) kept.push({ ...slot, id: await writeSlot(tx, slot, { entries, writing, act }) })
  const seatChanges = await writeSeats(tx, kept, { entries, writing, act })
  for (const { id, countries, row } of kept) {
    if (row === undefined || isSame(row, countries)) continue
    await requireNobodyLeft(tx, row, countries)
    await slots.replaceSlotCountries(tx, { id, pre_session: number }, countries)
  }
  await takePlaces(
    tx,
    kept.map(({ id, countries, room, startsAt, endsAt }) => ({
      id,
      preSession: number,
      countries,
      room,
      startsAt,
      endsAt,
    })),
    act,
  )
  await appendHistories(tx, entries)
  await tell(deps, tx, { kept, changes, seatChanges, number, timeZone }, act.now)
}

interface Noting {
  entries: HistoryEntry[]
  writing: Writing
  act: Act
}

const entryOf = ({ writing, act }: Noting, action: string, details: Record<string, unknown>): HistoryEntry => ({
  preSession: writing.number,
  action,
  at: act.now,
  actor: act.caller.id,
  reason: writing.reason,
  details,
})

/** What nobody knew of is removed; everything else is called off, and stays in calendars as such. */
async function takeOut(tx: Tx, row: slots.SlotRow, noting: Noting & { changes: SlotChange[] }): Promise<void> {
  const { id: slotId, kind } = row
  if ((await slots.deleteSlot(tx, slotId)) !== undefined) {
    noting.entries.push(entryOf(noting, 'slot.removed', { slotId, kind }))
    return
  }
  await slots.updateSlot(tx, slotId, { status: 'cancelled', updated_at: noting.act.now }, true)
  await vacate(tx, [slotId])
  await endModeration(tx, [slotId], noting.act.now)
  noting.entries.push(entryOf(noting, 'slot.statusChanged', { slotId, from: row.status, to: 'cancelled' }))
  noting.changes.push({ slotId, before: toldOf(row) })
}

const isSame = (row: slots.SlotRow, countries: readonly string[]): boolean =>
  row.countries.map(({ iso3 }) => iso3).join(' ') === countries.join(' ')

async function writeSlot(tx: Tx, slot: WantedSlot, noting: Noting): Promise<string> {
  const { row, kind, countries, room, startsAt, endsAt } = slot
  const { now } = noting.act
  const { number } = noting.writing
  const columns = { room, starts_at: startsAt, ends_at: endsAt, updated_at: now }
  if (row === undefined) {
    const fresh = {
      pre_session: number,
      kind,
      title: null,
      capacity: null,
      join_url: null,
      published_at: null,
      created_at: now,
    }
    const { id } = await slots.insertSlot(tx, { ...columns, ...fresh })
    await slots.replaceSlotCountries(tx, { id, pre_session: number }, countries)
    noting.entries.push(entryOf(noting, 'slot.created', { slotId: id, kind, countries, startsAt, endsAt }))
    return id
  }
  const values = {
    startsAt: [row.starts_at, startsAt],
    endsAt: [row.ends_at, endsAt],
    room: [row.room, room],
    countries: [row.countries.map(({ iso3 }) => iso3).join(' '), countries.join(' ')],
  }
  const changed = Object.entries(values).filter(([, [from, to]]) => from !== to)
  if (changed.length === 0) return row.id
  await slots.updateSlot(tx, row.id, columns, true)
  const changes = Object.fromEntries(changed.map(([name, [from, to]]) => [name, { from, to }]))
  noting.entries.push(entryOf(noting, 'slot.changed', { slotId: row.id, changes }))
  return row.id
}

interface SeatChange {
  slotId: string
  applicationId: string
  template: 'seatGiven' | 'seatLost'
}

/** Seats only where the programme says who sits there. */
async function writeSeats(tx: Tx, kept: readonly Kept[], noting: Noting): Promise<SeatChange[]> {
  const { now, caller } = noting.act
  const done: SeatChange[] = []
  const note = (slotId: string, applicationId: string, template: SeatChange['template']) => {
    const action = template === 'seatGiven' ? 'slot.seatGiven' : 'slot.seatGivenUp'
    noting.entries.push({ ...entryOf(noting, action, { slotId }), applicationId })
    done.push({ slotId, applicationId, template })
  }
  for (const { id, speakers, row } of kept) {
    if (speakers === undefined) continue
    if (row?.capacity != null && speakers.length > row.capacity)
      throw new AppError('capacity_too_small', { detail: `${speakers.length} seats are needed.` })
    const before = noting.writing.seats.filter((seat) => seat.slot_id === id).map((seat) => seat.application_id)
    for (const applicationId of before.filter((one) => !speakers.includes(one))) {
      await deleteSpeaker(tx, id, applicationId)
      await withdrawSwaps(tx, { slotId: id, applicationId, now })
      note(id, applicationId, 'seatLost')
    }
    for (const applicationId of speakers.filter((one) => !before.includes(one))) {
      const booked = { booked_at: now, booked_by: caller.id, connection_note: null, connection_at: null }
      await seatSpeaker(tx, { slot_id: id, application_id: applicationId, ...booked })
      await leaveWaiting(tx, id, applicationId)
      note(id, applicationId, 'seatGiven')
    }
  }
  return done
}

/** A country stays as long as one of its speakers sits here, or a mission was present for it. */
async function requireNobodyLeft(tx: Tx, row: slots.SlotRow, countries: readonly string[]): Promise<void> {
  const left = row.countries.map(({ iso3 }) => iso3).filter((iso3) => !countries.includes(iso3))
  const needed = await slots.listNeededCountries(tx, row.id, left)
  if (needed.length > 0)
    throw new AppError('slot_in_use', {
      detail: `Speakers for ${needed.join(', ')} sit here, or missions were present for it.`,
    })
}

interface Telling {
  kept: readonly Kept[]
  changes: readonly SlotChange[]
  seatChanges: readonly SeatChange[]
  number: number
  timeZone: string
}

/** Everybody concerned is told as by a change of one slot: of new times and of what was called off in one message, of a seat in another. */
async function tell(
  deps: Deps,
  tx: Tx,
  { kept, changes, seatChanges, number, timeZone }: Telling,
  now: string,
): Promise<void> {
  const told = new Map(
    kept.map(({ id, startsAt, endsAt, room }): [string, Told] => [
      id,
      { startsAt, endsAt, room, pre_session: number, time_zone: timeZone },
    ]),
  )
  const moved = kept.flatMap(({ id, row }): SlotChange[] => {
    const after = told.get(id)
    if (row === undefined || after === undefined) return []
    const before = toldOf(row)
    const isMoved = before.startsAt !== after.startsAt || before.endsAt !== after.endsAt || before.room !== after.room
    return isMoved ? [{ slotId: id, before, after }] : []
  })
  if (changes.length + moved.length > 0) await tellChanges(deps, tx, number, [...changes, ...moved], now)
  const people = await findSpeakers(tx, [...new Set(seatChanges.map(({ applicationId }) => applicationId))])
  const messages = seatChanges.flatMap(({ slotId, applicationId, template }): SeatMessage[] => {
    const speaker = people.find((one) => one.application_id === applicationId)
    const slot = told.get(slotId)
    return speaker === undefined || slot === undefined ? [] : [{ template, speaker, slot }]
  })
  await tellSpeakers(deps, tx, messages, now)
}
