import type { Db, Tx } from '../db/database.ts'
import { violates } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { canMove, legalMoves, lifecycles } from '../domain/lifecycles.ts'
import type { QuestionStatus } from '../domain/lifecycles-question.ts'
import type { QueueOrder } from '../domain/question-queue.ts'
import { refusalOfQuestion, votesAfterMerge, writtenAnswerDueOn } from '../domain/question-rules.ts'
import {
  type Audience,
  audienceOf,
  concernedBy,
  type QuestionView,
  readerOf,
  seesSpeaker,
} from '../domain/question-visibility.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Caller } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { findState } from '../reference/data.ts'
import { appendStreamEvents, lockTopic } from '../streams/queries.ts'
import { idDatedAs } from './id.ts'
import * as queries from './queries.ts'
import type { QuestionInput, Transition } from './schemas.ts'
import { type ShownView, type SlotQuestions, toView, viewOf } from './views.ts'

/** Who acts, and when the whole request had been read. */
export interface Act {
  caller: Caller
  now: string
  ifMatch?: string | undefined
}

/** What a caller sees of a slot's questions. */
export interface Seen extends SlotQuestions {
  audience: Audience
}

export interface Shown {
  view: ShownView
  body: Record<string, unknown>
}

/** The slot with its questions, as far as it is there for this caller. */
export async function readSlotQuestions(db: Db, slotId: string, { caller, now }: Act): Promise<Seen | undefined> {
  const slot = await queries.findSlot(db, slotId, now)
  const rows = await queries.listQuestions(db, slotId)
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
  return showQuestion(await readSlotQuestions(db, slotId, act), id)
}

function showQuestion(seen: Seen | undefined, given: string): Shown {
  const id = given.toLowerCase()
  const row = seen?.rows.find((one) => one.id === id)
  const view = seen === undefined || row === undefined ? 'none' : viewOf(seen.audience, row, seen)
  if (seen === undefined || row === undefined || view === 'none') throw new AppError('question_not_found')
  return { view, body: toView(view, seen.audience, row, seen) }
}

/** The slot and its topic, locked in this order; who comes second waits and finds what the first one did. */
async function openSlot(tx: Tx, slotId: string, act: Act): Promise<Seen | undefined> {
  if ((await queries.shareSlot(tx, slotId)) === undefined) return undefined
  await lockTopic(tx, slotId)
  return readSlotQuestions(tx, slotId, act)
}

interface Opened {
  seen: Seen
  row: queries.QuestionRow
  view: Exclude<QuestionView, 'none'>
}

