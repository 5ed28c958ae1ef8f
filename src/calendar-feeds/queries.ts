import { type Insertable, sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { CalendarFeedItemTable, CalendarFeedTable } from '../db/tables-programme.ts'
import { isPublic } from '../pre-sessions/queries.ts'

const columns = [
  'id',
  'role',
  'email',
  'pre_session',
  'country',
  'state',
  'time_zone',
  'created_at',
  'fetched_at',
] as const

export const insertFeed = (tx: Tx, row: Insertable<CalendarFeedTable>) =>
  tx.insertInto('calendar_feed').values(row).returning(columns).executeTakeFirstOrThrow()

export type FeedRow = Awaited<ReturnType<typeof insertFeed>>

/** Whoever holds a session, as its row says it. */
export const findHolder = (db: Db, sessionId: string) =>
  db
    .selectFrom('session')
    .select(['role', 'email', 'pre_session', 'country', 'state'])
    .where('id', '=', sessionId)
    .where('role', 'in', ['applicant', 'mission'])
    .executeTakeFirst()

export type Holder = NonNullable<Awaited<ReturnType<typeof findHolder>>>

/** The feeds of one person in one role and round; a session for one country has those of that country. */
const ownedBy = ({ role, email, pre_session, country, state }: Holder) =>
  sql<boolean>`((${country}::text is null or country = ${country}) and role = ${role} and email = ${email} and pre_session = ${pre_session} and state is not distinct from ${state} and revoked_at is null)`

/** The newest first. */
export const listFeeds = (db: Db, holder: Holder, { before, limit }: { before: string | undefined; limit: number }) => {
  let query = db.selectFrom('calendar_feed').select(columns).where(ownedBy(holder))
  if (before !== undefined) query = query.where('id', '<', before)
  return query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

export const revokeFeed = (db: Db, id: string, holder: Holder, now: string) =>
  db
    .updateTable('calendar_feed')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where(ownedBy(holder))
    .returning('id')
    .executeTakeFirst()

/** The feed of an address, held until its items are written; nothing where it was revoked or its owner has the role no more. */
export const lockFeed = (tx: Tx, hash: Buffer): Promise<FeedRow | undefined> =>
  tx
    .selectFrom('calendar_feed')
    .select(columns)
    .where('token_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where(
      sql<boolean>`case role
        when 'mission' then exists (select from mission_delegate d where d.email = calendar_feed.email and d.state = calendar_feed.state and d.revoked_at is null)
        else exists (select from application a where a.pre_session = calendar_feed.pre_session and a.emails @> array[calendar_feed.email]
          and (calendar_feed.country is null or a.country = calendar_feed.country)) end`,
    )
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('pre_session')
          .select('number')
          .whereRef('pre_session.number', '=', 'calendar_feed.pre_session')
          .where(isPublic),
      ),
    )
    .forUpdate()
    .executeTakeFirst()

export const listItems = (tx: Tx, feedId: string) =>
  tx
    .selectFrom('calendar_feed_item')
    .select(['slot_id', 'starts_at', 'ends_at', 'sequence', 'digest', 'changed_at', 'is_gone'])
    .where('feed_id', '=', feedId)
    .execute()

export const putItem = (tx: Tx, row: Insertable<CalendarFeedItemTable>) =>
  tx
    .insertInto('calendar_feed_item')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['feed_id', 'slot_id']).doUpdateSet((excluded) => ({
        starts_at: excluded.ref('excluded.starts_at'),
        ends_at: excluded.ref('excluded.ends_at'),
        sequence: excluded.ref('excluded.sequence'),
        digest: excluded.ref('excluded.digest'),
        changed_at: excluded.ref('excluded.changed_at'),
        is_gone: excluded.ref('excluded.is_gone'),
      })),
    )
    .execute()

export const markFetched = (tx: Tx, feedId: string, now: string) =>
  tx.updateTable('calendar_feed').set({ fetched_at: now }).where('id', '=', feedId).execute()
