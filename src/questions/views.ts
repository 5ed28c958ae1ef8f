import type { Instant } from '../domain/instant.ts'
import { orderQueue, type Queued } from '../domain/question-queue.ts'
import {
  type Audience,
  type QuestionFacts,
  type QuestionView,
  questionViewOf,
  readerOf,
  seesAnswer,
  seesSpeaker,
} from '../domain/question-visibility.ts'
import type { Static } from '../http/schemas.ts'
import type { QuestionRow, SlotRow } from './queries.ts'
import type { SlotState } from './schemas-stream.ts'

/** A slot with its questions, read at one moment. */
export interface SlotQuestions {
  slot: SlotRow
  rows: readonly QuestionRow[]
  now: Instant
}

export type ShownView = Exclude<QuestionView, 'none'>

export const factsOf = (row: QuestionRow): QuestionFacts => ({
  state: row.state,
  country: row.country,
  addressee: row.addressee,
  applicationId: row.application_id,
  answerApplicationId: row.answer_application_id,
  status: row.status,
  approvedAt: row.approved_at,
  askedAt: row.asked_at,
})

export const viewOf = (audience: Audience, row: QuestionRow, { slot, now }: SlotQuestions): QuestionView =>
  questionViewOf(audience, factsOf(row), slot, now)

/** The question as it is shown in a view. The view was asked for before: this only says what it holds. */
export function toView(
  view: ShownView,
  audience: Audience,
  row: QuestionRow,
  all: SlotQuestions,
): Record<string, unknown> {
  const common = commonOf(view, audience, row, all)
  const outcome = compact({ askedAt: row.asked_at, answeredAt: row.answered_at })
  const votes = row.voters.length
  switch (view) {
    case 'public': {
      // What became of it after the meeting was not heard there.
      const isAnswered = row.status === 'answered'
      return {
        ...common,
        status: isAnswered ? 'answered' : 'asked',
        ...compact({ askedAt: row.asked_at, answeredAt: isAnswered ? row.answered_at : null }),
      }
    }
    case 'mission': {
      const voted = audience.kind === 'mission' && row.voters.includes(audience.state)
      return { ...common, status: row.status, votes, voted, ...outcome, ...writtenOf(audience, row, all) }
    }
    case 'speaker':
      return { ...common, status: row.status, ...outcome, ...writtenOf(audience, row, all) }
    case 'own':
      return {
        ...common,
        showsState: row.shows_state,
        status: row.status,
        ...compact({ mergedInto: seesTarget(audience, row, all) ? row.merged_into : null }),
        votes,
        putAt: row.put_at,
        ...outcome,
        ...writtenOf(audience, row, all),
      }
    case 'moderator':
      return moderatedOf(common, row)
    case 'staff':
      return {
        ...moderatedOf(common, row),
        putBy: row.put_by,
        voters: row.voters,
        ...compact({ answeredBy: row.answer_application_id }),
        updatedAt: row.updated_at,
      }
  }
}

function commonOf(view: ShownView, audience: Audience, row: QuestionRow, { slot, now }: SlotQuestions) {
  const seesAll = view === 'moderator' || view === 'staff'
  const isWish = row.kind !== 'question'
  const seesName = seesAll || view === 'own' || row.shows_state
  const seesId =
    seesAll ||
    view === 'speaker' ||
    seesSpeaker(view === 'public' ? { role: 'public' } : readerOf(audience), row.application_id, slot, now)
  return {
    view,
    id: row.id,
    slotId: row.slot_id,
    kind: row.kind,
    ...compact({ country: row.country }),
    addressedTo: row.addressee,
    ...compact({ applicationId: seesId ? row.application_id : null }),
    ...(row.body !== '' && (!isWish || seesAll || view === 'own') && { text: row.body }),
    ...compact({ state: seesName ? row.state : null }),
  }
}

const moderatedOf = (common: object, row: QuestionRow) => ({
  ...common,
  showsState: row.shows_state,
  status: row.status,
  ...compact({ holdReason: row.hold_reason || null, mergedInto: row.merged_into }),
  votes: row.voters.length,
  putAt: row.put_at,
  ...compact({ approvedAt: row.approved_at, askedAt: row.asked_at, answeredAt: row.answered_at }),
  ...compact({ answer: row.answer, answerDueOn: row.answer_due_on }),
})

const writtenOf = (audience: Audience, row: QuestionRow, { slot, now }: SlotQuestions) =>
  compact({
    answer: seesAnswer(audience, factsOf(row), slot, now) ? row.answer : null,
    answerDueOn: row.answer_due_on,
  })

function seesTarget(audience: Audience, row: QuestionRow, all: SlotQuestions): boolean {
  const target = all.rows.find(({ id }) => id === row.merged_into)
  return target !== undefined && viewOf(audience, target, all) !== 'none'
}

/** Optional fields are left out, not null: the ETag is a hash of what is sent. */
const compact = <T extends Record<string, unknown>>(fields: T): Partial<{ [K in keyof T]: NonNullable<T[K]> }> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as never

export const toQueued = (row: QuestionRow): Queued => ({
  id: row.id,
  kind: row.kind,
  status: row.status,
  state: row.state,
  showsState: row.shows_state,
  putAt: row.put_at,
  approvedAt: row.approved_at,
  askedAt: row.asked_at,
})

/** The queue as far as this audience sees the questions in it. The public waits for what is called. */
export function toQueue(audience: Audience, all: SlotQuestions, ordered = orderOf(all)) {
  const byId = new Map(all.rows.map((row) => [row.id, row]))
  const questions = ordered.filter((id) => viewOf(audience, byId.get(id) as QuestionRow, all) !== 'none')
  return { slotId: all.slot.id, order: all.slot.order, questions }
}

/** The slot as everybody sees it for whom it is there: no address to join, nothing of who speaks. */
export const toSlotState = ({ slot }: SlotQuestions): Static<typeof SlotState> => ({
  id: slot.id,
  kind: 'qa',
  preSession: slot.preSession,
  countries: [...slot.countries],
  ...(slot.title !== null && { title: slot.title }),
  startsAt: slot.startsAt,
  endsAt: slot.endsAt,
  room: slot.room,
  status: slot.status,
})

export const orderOf = ({ slot, rows }: SlotQuestions): string[] => orderQueue(rows.map(toQueued), slot.order)
