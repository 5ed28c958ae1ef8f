import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { QuestionTable } from '../db/tables-questions.ts'
import type { SlotStatus } from '../domain/lifecycles-slot.ts'
import type { QueueOrder } from '../domain/question-queue.ts'
import type { SlotFacts, SpeakerFacts } from '../domain/question-visibility.ts'
import { isPublic } from '../pre-sessions/queries.ts'

/** A slot with all that decides who may see its questions. */
export interface SlotRow extends SlotFacts {
  status: SlotStatus
  title: string | null
  room: string
  startsAt: string
  endsAt: string
  timeZone: string
  createdAt: string
  order: QueueOrder
}

export interface QuestionRow extends Selectable<QuestionTable> {
  /** The States that voted for it. */
  voters: string[]
  /** The written answer. */
  answer: string | null
  /** The speaker who gave it; null: the secretariat. */
  answer_application_id: string | null
}

/** Instants within JSON, in the one form of this service. */
const instantText = (column: string) =>
  sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** Seated speakers, and those whom a question or an answer names. An unanswered question about risk counts as yes. */
const speakers = sql<SpeakerFacts[]>`(
  select coalesce(json_agg(json_build_object('id', a.id, 'country', a.country, 'status', a.status, 'decision', a.decision, 'emails', a.emails,
    'consents', a.consents, 'atRisk', coalesce((a.body #>> '{speaker,atRisk}')::boolean, true), 'releaseAt', ${instantText('c.release_at')},
    'isSeated', exists (select from slot_speaker s where s.slot_id = slot.id and s.application_id = a.id and s.seated)) order by a.id), '[]')
  from application a left join country_under_review c on c.pre_session = a.pre_session and c.iso3 = a.country
  where a.id in (select application_id from slot_speaker where slot_id = slot.id
    union select application_id from question where slot_id = slot.id
    union select w.application_id from question_answer w join question q on q.id = w.question_id where q.slot_id = slot.id))`.as(
  'speakers',
)

const countries = sql<string[]>`(
  select coalesce(json_agg(iso3 order by position), '[]') from slot_country where slot_id = slot.id)`.as('countries')

const releases = sql<SlotFacts['releases']>`(
  select coalesce(json_object_agg(iso3, ${instantText('c.release_at')}), '{}') from country_under_review c where c.pre_session = slot.pre_session)`.as(
  'releases',
)

/** Questions are put in Q&A slots alone. */
export const findSlot = (db: Db, id: string, now: string): Promise<SlotRow | undefined> =>
  db
    .selectFrom('slot')
    .innerJoin('pre_session', 'pre_session.number', 'slot.pre_session')
    .leftJoin('question_queue', 'question_queue.slot_id', 'slot.id')
    .select([
      'slot.id',
      'slot.pre_session as preSession',
      'slot.status',
      'slot.title',
      'slot.room',
      'slot.starts_at as startsAt',
      'slot.ends_at as endsAt',
      'slot.created_at as createdAt',
      'pre_session.time_zone as timeZone',
      sql<QueueOrder>`coalesce(question_queue.sort, 'time')`.as('order'),
      sql<boolean>`(coalesce(slot.published_at <= ${now}::timestamptz, false) and ${isPublic})`.as('isPublished'),
      countries,
      releases,
      speakers,
    ])
    .where('slot.id', '=', id)
    .where('slot.kind', '=', 'qa')
    .executeTakeFirst()

/** Only some of a slot's questions: these, with those that they were merged into; those of a State. */
export interface Which {
  ids?: readonly string[] | undefined
  state?: string | undefined
}

/** The questions of a slot, in the order of their ids. Rules keep them few. */
export function listQuestions(db: Db, slotId: string, which?: Which): Promise<QuestionRow[]> {
  let query = db
    .selectFrom('question')
    .leftJoin('question_answer', 'question_answer.question_id', 'question.id')
    .selectAll('question')
    .select(['question_answer.body as answer', 'question_answer.application_id as answer_application_id'])
    .select(
      sql<string[]>`array(select v.state from question_vote v where v.question_id = question.id order by v.state)`.as(
        'voters',
      ),
    )
    .where('question.slot_id', '=', slotId)
  if (which !== undefined) {
    const ids = sql<string[]>`${[...(which.ids ?? [])]}::uuid[]`
    query = query.where(sql<boolean>`(question.id = any (${ids}) or question.state = ${which.state ?? null}
      or question.id in (select m.merged_into from question m where m.id = any (${ids})))`)
  }
  return query.orderBy('question.id').execute()
}
export const findSlotOfQuestion = async (db: Db, id: string): Promise<string | undefined> =>
  (await db.selectFrom('question').select('slot_id').where('id', '=', id).executeTakeFirst())?.slot_id

/** The slot stays as it is while a question of it changes. */
export const shareSlot = (tx: Tx, id: string) =>
  tx.selectFrom('slot').select('id').where('id', '=', id).forShare().executeTakeFirst()

export const insertQuestion = (tx: Tx, row: Insertable<QuestionTable>) =>
  tx.insertInto('question').values(row).execute()

export const insertAnswer = (tx: Tx, row: { question_id: string; application_id: string | null; body: string }) =>
  tx.insertInto('question_answer').values(row).execute()

export const updateQuestion = (tx: Tx, id: string, change: Updateable<QuestionTable>) =>
  tx.updateTable('question').set(change).where('id', '=', id).execute()

/** What was merged into a question that is merged itself goes where that goes. */
export const redirectMerged = (tx: Tx, from: string, to: string, at: string) =>
  tx
    .updateTable('question')
    .set({ merged_into: to, updated_at: at })
    .where('merged_into', '=', from)
    .returning('id')
    .execute()

/** Whether it is a new one. */
export const insertVotes = async (
  tx: Tx,
  questionId: string,
  states: readonly string[],
  at: string,
): Promise<number> =>
  states.length === 0
    ? 0
    : (
        await tx
          .insertInto('question_vote')
          .values(states.map((state) => ({ question_id: questionId, state, voted_at: at })))
          .onConflict((conflict) => conflict.doNothing())
          .returning('state')
          .execute()
      ).length

export const deleteVote = async (tx: Tx, questionId: string, state: string): Promise<number> =>
  (
    await tx
      .deleteFrom('question_vote')
      .where('question_id', '=', questionId)
      .where('state', '=', state)
      .returning('state')
      .execute()
  ).length

export const setQueueOrder = (tx: Tx, slotId: string, order: QueueOrder) =>
  tx
    .insertInto('question_queue')
    .values({ slot_id: slotId, sort: order })
    .onConflict((conflict) => conflict.column('slot_id').doUpdateSet({ sort: order }))
    .execute()
