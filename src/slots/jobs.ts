import type { Deps } from '../deps.ts'
import { maySpeak } from '../domain/seats.ts'
import { AppError } from '../errors.ts'
import type { Act } from '../http/access.ts'
import type { Task, Tick } from '../jobs/worker.ts'
import { placeOfRow, takePlaces } from './places.ts'
import { vacateSpeaker } from './queries-occupancy.ts'
import * as queries from './queries-speakers.ts'
import { withdrawOffers } from './queries-swaps.ts'
import { fillSeats, isAbout, note } from './seats.ts'
import { openSlot } from './service.ts'
import { speakerKey } from './speaker-key.ts'

const tickMs = 60_000
/** How much of what was left behind is done at a time. */
const batch = 100

export const slotTasks = (deps: Deps): Record<string, Task> => ({
  'slot-release': (payload) => releaseSpeaker(deps, (payload as { applicationId: string }).applicationId),
})

export const slotTicks = (deps: Deps): Tick[] => [{ name: 'slot-seats', everyMs: tickMs, run: () => settleSeats(deps) }]

const systemAct = (now: string): Act => ({ caller: { role: 'admin', id: 'system', scopes: ['*'] }, now })

/** Whoever speaks no more (withdrawn, declined, prevented, no longer selected, or for another country now) leaves every slot that is not over; the next ones move up. */
async function releaseSpeaker(deps: Deps, applicationId: string): Promise<void> {
  for (const { id } of await queries.listSlotsOf(deps.db, [applicationId])) await releaseFrom(deps, id, applicationId)
}

async function releaseFrom(deps: Deps, slotId: string, applicationId: string): Promise<void> {
  const act = systemAct(deps.clock.now())
  await inOpenSlot(deps, slotId, act, async (tx, slot) => {
    await queries.shareWithLine(tx, slotId, applicationId)
    const speaker = await queries.findSpeaker(tx, applicationId)
    if (speaker !== undefined && maySpeak(speaker) && isAbout(slot, speaker)) return
    const sat = await queries.deleteSpeaker(tx, slotId, applicationId)
    const waited = await queries.leaveWaiting(tx, slotId, applicationId)
    await vacateSpeaker(tx, slotId, applicationId)
    await withdrawOffers(tx, [{ slotId, applicationId }], act.now)
    if (sat !== undefined || waited !== undefined) await note(tx, slot, applicationId, 'slot.speakerReleased', act)
    await fillSeats(deps, tx, slot, act)
  })
}

/** What a missed job left: speakers who are none any more, free seats that somebody waits for. */
async function settleSeats(deps: Deps): Promise<void> {
  const left = await queries.listLeftBehind(deps.db, batch)
  for (const applicationId of left.applications) await releaseSpeaker(deps, applicationId)
  const act = systemAct(deps.clock.now())
  await guardSeats(deps, act)
  for (const slotId of left.slots)
    await inOpenSlot(deps, slotId, act, async (tx, slot) => void (await fillSeats(deps, tx, slot, act)))
}

/** An address that was changed makes another person of a speaker: its seats are guarded anew, where no other seat stands in the way. */
async function guardSeats(deps: Deps, act: Act): Promise<void> {
  const seats = await queries.listGuardedSeats(deps.db)
  const stale = seats.filter((one) => one.resource !== speakerKey(one)).map(({ slot_id }) => slot_id)
  for (const slotId of new Set(stale))
    await inOpenSlot(deps, slotId, act, (tx, slot) => takePlaces(tx, [placeOfRow(slot)], act)).catch(
      (error: unknown) => {
        if (!(error instanceof AppError && error.code === 'slot_conflict')) throw error
        deps.log.warn({ slot: slotId }, 'a speaker with a new address sits in two slots at one time')
      },
    )
}

type Work = (tx: Parameters<typeof openSlot>[0], slot: Awaited<ReturnType<typeof openSlot>>) => Promise<void>

/** Nothing is left to do in a round that is closed, or in a slot that is gone. */
async function inOpenSlot({ db }: Deps, id: string, act: Act, work: Work): Promise<void> {
  await db
    .transaction()
    .execute(async (tx) => work(tx, await openSlot(tx, { id }, act)))
    .catch((error: unknown) => {
      if (!(error instanceof AppError && (error.code === 'round_closed' || error.code === 'slot_not_found')))
        throw error
    })
}
