import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import type { Act } from '../http/access.ts'
import { sharePreSession } from '../pre-sessions/queries.ts'
import { findSlot, lockSlots, takeTurn } from './queries.ts'
import { listSlotsOf, listWaitingIn } from './queries-speakers.ts'
import { fillSeats } from './seats.ts'
import { isRunningRound } from './service.ts'

const everything = { role: 'admin', isStaff: true }

/** The slots that are not over in which these speak or wait, locked with their rounds and turns before any application is; and who else waits there. */
export async function lockSeatsOf(tx: Tx, applicationIds: readonly string[]) {
  const slots = await listSlotsOf(tx, applicationIds)
  const rounds = [...new Set(slots.map(({ pre_session }) => pre_session))].sort((a, b) => a - b)
  for (const round of rounds) await sharePreSession(tx, round)
  for (const round of rounds) await takeTurn(tx, round)
  const slotIds = slots.map(({ id }) => id)
  await lockSlots(tx, slotIds)
  return { slotIds, waiting: await listWaitingIn(tx, slotIds) }
}

/** Asked again once the applications are locked: was a seat given between the look and the locks? */
export const isSeatedElsewhere = async (tx: Tx, applicationIds: readonly string[], slotIds: readonly string[]) =>
  (await listSlotsOf(tx, applicationIds)).some(({ id }) => !slotIds.includes(id))

/** What the erased ones left goes to those who wait, in the same transaction. */
export async function fillErasedSeats(deps: Deps, tx: Tx, slotIds: readonly string[], act: Act): Promise<void> {
  for (const id of slotIds) {
    const slot = await findSlot(tx, undefined, id, everything, act.now)
    if (slot !== undefined && isRunningRound(slot.round_status)) await fillSeats(deps, tx, slot, act)
  }
}
