import type { Db, Tx } from '../db/database.ts'
import { type Audience, audienceOf, type QuestionView } from '../domain/question-visibility.ts'
import { AppError } from '../errors.ts'
import type { Act } from '../http/access.ts'
import { appendStreamEvents, lockTopic } from '../streams/queries.ts'
import * as queries from './queries.ts'
import { type ShownView, type SlotQuestions, toView, viewOf } from './views.ts'

/** What a caller sees of a slot's questions. */
export interface Seen extends SlotQuestions {
  audience: Audience
}

export interface Shown {
  view: ShownView
  body: Record<string, unknown>
}

/** The slot with its questions, or those that are meant, as far as it is there for this caller. */
export async function readSlotQuestions(
  db: Db,
  slotId: string,
  { caller, now }: Act,
  which?: queries.Which,
): Promise<Seen | undefined> {
  const slot = await queries.findSlot(db, slotId, now)
  const rows = await queries.listQuestions(db, slotId, which)
  const audience = slot === undefined ? undefined : audienceOf(caller, slot, now)
  return slot === undefined || audience === undefined ? undefined : { slot, audience, rows, now }
}

export async function requireSlotQuestions(db: Db, slotId: string, act: Act): Promise<Seen> {
  const seen = await readSlotQuestions(db, slotId, act)
  if (seen === undefined) throw new AppError('slot_not_found')
  return seen
}

/** One question; what this caller may not see is, to it, not there. */
export async function readQuestion(db: Db, id: string, act: Act): Promise<Shown> {
  // Asked about a slot in either case: one that is hidden takes no longer to be refused than one that never was.
  const slotId = (await queries.findSlotOfQuestion(db, id)) ?? id
  return showQuestion(await readSlotQuestions(db, slotId, act, { ids: [id] }), id)
}

export function showQuestion(seen: Seen | undefined, given: string): Shown {
  const id = given.toLowerCase()
  const row = seen?.rows.find((one) => one.id === id)
  const view = seen === undefined || row === undefined ? 'none' : viewOf(seen.audience, row, seen)
  if (seen === undefined || row === undefined || view === 'none') throw new AppError('question_not_found')
  return { view, body: toView(view, seen.audience, row, seen) }
}

/** The slot and its topic, locked in this order; who comes second waits and finds what the first one did. One that is not there takes as long. */
export async function openSlot(tx: Tx, slotId: string, act: Act, which: queries.Which): Promise<Seen | undefined> {
  await queries.shareSlot(tx, slotId)
  await lockTopic(tx, slotId)
  return readSlotQuestions(tx, slotId, act, which)
}

export interface Opened {
  seen: Seen
  row: queries.QuestionRow
  view: Exclude<QuestionView, 'none'>
}

/** The question, and others beside it. */
export async function openQuestion(tx: Tx, id: string, act: Act, others: readonly string[] = []): Promise<Opened> {
  const slotId = (await queries.findSlotOfQuestion(tx, id)) ?? id
  const seen = await openSlot(tx, slotId, act, { ids: [id, ...others] })
  const { view } = showQuestion(seen, id)
  return {
    seen: seen as Seen,
    row: (seen as Seen).rows.find((one) => one.id === id.toLowerCase()) as queries.QuestionRow,
    view,
  }
}

/** What of a question decides who sees it and how: told to streams, without its words. */
const movingOf = (row: queries.QuestionRow) => ({
  status: row.status,
  approved_at: row.approved_at,
  asked_at: row.asked_at,
  answered_at: row.answered_at,
  merged_into: row.merged_into,
})

/** Reads what a change made of these questions and tells the streams; nothing is told that is not committed with it. */
export async function tell(tx: Tx, before: Seen, ids: readonly string[], act: Act): Promise<Seen> {
  const after = { ...before, rows: await queries.listQuestions(tx, before.slot.id, { ids }) }
  const factsIn = ({ rows }: Seen, id: string) => {
    const row = rows.find((one) => one.id === id)
    return row === undefined ? null : movingOf(row)
  }
  const changes = ids.map((id) => ({ subjectId: id, before: factsIn(before, id), after: factsIn(after, id) }))
  await appendStreamEvents(tx, before.slot.id, changes, act.now)
  return after
}
