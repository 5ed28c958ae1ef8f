import { type Tx, violates } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { canMove, legalMoves, lifecycles } from '../domain/lifecycles.ts'
import type { QuestionStatus } from '../domain/lifecycles-question.ts'
import { votesAfterMerge, writtenAnswerDueOn } from '../domain/question-rules.ts'
import { type Audience, concernedBy, type QuestionView } from '../domain/question-visibility.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import * as queries from './queries.ts'
import { openQuestion, type Seen, type Shown, showQuestion, tell } from './reading.ts'
import type { Transition } from './schemas.ts'
import { tidied } from './text.ts'
import { toView } from './views.ts'

type Change = Parameters<typeof queries.updateQuestion>[2]

/** R30: the moderator lets through, holds, joins and calls; what was not answered at the meeting is answered in writing. */
export async function transitionQuestion({ db }: Deps, id: string, move: Transition, act: Act): Promise<Shown> {
  refuseUnfit(move)
  try {
    return await db.transaction().execute(async (tx) => {
      const { seen, row, view } = await openQuestion(tx, id, act, move.into === undefined ? [] : [move.into])
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
    throw invalidInput(`/${needed}`, 'required', `A move to ${move.to} needs the field "${needed}".`)
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
  const isWaiting = target?.status === 'queued' || target?.status === 'approved'
  if (target !== undefined && !isWaiting)
    throw new AppError('cannot_merge', { detail: `The other question has the status ${target.status}.` })
  if (target?.kind !== 'question' || target.id === row.id || row.kind !== 'question') throw new AppError('cannot_merge')
  const voters = votesAfterMerge(target, row)
  await queries.insertVotes(tx, target.id, voters, now)
  const redirected = await queries.redirectMerged(tx, row.id, target.id, now)
  return [target.id, ...redirected.map(({ id }) => id)]
}