async function openQuestion(tx: Tx, id: string, act: Act): Promise<Opened> {
  const slotId = await queries.findSlotOfQuestion(tx, id)
  const seen = slotId === undefined ? undefined : await openSlot(tx, slotId, act)
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
async function tell(tx: Tx, before: Seen, ids: readonly string[], act: Act): Promise<Seen> {
  const after = (await readSlotQuestions(tx, before.slot.id, act)) ?? before
  const rowIn = (seen: Seen, id: string) => seen.rows.find((row) => row.id === id)
  const changes = ids.map((id) => {
    const [was, is] = [rowIn(before, id), rowIn(after, id)]
    return {
      subjectId: id,
      before: was === undefined ? null : movingOf(was),
      after: is === undefined ? null : movingOf(is),
    }
  })
  await appendStreamEvents(tx, before.slot.id, changes, act.now)
  return after
}

/** R29, R30: a mission asks, in advance or live; the moderator's own go straight into the queue. */
export async function putQuestion(
  { db }: Deps,
  slotId: string,
  input: QuestionInput,
  act: Act,
): Promise<Shown & { id: string }> {
  const { caller, now } = act
  const { kind = 'question' } = input
  return db.transaction().execute(async (tx) => {
    const seen = await openSlot(tx, slotId, act)
    if (seen === undefined) throw new AppError('slot_not_found')
    const state = askerOf(input, seen.audience)
    const { country, applicationId } = addresseeOf(input, seen)
    const concerned = country === null ? seen.slot.countries : [country]
    const before = seen.rows.filter((row) => state !== null && row.state === state)
    const refusal = refusalOfQuestion({ kind, state, concerned, slotStatus: seen.slot.status, before })
    if (refusal !== undefined) throw new AppError(refusal)
    if (kind === 'question' && input.text === undefined)
      throw invalidInput('/text', 'required', 'A question has words.')
    const id = idDatedAs(seen.slot.createdAt)
    const isModerators = state === null
    await queries.insertQuestion(tx, {
      id,
      slot_id: slotId,
      kind,
      country,
      state,
      // The State under Review does not speak unnamed.
      shows_state: isModerators || kind !== 'question' || (input.showsState ?? true),
      addressee: applicationId === null ? 'panel' : 'speaker',
      application_id: applicationId,
      body: tidied(input.text ?? ''),
      status: isModerators ? 'approved' : 'queued',
      put_at: now,
      put_by: caller.id,
      approved_at: isModerators ? now : null,
      hold_reason: null,
      merged_into: null,
      asked_at: null,
      answered_at: null,
      answer_due_on: null,
      updated_at: now,
    })
    await appendHistory(tx, {
      preSession: seen.slot.preSession,
      action: 'question.put',
      at: now,
      actor: caller.id,
      details: { slotId, questionId: id, kind, state },
    })
    return { id, ...showQuestion(await tell(tx, seen, [id], act), id) }
  })
}

/** Line ends alone are kept of what cannot be seen, and nothing that turns the text around it. */
const tidied = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/g, ' ')
    .trim()

function askerOf({ state }: QuestionInput, audience: Audience): string | null {
  if (state !== undefined && audience.kind !== 'staff')
    throw invalidInput('/state', 'not_for_this_caller', 'For the secretariat alone: a mission asks for its own State.')
  if (audience.kind === 'mission') return audience.state
  if (audience.kind !== 'staff' && audience.kind !== 'moderator') throw new AppError('forbidden')
  const code = state?.toUpperCase() ?? null
  if (code !== null && findState(code) === undefined)
    throw invalidInput('/state', 'unknown_state', `${code} is not the ISO 3166-1 alpha-3 code of a State.`)
  return code
}

/** A speaker whom the asker may not know of and one that there is not are refused alike. */
function addresseeOf(
  input: QuestionInput,
  { slot, audience, now }: Seen,
): { country: string | null; applicationId: string | null } {
  const country = input.country?.toUpperCase() ?? null
  if (country !== null && !slot.countries.includes(country))
    throw invalidInput('/country', 'unknown_country', `This slot is not about ${country}.`)
  if (input.applicationId === undefined) return { country, applicationId: null }
  const applicationId = input.applicationId.toLowerCase()
  const speaker = slot.speakers.find(({ id, isSeated }) => id === applicationId && isSeated)
  const isKnown =
    audience.kind === 'staff' ||
    audience.kind === 'moderator' ||
    seesSpeaker(readerOf(audience), applicationId, slot, now)
  if (speaker === undefined || !isKnown || (input.kind ?? 'question') !== 'question')
    throw invalidInput('/applicationId', 'unknown_speaker', 'This is no speaker of the slot to whom it can be put.')
  if (country !== null && country !== speaker.country)
    throw invalidInput('/country', 'not_of_this_speaker', 'The speaker speaks on another country.')
  return { country: speaker.country, applicationId }
}

type Change = Parameters<typeof queries.updateQuestion>[2]

