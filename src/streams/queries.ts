import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'

/** The one channel of all streams; what is told on it is a topic and its last id. */
export const channel = 'stream_events'

/** What became of one thing of a topic: facts that decide who may see it, and no text. */
export interface StreamChange {
  /** Null: it concerns the topic as a whole. */
  subjectId: string | null
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
}

export interface StreamEvent extends StreamChange {
  id: number
}

/** Whoever holds a topic is alone in changing what it tells of. Taken last of all locks, so that nobody who has it waits for another. */
export const lockTopic = (tx: Tx, topic: string) =>
  sql`insert into stream_topic as t (topic, last_id) values (${topic}, 0)
    on conflict (topic) do update set last_id = t.last_id`.execute(tx)

/** In the transaction of the change. Ids are given under the lock of the topic's row, so they are committed in their order. */
export async function appendStreamEvents(tx: Tx, topic: string, changes: StreamChange[], at: string): Promise<void> {
  if (changes.length === 0) return
  await sql`
    with counter as (
      insert into stream_topic as t (topic, last_id) values (${topic}, ${changes.length})
      on conflict (topic) do update set last_id = t.last_id + excluded.last_id returning last_id
    ), added as (
      insert into stream_event (topic, id, subject_id, before, after, at)
      select ${topic}, last_id - ${changes.length}::int + e.n, (e.change ->> 'subjectId')::uuid,
        nullif(e.change -> 'before', 'null'), nullif(e.change -> 'after', 'null'), ${at}
      from counter, jsonb_array_elements(${JSON.stringify(changes)}::jsonb) with ordinality as e (change, n)
    )
    select pg_notify(${channel}, ${topic} || ' ' || last_id) from counter`.execute(tx)
}

export const findLastId = async (db: Db, topic: string): Promise<number> =>
  (await db.selectFrom('stream_topic').select('last_id').where('topic', '=', topic).executeTakeFirst())?.last_id ?? 0

export const listStreamEvents = (db: Db, topic: string, after: number, limit: number): Promise<StreamEvent[]> =>
  db
    .selectFrom('stream_event')
    .select(['id', 'subject_id as subjectId', 'before', 'after'])
    .where('topic', '=', topic)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()

/** What nobody resumes from any more; whoever does is told the present state. */
export const deleteStreamEvents = (db: Db, before: string) =>
  db.deleteFrom('stream_event').where('at', '<', before).execute()

/** Those of these sessions and keys that are still good: not ended, not revoked, nor is any key above them. */
export async function listValidCredentials(db: Db, ids: readonly string[], now: string): Promise<string[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<{ id: string }>`
    with recursive asked as (select unnest(${[...ids]}::uuid[]) as id), chain as (
      select k.id as leaf, k.owner_key, k.revoked_at, k.expires_at, 1 as depth from api_key k join asked using (id)
      union all
      select chain.leaf, maker.owner_key, maker.revoked_at, maker.expires_at, depth + 1
      from chain join api_key maker on maker.id = chain.owner_key where depth < 32
    )
    select leaf as id from chain group by leaf
    having bool_and(revoked_at is null and (expires_at is null or expires_at > ${now}::timestamptz))
    union all
    select s.id from session s join asked using (id) where s.revoked_at is null and s.expires_at > ${now}::timestamptz`.execute(
    db,
  )
  return rows.map(({ id }) => id)
}

export const insertTicket = (db: Db, row: { token_hash: Buffer; topic: string; caller: string; expires_at: string }) =>
  db.insertInto('event_ticket').values(row).execute()

/** Uses a ticket up; nothing back where there is none, it is for another topic, or it has expired. */
export const takeTicket = (db: Db, hash: Buffer, topic: string, now: string) =>
  db
    .deleteFrom('event_ticket')
    .where('token_hash', '=', hash)
    .where('topic', '=', topic)
    .where('expires_at', '>', now)
    .returning('caller')
    .executeTakeFirst()

export const findEmailOfSession = async (db: Db, id: string): Promise<string | undefined> =>
  (await db.selectFrom('session').select('email').where('id', '=', id).executeTakeFirst())?.email

export const deleteExpiredTickets = (db: Db, now: string) =>
  db.deleteFrom('event_ticket').where('expires_at', '<=', now).execute()
