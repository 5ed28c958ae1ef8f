import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import { inRoundReviewed } from './queries.ts'

/** In place of the credential that put it. */
const erased = 'erased'

/** Questions of rounds that are long over of which there still are words, or of which it is known who put them or to whom. */
const dueQuestions = (cutoff: string) => sql`
  select q.id from question q join slot on slot.id = q.slot_id where ${inRoundReviewed(cutoff, 'slot')}
  and (q.body <> '' or q.put_by <> ${erased} or q.hold_reason <> '' or q.application_id is not null
    or exists (select from question_answer w where w.question_id = q.id))`

export async function countDueQuestions(db: Db, cutoff: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from (${dueQuestions(cutoff)}) due`.execute(db)
  return rows[0]?.n ?? 0
}

/** Kind, country, State, votes, status and times stay. In the history a State is told instead of who acted for it. */
export async function emptyDueQuestions(tx: Tx, cutoff: string): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    with emptied as (
      update question q set body = '', put_by = ${erased}, application_id = null,
        hold_reason = case when hold_reason is null then null else '' end
      where q.id in (${dueQuestions(cutoff)}) returning q.id
    ), unanswered as (
      delete from question_answer w using emptied where w.question_id = emptied.id
    )
    select id from emptied`.execute(tx)
  const ids = rows.map(({ id }) => id)
  await sql`
    update history_event h set reason = null, actor = case
      when h.actor in ('system', 'admin-key') or exists (select from api_key k where k.id::text = h.actor) then h.actor
      when h.details ->> 'state' is not null then 'mission'
      when h.actor like 'oidc:%' then h.actor
      else 'user' end
    where h.action like 'question.%' and h.details ->> 'questionId' = any (${ids}::text[])`.execute(tx)
  return ids.length
}