/** R30: the moderator lets through, holds, joins and calls; what was not answered at the meeting is answered in writing. */
export async function transitionQuestion({ db }: Deps, id: string, move: Transition, act: Act): Promise<Shown> {
  refuseUnfit(move)
  try {
    return await db.transaction().execute(async (tx) => {
      const { seen, row, view } = await openQuestion(tx, id, act)
      if (act.ifMatch !== undefined) requireMatch(act.ifMatch, toView(view, seen.audience, row, seen))
      requireMover(seen.audience, view, move.to)
      const by = seen.audience.kind === 'speaker' ? 'applicant' : 'person'
      if (!canMove(lifecycles.question, row.status, move.to, by)) {
        const moves = legalMoves(lifecycles.question, row.status, by).map(({ to }) => to)
        throw new AppError('illegal_transition', {
          detail: `From ${row.status} a question can move to: ${[...new Set(moves)].join(', ') || 'nothing'}.`,
        })
      }
      const others = move.to === 'merged' ? await merge(tx, seen, row, move.into ?? '', act) : []
      if (move.to === 'answeredInWriting')
        await queries.insertAnswer(tx, {
          question_id: row.id,
          application_id: answererOf(move, seen, row),
          body: tidied(move.answer as string),
        })
      await queries.updateQuestion(tx, row.id, {
        ...changeOf(move, seen, row, act),
        status: move.to,
        updated_at: act.now,
      })
      await appendHistory(tx, {
        preSession: seen.slot.preSession,
        action: 'question.statusChanged',
        at: act.now,
        actor: act.caller.id,
        reason: move.reason,
        details: { slotId: row.slot_id, questionId: row.id, from: row.status, to: move.to, mergedInto: move.into },
      })
      return showQuestion(await tell(tx, seen, [row.id, ...others], act), row.id)
    })
  } catch (error) {
    throw violates(error, 'question_opening_once') ? new AppError('opening_taken') : error
  }
}

/** Each field belongs to one move, and some moves need theirs. */
const fieldsOfMoves = {
  reason: 'held',
  into: 'merged',
  answer: 'answeredInWriting',
  applicationId: 'answeredInWriting',
  answerDueOn: 'lapsed',
} as const
const neededFields: Partial<Record<QuestionStatus, keyof Transition>> = {
  held: 'reason',
  merged: 'into',
  answeredInWriting: 'answer',
}

function refuseUnfit(move: Transition): void {
  for (const [field, to] of Object.entries(fieldsOfMoves))
    if (move[field as 'reason'] !== undefined && move.to !== to)
      throw invalidInput(`/${field}`, 'not_for_this_move', `It belongs to a move to ${to}.`)
  const needed = neededFields[move.to]
  if (needed !== undefined && move[needed] === undefined)
    throw invalidInput(`/${needed}`, 'required', `A move to ${move.to} needs it.`)
}

/** A written answer is the speaker's or the secretariat's; everything else is the moderator's and the secretariat's. */
function requireMover(audience: Audience, view: QuestionView, to: QuestionStatus): void {
  const isAnswer = to === 'answeredInWriting'
  const may = audience.kind === 'staff' || (audience.kind === 'moderator' ? !isAnswer : view === 'speaker' && isAnswer)
  if (!may) throw new AppError('forbidden')
}

function changeOf(move: Transition, { slot }: Seen, row: queries.QuestionRow, { now }: Act): Change {
  switch (move.to) {
    case 'approved':
      return { approved_at: row.approved_at ?? now, asked_at: null, hold_reason: null }
    case 'held':
      return { approved_at: null, hold_reason: move.reason as string }
    case 'merged':
      return { approved_at: null, hold_reason: null, merged_into: (move.into as string).toLowerCase() }
    case 'asked':
      return { asked_at: now }
    case 'answered':
      return { answered_at: now }
    case 'lapsed':
      return row.kind === 'question'
        ? { answer_due_on: move.answerDueOn ?? writtenAnswerDueOn(slot.endsAt, slot.timeZone) }
        : {}
    case 'answeredInWriting':
      return { answered_at: now }
    default:
      return {}
  }
}

function answererOf({ applicationId }: Transition, { slot, audience }: Seen, row: queries.QuestionRow): string | null {
  if (audience.kind === 'speaker') {
    if (applicationId !== undefined)
      throw invalidInput('/applicationId', 'not_for_this_caller', 'A speaker answers for itself.')
    const concerned = concernedBy(row, slot)
    const own = slot.speakers.filter(({ id }) => audience.applicationIds.includes(id))
    const speaker = own.find(({ id, country }) => id === row.application_id || concerned.includes(country ?? ''))
    return speaker?.id ?? null
  }
  if (applicationId === undefined) return null
  const id = applicationId.toLowerCase()
  if (!slot.speakers.some((one) => one.id === id && one.isSeated))
    throw invalidInput('/applicationId', 'unknown_speaker', 'This is no speaker of the slot.')
  return id
}

