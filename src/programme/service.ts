import type { Deps } from '../deps.ts'
import { programmeChanges } from '../domain/programme-changes.ts'
import { AppError } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Static } from '../http/schemas.ts'
import { type Context, lockRound } from '../pre-sessions/service.ts'
import { takeTurn } from '../slots/queries.ts'
import { readerOf } from '../slots/views.ts'
import * as queries from './queries.ts'
import { listRoundSlots, readProgrammeForStaff } from './reading.ts'
import type { PublishProgramme } from './schemas.ts'
import { toShownSlot } from './views.ts'

/** Statuses of a round in which there is a programme to work on. */
const openStatuses = ['callClosed', 'selecting', 'confirmed', 'programmePublished', 'running', 'postponed']
export const neverAllowed = ['room_overlap', 'country_overlap', 'speaker_overlap', 'country_withdrawn']

/** From now on everybody may know of the slots; the version keeps what they were shown and what differs from the one before. */
export async function publishProgramme(
  { db }: Deps,
  { number, note, allow = [] }: Static<typeof PublishProgramme> & { number: number },
  { caller, now }: Context,
): Promise<queries.VersionRow> {
  return db.transaction().execute(async (tx) => {
    const round = await lockRound(tx, number)
    requireOpenRound(round.status)
    await takeTurn(tx, number)
    const reader = readerOf(caller)
    const { breaches } = await readProgrammeForStaff(tx, round, { reader, now })
    const broken = breaches.filter(({ code }) => neverAllowed.includes(code) || !allow.includes(code))
    if (broken.length > 0) throw brokenRules(broken)
    await queries.publishSlots(tx, number, now)
    const rows = await listRoundSlots(tx, number, reader, now)
    const slots = rows.filter((row) => row.published_at !== null).map(toShownSlot)
    const last = await queries.findLastVersion(tx, number)
    const changes = programmeChanges(last?.slots ?? [], slots)
    if (changes.length === 0) throw new AppError('programme_unchanged')
    const version = await queries.insertVersion(tx, {
      pre_session: number,
      number: (last?.number ?? 0) + 1,
      note: note ?? null,
      slots: JSON.stringify(slots),
      changes: JSON.stringify(changes),
      published_at: now,
      published_by: caller.id,
    })
    const details = { version: version.number, changeCount: changes.length }
    await appendHistory(tx, { preSession: number, action: 'programme.published', at: now, actor: caller.id, details })
    return version
  })
}

export function requireOpenRound(status: string): void {
  if (!openStatuses.includes(status))
    throw new AppError('no_programme_now', { detail: `The round is in the status "${status}".` })
}

const shownBreaches = 50

interface Broken {
  code: string
  message: string
  /** Its place in the list that was sent. */
  slot?: number | undefined
}

export function brokenRules(breaches: readonly Broken[]): AppError {
  const [first] = breaches
  return new AppError('programme_breaks_rules', {
    detail: breaches.length === 1 && first ? first.message : `${breaches.length} rules of the programme are broken.`,
    errors: breaches.slice(0, shownBreaches).map(({ code, message, slot }) => ({
      pointer: slot === undefined ? '/slots' : `/slots/${slot}`,
      code,
      message,
    })),
  })
}
