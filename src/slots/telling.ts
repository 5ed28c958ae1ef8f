import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import type { Interval } from '../domain/slots.ts'
import { spokenTimes } from '../domain/spoken-time.ts'
import { isEmail } from '../domain/text.ts'
import { isReleased } from '../domain/visibility.ts'
import { enqueueMails, type Outgoing } from '../mail/service.ts'
import { templates } from '../mail/templates.ts'
import type { SessionLine } from '../mail/templates-slots.ts'
import type { SpeakerFacts } from './queries-speakers.ts'
import { listConcerned } from './queries-telling.ts'

/** What a message tells of a slot. */
export interface Told extends Interval {
  pre_session: number
  time_zone: string
  room: string
}

export const toldOf = (row: {
  starts_at: string
  ends_at: string
  pre_session: number
  time_zone: string
  room: string
}): Told => ({
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  pre_session: row.pre_session,
  time_zone: row.time_zone,
  room: row.room,
})

const lineOf = (told: Told, own: string | null): SessionLine => ({
  when: spokenTimes(told, told.time_zone, own),
  room: told.room,
})

const addressOf = ({ email, emails }: SpeakerFacts): string | undefined =>
  [email, ...emails].find((one) => one !== null && isEmail(one)) ?? undefined

type SeatTemplate = 'seatGiven' | 'seatFreed' | 'seatLost' | 'swapOffered'

/** What a speaker is told of one slot. */
export interface SeatMessage {
  template: SeatTemplate
  speaker: SpeakerFacts
  slot: Told
}

/** One message each. */
export async function tellSpeakers(
  deps: Pick<Deps, 'config'>,
  tx: Tx,
  messages: readonly SeatMessage[],
  now: string,
): Promise<void> {
  const mails = messages.flatMap(({ template, speaker, slot }): Outgoing[] => {
    const to = addressOf(speaker)
    // A seat tells of the selection, which nobody is told before the release (R20).
    if (to === undefined || !isReleased(speaker.release_at, now)) return []
    const preSession = slot.pre_session
    const message = templates[template]({ preSession, session: lineOf(slot, speaker.time_zone) })
    return [{ to, template, params: { preSession }, message }]
  })
  await enqueueMails(deps, tx, mails, now)
}

export async function tellSwapped(
  deps: Pick<Deps, 'config'>,
  tx: Tx,
  speaker: SpeakerFacts,
  { before, after }: { before: Told; after: Told },
  now: string,
) {
  const to = addressOf(speaker)
  if (to === undefined || !isReleased(speaker.release_at, now)) return
  const preSession = after.pre_session
  const message = templates.seatSwapped({
    preSession,
    before: lineOf(before, speaker.time_zone),
    after: lineOf(after, speaker.time_zone),
  })
  await enqueueMails(deps, tx, [{ to, template: 'seatSwapped', params: { preSession }, message }], now)
}

export interface SlotChange {
  slotId: string
  before?: Told | undefined
  after?: Told | undefined
}

/**
 * A change is told to everybody whom it concerns: who speaks, waits or moderates there, and once the slot is published the registered delegates of all
 * missions. One message a person, with all changes that concern it.
 */
export async function tellChanges(
  deps: Pick<Deps, 'config'>,
  tx: Tx,
  preSession: number,
  changes: readonly SlotChange[],
  now: string,
): Promise<number> {
  const people = await listConcerned(
    tx,
    preSession,
    now,
    changes.map(({ slotId }) => slotId),
  )
  const mails = people
    .filter(({ email }) => isEmail(email))
    .map(({ email, time_zone, slot_ids }): Outgoing => {
      const own = changes
        .filter(({ slotId }) => slot_ids.includes(slotId))
        .map(({ before, after }) => ({
          before: before && lineOf(before, time_zone),
          after: after && lineOf(after, time_zone),
        }))
      const message = templates.sessionsChanged({ preSession, changes: own })
      return { to: email, template: 'sessionsChanged', params: { preSession, changes: own.length }, message }
    })
  await enqueueMails(deps, tx, mails, now)
  return mails.length
}
