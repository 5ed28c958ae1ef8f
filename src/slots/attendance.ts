import type { Deps } from '../deps.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { findState } from '../reference/data.ts'
import type { SlotRow } from './queries.ts'
import * as queries from './queries-attendance.ts'
import { codesOf, type SlotAddress, shareOpenSlot } from './service.ts'

interface Presence {
  countries?: readonly string[] | undefined
  spoke?: boolean | undefined
}

const seen = ['open', 'live', 'ended']

/** R31: a mission is present, once it is seen; a mission says so of itself, whether it spoke say those who run the slot. */
export async function recordAttendance(
  { db }: Deps,
  address: SlotAddress,
  state: string,
  { countries, spoke }: Presence,
  act: Act,
) {
  const iso3 = state.toUpperCase()
  const { caller, now } = act
  requireOwnState(iso3, act)
  if (findState(iso3) === undefined) throw new AppError('state_not_found')
  if (caller.role === 'mission' && spoke !== undefined)
    throw new AppError('forbidden', { detail: 'Those who run the slot say who took the floor.' })
  return db.transaction().execute(async (tx) => {
    const slot = await shareOpenSlot(tx, address, act)
    requireRunner(slot, act)
    if (!seen.includes(slot.status) || (caller.role === 'mission' && slot.status === 'ended'))
      throw new AppError('slot_closed', {
        detail: `The slot has the status ${slot.status}; who is present is kept from when its room is open.`,
      })
    const wanted = countriesOf(slot, countries)
    const rows = await queries.recordPresence(tx, {
      slotId: slot.id,
      state: iso3,
      countries: wanted,
      spoke,
      at: now,
      by: caller.id,
    })
    await appendHistory(tx, {
      preSession: slot.pre_session,
      action: 'slot.attendanceRecorded',
      at: now,
      actor: caller.id,
      details: { slotId: slot.id, state: iso3, countries: wanted },
    })
    return rows
  })
}

function countriesOf(slot: SlotRow, wanted: readonly string[] | undefined): string[] {
  const own = slot.countries.map(({ iso3 }) => iso3)
  if (wanted === undefined) return own
  const codes = codesOf(wanted)
  const other = codes.findIndex((iso3) => !own.includes(iso3))
  if (other !== -1) throw invalidInput(`/countries/${other}`, 'other_country', `The slot is not about ${codes[other]}.`)
  return codes
}

export async function removeAttendance({ db }: Deps, address: SlotAddress, state: string, act: Act): Promise<void> {
  const iso3 = state.toUpperCase()
  await db.transaction().execute(async (tx) => {
    const slot = await shareOpenSlot(tx, address, act)
    requireRunner(slot, act)
    if ((await queries.deletePresence(tx, slot.id, iso3)) === 0) throw new AppError('attendance_not_found')
    await appendHistory(tx, {
      preSession: slot.pre_session,
      action: 'slot.attendanceRemoved',
      at: act.now,
      actor: act.caller.id,
      details: { slotId: slot.id, state: iso3 },
    })
  })
}

/** A mission speaks for its own State alone. */
function requireOwnState(iso3: string, { caller }: Act): void {
  if (caller.role === 'mission' && caller.state !== iso3)
    throw new AppError('forbidden', { detail: 'A mission says of itself alone that it is present.' })
}

/** A moderator runs its own slot; a mission takes part once it is registered. */
export function requireRunner(slot: SlotRow, { caller }: Act): void {
  if (caller.role === 'moderator' && !slot.takes_part) throw new AppError('slot_not_found')
  if (caller.role === 'mission' && !slot.takes_part) throw new AppError('not_registered')
}