/** Its votes join those of the other one; what was merged into it before goes along. Gives back the others that changed. */
async function merge(tx: Tx, { rows }: Seen, row: queries.QuestionRow, into: string, { now }: Act): Promise<string[]> {
  const target = rows.find(({ id }) => id === into.toLowerCase())
  const isFit =
    target !== undefined && target.id !== row.id && (target.status === 'queued' || target.status === 'approved')
  if (!isFit || target.kind !== 'question' || row.kind !== 'question') throw new AppError('cannot_merge')
  const voters = votesAfterMerge(target, row)
  await queries.insertVotes(tx, target.id, voters, now)
  const redirected = await queries.redirectMerged(tx, row.id, target.id, now)
  return [target.id, ...redirected.map(({ id }) => id)]
}

/** One vote a mission, for what waits to be called, and none for its own. */
export const castVote = (deps: Deps, id: string, act: Act): Promise<Shown> =>
  vote(deps, id, act, (tx, row, state) => queries.insertVotes(tx, row.id, [state], act.now))

export const withdrawVote = (deps: Deps, id: string, act: Act): Promise<Shown> =>
  vote(deps, id, act, (tx, row, state) => queries.deleteVote(tx, row.id, state))

type Vote = (tx: Tx, row: queries.QuestionRow, state: string) => Promise<number>

async function vote({ db }: Deps, id: string, act: Act, change: Vote): Promise<Shown> {
  return db.transaction().execute(async (tx) => {
    const { seen, row, view } = await openQuestion(tx, id, act)
    if (view === 'own') throw new AppError('own_question')
    // R30: of its own country the State under Review sees only what was called, and that is past voting.
    if (row.status !== 'approved' || row.kind !== 'question' || seen.audience.kind !== 'mission')
      throw new AppError('voting_closed')
    const changed = await change(tx, row, seen.audience.state)
    return showQuestion(changed === 0 ? seen : await tell(tx, seen, [row.id], act), row.id)
  })
}

export async function orderQueueOf({ db }: Deps, slotId: string, order: QueueOrder, act: Act): Promise<Seen> {
  return db.transaction().execute(async (tx) => {
    const seen = await openSlot(tx, slotId, act)
    if (seen === undefined) throw new AppError('slot_not_found')
    if (seen.audience.kind !== 'staff' && seen.audience.kind !== 'moderator') throw new AppError('forbidden')
    if (seen.slot.order === order) return seen
    await queries.setQueueOrder(tx, slotId, order)
    await appendHistory(tx, {
      preSession: seen.slot.preSession,
      action: 'question.queueOrdered',
      at: act.now,
      actor: act.caller.id,
      details: { slotId, from: seen.slot.order, to: order },
    })
    await appendStreamEvents(tx, slotId, [{ subjectId: null, before: null, after: null }], act.now)
    return (await readSlotQuestions(tx, slotId, act)) ?? seen
  })
}

/** When a slot is over: what was let through and not answered becomes a written question with a date, what was not is past. In its transaction. */
export async function lapseQuestions(tx: Tx, slotId: string, act: Act): Promise<void> {
  await lockTopic(tx, slotId)
  const seen = await readSlotQuestions(tx, slotId, act)
  if (seen === undefined) return
  const open = seen.rows.filter(({ status }) => canMove(lifecycles.question, status, 'lapsed', 'system'))
  for (const row of open) {
    const isAwaited = row.approved_at !== null && row.kind === 'question'
    const due = isAwaited ? writtenAnswerDueOn(seen.slot.endsAt, seen.slot.timeZone) : null
    await queries.updateQuestion(tx, row.id, { status: 'lapsed', answer_due_on: due, updated_at: act.now })
  }
  await tell(
    tx,
    seen,
    open.map(({ id }) => id),
    act,
  )
}
