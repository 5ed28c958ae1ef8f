import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { ApiKeyTable, ReviewerAssignmentTable } from '../db/schema.ts'

export type ApiKeyRow = Omit<Selectable<ApiKeyTable>, 'key_hash' | 'owner_key'>

const columns = [
  'id',
  'name',
  'role',
  'owner',
  'scopes',
  'pre_sessions',
  'countries',
  'created_at',
  'expires_at',
  'last_used_at',
  'replaced_by',
  'revoked_at',
  'revocation_reason',
] as const

export type ChainLink = Pick<
  ApiKeyRow,
  'id' | 'role' | 'scopes' | 'pre_sessions' | 'countries' | 'expires_at' | 'revoked_at'
>

/** Longer chains of keys made by keys are not followed, and are worth nothing. */
export const maxChain = 32

/** A key by its hash, then the key that made it, and so on: what one of them may not do, none below it may. */
export async function findKeyChain(db: Db, hash: Buffer): Promise<ChainLink[]> {
  const { rows } = await sql<ChainLink>`
    with recursive chain as (
      select 1 as depth, id, role, scopes, pre_sessions, countries, expires_at, revoked_at, owner_key
      from api_key where key_hash = ${hash}
      union all
      select depth + 1, maker.id, maker.role, maker.scopes, maker.pre_sessions, maker.countries, maker.expires_at, maker.revoked_at, maker.owner_key
      from chain join api_key as maker on maker.id = chain.owner_key where depth < ${maxChain}
    )
    select id, role, scopes, pre_sessions, countries, expires_at, revoked_at from chain order by depth`.execute(db)
  return rows
}

/** A key that a start makes sure of: there already, it stays as it is. */
export const insertApiKey = (db: Db, row: Insertable<ApiKeyTable>) =>
  db
    .insertInto('api_key')
    .values(row)
    .onConflict((conflict) => conflict.constraint('api_key_once').doNothing())
    .execute()

export const insertNewApiKey = (db: Db, row: Insertable<ApiKeyTable>): Promise<ApiKeyRow> =>
  db.insertInto('api_key').values(row).returning(columns).executeTakeFirstOrThrow()

export const updateApiKey = (tx: Tx, id: string, change: Updateable<ApiKeyTable>): Promise<ApiKeyRow> =>
  tx.updateTable('api_key').set(change).where('id', '=', id).returning(columns).executeTakeFirstOrThrow()

/** The limits of the caller: of keys that go beyond them it knows nothing. */
export interface Reach {
  scopes: readonly string[]
  preSessions?: readonly number[] | undefined
  countries?: readonly string[] | undefined
}

function within({ scopes, preSessions, countries }: Reach) {
  const conditions = [
    ...(scopes.includes('*') ? [] : [sql<boolean>`scopes <@ ${[...scopes]}::text[]`]),
    ...(preSessions === undefined ? [] : [sql<boolean>`pre_sessions <@ ${[...preSessions]}::int[]`]),
    ...(countries === undefined ? [] : [sql<boolean>`countries <@ ${[...countries]}::text[]`]),
  ]
  return conditions.reduce((all, one) => sql<boolean>`${all} and coalesce(${one}, false)`, sql<boolean>`true`)
}

export const listApiKeys = (
  db: Db,
  reach: Reach,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<ApiKeyRow[]> =>
  db
    .selectFrom('api_key')
    .select(columns)
    .where(within(reach))
    .$if(before !== undefined, (query) => query.where('id', '<', before as string))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()

export const findApiKey = (db: Db, reach: Reach, id: string): Promise<ApiKeyRow | undefined> =>
  db.selectFrom('api_key').select(columns).where('id', '=', id).where(within(reach)).executeTakeFirst()

export const lockApiKey = (tx: Tx, reach: Reach, id: string): Promise<ApiKeyRow | undefined> =>
  tx.selectFrom('api_key').select(columns).where('id', '=', id).where(within(reach)).forUpdate().executeTakeFirst()

/** At most once a minute, however many replicas there are; a clock that was moved back counts as well. */
export const touchApiKey = (db: Db, id: string, now: string) =>
  db
    .updateTable('api_key')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .where(
      sql<boolean>`(last_used_at is null or last_used_at <= ${now}::timestamptz - interval '1 minute' or last_used_at > ${now}::timestamptz)`,
    )
    .execute()

/** The keys that one key made belong to its successor from now on. */
export const changeOwner = (tx: Tx, from: string, to: string) =>
  tx.updateTable('api_key').set({ owner: to }).where('owner', '=', from).execute()

export type AssignmentRow = Pick<Selectable<ReviewerAssignmentTable>, 'pre_session' | 'country' | 'sees_identities'>

const inLimits = ({ preSessions, countries }: Partial<Reach>) =>
  sql<boolean>`(${preSessions === undefined ? null : [...preSessions]}::int[] is null or pre_session = any (${preSessions === undefined ? null : [...preSessions]}::int[]))
    and (${countries === undefined ? null : [...countries]}::text[] is null or country = any (${countries === undefined ? null : [...countries]}::text[]))`

/** The countries that are assigned to a reviewer: `subject` is the caller's id. A reader with limits sees those within them. */
export const findAssignments = (db: Db, subject: string, reach: Partial<Reach> = {}): Promise<AssignmentRow[]> =>
  db
    .selectFrom('reviewer_assignment')
    .select(['pre_session', 'country', 'sees_identities'])
    .where('subject', '=', subject)
    .where(inLimits(reach))
    .orderBy('pre_session')
    .orderBy('country')
    .execute()

/** Which of these are no countries under review, by their place in the list. */
export async function findUnknownCountries(
  db: Db,
  places: { pre_session: number; country: string }[],
): Promise<number[]> {
  const { rows } = await sql<{ position: number }>`
    select wanted.position::int - 1 as position
    from unnest(${places.map((place) => place.pre_session)}::int[], ${places.map((place) => place.country)}::text[])
      with ordinality as wanted (pre_session, iso3, position)
    where not exists (select from country_under_review as country where country.pre_session = wanted.pre_session and country.iso3 = wanted.iso3)
    order by position`.execute(db)
  return rows.map((row) => row.position)
}

/** Advisory locks of assignments live in their own number space. */
const assignmentLocks = 38_002

/** One after the other: two lists at once would become a third one. */
export const lockAssignments = (tx: Tx, subject: string) =>
  sql`select pg_advisory_xact_lock(${assignmentLocks}, hashtext(${subject}))`.execute(tx)

/** Those outside the limits of the caller stay as they are. */
export async function replaceAssignments(
  tx: Tx,
  subject: string,
  reach: Partial<Reach>,
  rows: Insertable<ReviewerAssignmentTable>[],
) {
  await tx.deleteFrom('reviewer_assignment').where('subject', '=', subject).where(inLimits(reach)).execute()
  if (rows.length > 0) await tx.insertInto('reviewer_assignment').values(rows).execute()
}

/** What was assigned to a key is assigned to its successor too. */
export const copyAssignments = (tx: Tx, from: string, to: string) =>
  tx
    .insertInto('reviewer_assignment')
    .columns(['subject', 'pre_session', 'country', 'sees_identities', 'assigned_by', 'assigned_at'])
    .expression((from_) =>
      from_
        .selectFrom('reviewer_assignment')
        .select([
          sql<string>`${to}`.as('subject'),
          'pre_session',
          'country',
          'sees_identities',
          'assigned_by',
          'assigned_at',
        ])
        .where('subject', '=', from),
    )
    .execute()
