import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { PreSessionTable } from '../db/schema.ts'
import type { Deadline } from '../domain/deadline.ts'

export type PreSessionRow = Omit<Selectable<PreSessionTable>, 'published' | 'revision' | 'created_at'> & {
  /** The latest end of the round's deadline and those of its countries. */
  last_closes_at: string
}

const columns = [
  'number',
  'title',
  'format',
  'starts_on',
  'ends_on',
  'dates_precision',
  'time_zone',
  'status',
  'application_deadline',
  'closes_at',
  'statement_deadline',
  'video_deadline',
  'application_form_url',
  'settings',
  'updated_at',
] as const

const lastClosesAt = sql<string>`greatest(pre_session.closes_at, (
  select max(country.closes_at) from country_under_review as country
  where country.pre_session = pre_session.number and country.status <> 'withdrawn'))`.as('last_closes_at')

/** A draft is not public, nor is a round that was called off before its call was ever opened. */
export const isPublic = sql<boolean>`(pre_session.status <> 'draft' and pre_session.published)`

export interface PreSessionFilters {
  status?: string | undefined
  format?: PreSessionTable['format'] | undefined
}

interface ListInput {
  filters: PreSessionFilters
  /** Of these rounds drafts are shown too; null: of all. */
  draftsOf: readonly number[] | null
  descending: boolean
  after: Cursor | undefined
  limit: number
}

export function listPreSessions(db: Db, input: ListInput): Promise<PreSessionRow[]> {
  const { filters, draftsOf, descending, after, limit } = input
  let query = db.selectFrom('pre_session').select(columns).select(lastClosesAt)
  if (draftsOf !== null) query = query.where(sql<boolean>`(${isPublic} or number = any (${[...draftsOf]}::int[]))`)
  if (filters.status !== undefined) query = query.where('status', '=', filters.status)
  if (filters.format !== undefined) query = query.where('format', '=', filters.format)
  if (after !== undefined) query = query.where('number', descending ? '<' : '>', Number(after.value))
  return query
    .orderBy('number', descending ? 'desc' : 'asc')
    .limit(limit + 1)
    .execute()
}

export function findPreSession(db: Db, number: number, seesDrafts: boolean): Promise<PreSessionRow | undefined> {
  const query = db.selectFrom('pre_session').select(columns).select(lastClosesAt).where('number', '=', number)
  return (seesDrafts ? query : query.where(isPublic)).executeTakeFirst()
}

/** The first of the locks round → country → application; held by whoever changes the round or a deadline in it. */
export const lockPreSession = (tx: Tx, number: number) =>
  tx.selectFrom('pre_session').select('number').where('number', '=', number).forUpdate().executeTakeFirst()

export const findStatus = async (db: Db, number: number): Promise<string | undefined> =>
  (await db.selectFrom('pre_session').select('status').where('number', '=', number).executeTakeFirst())?.status

/** Keeps the round as it is while something in it changes; others may do the same at the same time. */
export const sharePreSession = (tx: Tx, number: number) =>
  tx.selectFrom('pre_session').select('number').where('number', '=', number).forShare().executeTakeFirst()

/** No row back means that the round exists already, whoever of two creators came first. */
export const insertPreSession = (db: Db, row: Insertable<PreSessionTable>) =>
  db
    .insertInto('pre_session')
    .values(row)
    .onConflict((conflict) => conflict.column('number').doNothing())
    .returning('number')
    .executeTakeFirst()

export const updatePreSession = (tx: Tx, number: number, change: Updateable<PreSessionTable>) =>
  tx
    .updateTable('pre_session')
    .set((set) => ({ ...change, revision: set('revision', '+', 1) }))
    .where('number', '=', number)
    .execute()

export interface DeadlineRow {
  number: number
  title: string
  status: string
  revision: number
  updated_at: string
  application_deadline: Deadline
  statement_deadline: Deadline | null
  video_deadline: Deadline | null
  iso3: string | null
  name: string | null
  country_deadline: Deadline | null
  country_statement_deadline: Deadline | null
  country_video_deadline: Deadline | null
  extension_count: number | null
  extended_at: string | null
}

/** The round's deadlines, and a row for each country whose own one is later; one row without a country where there is none. */
export function listDeadlines(db: Db, number: number, seesDrafts: boolean): Promise<DeadlineRow[]> {
  const query = db
    .selectFrom('pre_session')
    .leftJoin('country_under_review as country', (join) =>
      join
        .onRef('country.pre_session', '=', 'pre_session.number')
        .on(sql<boolean>`(country.closes_at > pre_session.closes_at or country.statement_deadline is not null
          or country.video_deadline is not null)`)
        .on('country.status', '<>', 'withdrawn'),
    )
    .leftJoin('state', 'state.iso3', 'country.iso3')
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom('deadline_extension as extension')
          .select([
            sql<number>`count(*)::int`.as('extension_count'),
            sql<string>`max(extension.declared_at)`.as('extended_at'),
          ])
          .whereRef('extension.pre_session', '=', 'country.pre_session')
          .whereRef('extension.iso3', '=', 'country.iso3')
          .as('extensions'),
      (join) => join.onTrue(),
    )
    .select([
      'pre_session.number',
      'pre_session.title',
      'pre_session.status',
      'pre_session.revision',
      'pre_session.updated_at',
      'pre_session.application_deadline',
      'pre_session.statement_deadline',
      'pre_session.video_deadline',
      'country.iso3',
      sql<string | null>`state.names ->> 'en'`.as('name'),
      'country.application_deadline as country_deadline',
      'country.statement_deadline as country_statement_deadline',
      'country.video_deadline as country_video_deadline',
      'extensions.extension_count',
      'extensions.extended_at',
    ])
    .where('pre_session.number', '=', number)
    .orderBy('country.position')
    .orderBy('country.iso3')
  return (seesDrafts ? query : query.where(isPublic)).execute()
}
