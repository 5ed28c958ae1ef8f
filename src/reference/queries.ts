import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { StateTable } from '../db/schema.ts'

interface PageInput {
  after: Cursor | undefined
  limit: number
}

const stateColumns = ['iso3', 'iso2', 'kind', 'regional_group', 'regional_group_note', 'names'] as const

export interface StateFilters {
  kind?: StateTable['kind'] | undefined
  regionalGroup?: string | undefined
  q?: string | undefined
}

export function listStates(db: Db, { kind, regionalGroup, q }: StateFilters, { after, limit }: PageInput) {
  let query = db.selectFrom('state').select(stateColumns)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (regionalGroup !== undefined) query = query.where('regional_group', '=', regionalGroup)
  if (q !== undefined) query = query.where(namesContain(q))
  if (after !== undefined) query = query.where('iso3', '>', after.id)
  return query
    .orderBy('iso3')
    .limit(limit + 1)
    .execute()
}

/** A text in one letter case and without accents; the collation knows letters of every script, whatever the database's own. */
const folded = (text: unknown) =>
  sql`lower(regexp_replace(normalize(${text}, nfkd), '[\u0300-\u036f]', '', 'g') collate pg_c_utf8)`

const namesContain = (q: string) =>
  sql<boolean>`exists (select from jsonb_each_text(names) as name where position(${folded(sql`${q}::text`)} in ${folded(sql.ref('name.value'))}) > 0)`

export const findState = (db: Db, iso3: string) =>
  db.selectFrom('state').select(stateColumns).where('iso3', '=', iso3).executeTakeFirst()

export function listThemes(db: Db, { after, limit }: PageInput) {
  let query = db.selectFrom('theme').select(['code', 'position', 'label', 'vocabulary_version'])
  if (after !== undefined) query = query.where('position', '>', Number(after.value))
  return query
    .orderBy('position')
    .limit(limit + 1)
    .execute()
}

const sessionColumns = [
  'number',
  'cycle',
  'starts_on',
  'ends_on',
  'month',
  'confidence',
  'source',
  'note',
  'states',
  'states_in_review_order',
  'deferred',
  'pre_session',
] as const

interface SessionListInput extends PageInput {
  cycle: number | undefined
  descending: boolean
}

export function listWorkingGroupSessions(db: Db, { cycle, descending, after, limit }: SessionListInput) {
  let query = db.selectFrom('working_group_session').select(sessionColumns)
  if (cycle !== undefined) query = query.where('cycle', '=', cycle)
  if (after !== undefined) query = query.where('number', descending ? '<' : '>', Number(after.value))
  return query
    .orderBy('number', descending ? 'desc' : 'asc')
    .limit(limit + 1)
    .execute()
}

export const findWorkingGroupSession = (db: Db, number: number) =>
  db.selectFrom('working_group_session').select(sessionColumns).where('number', '=', number).executeTakeFirst()
