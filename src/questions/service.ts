import type { Deps } from '../deps.ts'
import type { QueueOrder } from '../domain/question-queue.ts'
import { refusalOfQuestion } from '../domain/question-rules.ts'
import { type Audience, readerOf, seesSpeaker } from '../domain/question-visibility.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { findState } from '../reference/data.ts'
import { appendStreamEvents } from '../streams/queries.ts'
import { idDatedAs } from './id.ts'
import * as queries from './queries.ts'
import { openSlot, requireSlotQuestions, type Seen, type Shown, showQuestion, tell } from './reading.ts'
import type { QuestionInput } from './schemas.ts'
import { tidied } from './text.ts'

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
    const seen = await openSlot(tx, slotId, act, { state: act.caller.state ?? input.state?.toUpperCase() })
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

export async function orderQueueOf({ db }: Deps, slotId: string, order: QueueOrder, act: Act): Promise<Seen> {
  return db.transaction().execute(async (tx) => {
    const seen = await openSlot(tx, slotId, act, { ids: [] })
    if (seen === undefined) throw new AppError('slot_not_found')
    if (seen.audience.kind !== 'staff' && seen.audience.kind !== 'moderator') throw new AppError('forbidden')
    if (seen.slot.order === order) return requireSlotQuestions(tx, slotId, act)
    await queries.setQueueOrder(tx, slotId, order)
    await appendHistory(tx, {
      preSession: seen.slot.preSession,
      action: 'question.queueOrdered',
      at: act.now,
      actor: act.caller.id,
      details: { slotId, from: seen.slot.order, to: order },
    })
    await appendStreamEvents(tx, slotId, [{ subjectId: null, before: null, after: null }], act.now)
    return requireSlotQuestions(tx, slotId, act)
  })
}
