import { sql } from 'kysely'
import { compilePerShape } from '../db/compile-once.ts'
import type { Db } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { ApplicationRow } from './queries.ts'
import { type Assigned, argumentsOf, type Reader, seesIdentities, shapeOf, visibleWithin } from './queries-visible.ts'
import { toSearchText } from './search.ts'

const listColumns = [
  'id',
  'pre_session',
  'country',
  'status',
  'outcome',
  'decision',
  'answer',
  'source',
  'form_id',
  'submission_id',
  'received_at',
  'received_basis',
  'closes_at',
  'created_at',
  'updated_at',
  'staff_updated_at',
  'at_risk',
] as const

export type ApplicationListRow = Pick<ApplicationRow, (typeof listColumns)[number]> & {
  organisation: ApplicationRow['body']['organisation'] | null
  speaker: ApplicationRow['body']['speaker'] | null
}

export interface ApplicationFilters {
  preSession?: number | undefined
  country?: string | undefined
  status?: string | undefined
  outcome?: string | undefined
  decision?: string | undefined
  organisationType?: string | undefined
  receivedAfter?: string | undefined
  receivedBefore?: string | undefined
  q?: string | undefined
  /** The rounds and countries that the caller's credential is limited to. */
  withinRounds?: readonly number[] | undefined
  withinCountries?: readonly string[] | undefined
}

export const sorts = ['createdAt', '-createdAt', 'receivedAt', '-receivedAt'] as const
export type Sort = (typeof sorts)[number]

interface ListOptions {
  filters: ApplicationFilters
  sort: Sort
  after: Cursor | undefined
  limit: number
}

/** What a filter asks of a row. */
const conditions: Record<keyof ApplicationFilters, (value: unknown) => ReturnType<typeof sql<boolean>>> = {
  preSession: (value) => sql`pre_session = ${value}::int`,
  country: (value) => sql`country = ${value}`,
  status: (value) => sql`status = ${value}`,
  outcome: (value) => sql`outcome = ${value}`,
  decision: (value) => sql`decision = ${value}`,
  organisationType: (value) => sql`organisation_type = ${value}`,
  receivedAfter: (value) => sql`received_at > ${value}::timestamptz`,
  receivedBefore: (value) => sql`received_at < ${value}::timestamptz`,
  q: (value) => sql`search_text like ${value}`,
  withinRounds: (value) => sql`pre_session = any (${value}::int[])`,
  withinCountries: (value) => sql`country = any (${value}::text[])`,
}
const filterNames = Object.keys(conditions) as (keyof ApplicationFilters)[]

/** One statement per page; an index serves each order, alone, within a round and within a country. A shape is the order, then what is filtered by. */
const listStatement = compilePerShape((shape) => {
  const [sort = '', after, ...names] = shape.split(' ')
  const column = sort.endsWith('createdAt') ? 'created_at' : 'received_at'
  const direction = sort.startsWith('-') ? 'desc' : 'asc'
  return (db: Db, limit: number, value: unknown, id: unknown, ...filters: unknown[]) => {
    let query = db
      .selectFrom('application')
      .select(listColumns)
      .select([
        sql<ApplicationListRow['organisation']>`body -> 'organisation'`.as('organisation'),
        sql<ApplicationListRow['speaker']>`body -> 'speaker'`.as('speaker'),
      ])
      .orderBy(column, direction)
      .orderBy('id', direction)
      .limit(limit)
    if (column === 'received_at') query = query.where('received_at', 'is not', null)
    if (after === 'after')
      query = query.where(
        sql<boolean>`(${sql.ref(column)}, id) ${sql.raw(direction === 'asc' ? '>' : '<')} (${value}::timestamptz, ${id}::uuid)`,
      )
    for (const [index, name] of names.entries())
      query = query.where(conditions[name as keyof ApplicationFilters](filters[index]))
    return query
  }
})

export function listApplications(db: Db, { filters, sort, after, limit }: ListOptions): Promise<ApplicationListRow[]> {
  const given: ApplicationFilters = {
    ...filters,
    country: filters.country?.toUpperCase(),
    q: filters.q === undefined ? undefined : `%${escapeLike(toSearchText(filters.q))}%`,
  }
  const names = filterNames.filter((name) => given[name] !== undefined)
  const shape = [sort, after === undefined ? 'first' : 'after', ...names].join(' ')
  return listStatement(shape)(db, limit + 1, after?.value, after?.id, ...names.map((name) => given[name])) as Promise<
    ApplicationListRow[]
  >
}

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

export interface OutsideFilters {
  preSession?: number | undefined
  country?: string | undefined
}

interface OutsideList {
  caller: Reader
  filters: OutsideFilters
  now: string
  after: string | undefined
  limit: number
}

/** What those may see who are not staff: the conditions of visibilityOf as SQL, so that pages and orders tell no more than rows do. */
export function listVisibleApplications(db: Db, { caller, filters, now, after, limit }: OutsideList) {
  const reader = argumentsOf(caller, now)
  let query = db
    .selectFrom('application as a')
    .leftJoin('country_under_review as c', (join) =>
      join.onRef('c.pre_session', '=', 'a.pre_session').onRef('c.iso3', '=', 'a.country'),
    )
    .selectAll('a')
    .select('c.release_at')
    .where(visibleWithin(shapeOf(caller), reader))
    .orderBy('a.id')
    .limit(limit + 1)
  if (caller.role === 'reviewer') query = query.select(seesIdentities(caller.id)) as never
  if (filters.preSession !== undefined) query = query.where('a.pre_session', '=', filters.preSession)
  if (filters.country !== undefined) query = query.where('a.country', '=', filters.country.toUpperCase())
  if (after !== undefined) query = query.where('a.id', '>', after)
  return query.execute() as unknown as Promise<(ApplicationRow & { release_at: string | null } & Assigned)[]>
}
