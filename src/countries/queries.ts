import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import { compilePerShape } from '../db/compile-once.ts'
import type { Db, Tx } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { CountryUnderReviewTable, DeadlineExtensionTable, DeadlineWaiverTable } from '../db/schema.ts'
import type { Deadline } from '../domain/deadline.ts'
import type { CountryStatus } from '../domain/lifecycles-round.ts'
import { isPublic } from '../pre-sessions/queries.ts'

export interface ApplicationCounts {
  draft: number
  submitted: number
  byOutcome: { eligible: number; incomplete: number; late: number; ineligible: number; needsReview: number }
}

export interface CountryRow {
  round_status: string
  round_deadline: Deadline
  time_zone: string
  iso3: string
  name: string
  position: number
  status: CountryStatus
  confidence: 'sourced' | 'inferred' | 'entered'
  release_at: string | null
  application_deadline: Deadline | null
  updated_at: string
  /** Only for staff. */
  counts?: ApplicationCounts
}

export interface Scope {
  number: number
  /** Staff see drafts, and the numbers of applications. */
  isStaff: boolean
}

interface Page {
  after: Cursor | undefined
  limit: number
}

/** The countries of a round in their order; undefined where the caller may not know of such a round. One statement either way. */
export async function listCountries(
  db: Db,
  { number, isStaff }: Scope,
  { after, limit }: Page,
): Promise<CountryRow[] | undefined> {
  const shape = `${isStaff ? 'staff' : 'public'} ${after === undefined ? 'first' : 'after'}`
  const rows = await listStatement(shape)(db, number, limit + 1, after?.value, after?.id)
  return rows.length === 0 ? undefined : (rows.filter((row) => row.iso3 !== null) as CountryRow[])
}

const listStatement = compilePerShape(
  (shape) => (db: Db, number: number, limit: number, value: unknown, id: unknown) => {
    const where = shape.endsWith('after')
      ? sql<boolean>`(country.position, country.iso3) > (${value}::int, ${id})`
      : undefined
    return selectCountries(db, { number, isStaff: shape.startsWith('staff') }, { where, limit })
  },
)

const detailStatement = compilePerShape(
  (shape) => (db: Db, number: number, iso3: string) =>
    selectCountries(db, { number, isStaff: shape === 'staff' }, { where: sql<boolean>`country.iso3 = ${iso3}` }),
)

/** One country; `{}` where the round has no such country, undefined where the caller may not know of such a round. */
export async function findCountry(db: Db, scope: Scope, iso3: string): Promise<{ country?: CountryRow } | undefined> {
  const [row] = await detailStatement(scope.isStaff ? 'staff' : 'public')(db, scope.number, iso3)
  if (row === undefined) return undefined
  return row.iso3 === null ? {} : { country: row as CountryRow }
}

interface Choice {
  where: ReturnType<typeof sql<boolean>> | undefined
  limit?: number
}

/** Begins at the round, so that an empty list and a round that is not there are told apart. */
function selectCountries(db: Db, { number, isStaff }: Scope, { where = sql<boolean>`true`, limit = 1 }: Choice) {
  const query = db
    .selectFrom('pre_session')
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom('country_under_review as country')
          .innerJoin('state', 'state.iso3', 'country.iso3')
          .select([
            'country.iso3',
            'country.position',
            'country.status',
            'country.confidence',
            'country.release_at',
            'country.application_deadline',
            'country.updated_at',
            sql<string>`state.names ->> 'en'`.as('name'),
          ])
          .$if(isStaff, (staff) => staff.select(applicationCounts))
          .whereRef('country.pre_session', '=', 'pre_session.number')
          .where(where)
          .orderBy('country.position')
          .orderBy('country.iso3')
          .limit(limit)
          .as('country'),
      (join) => join.onTrue(),
    )
    .selectAll('country')
    .select([
      'pre_session.status as round_status',
      'pre_session.application_deadline as round_deadline',
      'pre_session.time_zone',
    ])
    .where('pre_session.number', '=', number)
    .orderBy('country.position')
    .orderBy('country.iso3')
  return isStaff ? query : query.where(isPublic)
}

/** Those that were erased are counted on. */
const applicationCounts = sql<ApplicationCounts>`(
  select json_build_object(
    'draft', count(*) filter (where application.status = 'draft'),
    'submitted', count(*) filter (where application.status = 'submitted'),
    'byOutcome', json_build_object(
      'eligible', count(*) filter (where application.status = 'submitted' and application.outcome = 'eligible'),
      'incomplete', count(*) filter (where application.status = 'submitted' and application.outcome = 'incomplete'),
      'late', count(*) filter (where application.status = 'submitted' and application.outcome = 'late'),
      'ineligible', count(*) filter (where application.status = 'submitted' and application.outcome = 'ineligible'),
      'needsReview', count(*) filter (where application.status = 'submitted' and application.outcome = 'needsReview')))
  from (select a.status, a.outcome from application a where a.pre_session = country.pre_session and a.country = country.iso3
    union all select s.status, s.outcome from application_statistic s
      where s.pre_session = country.pre_session and s.country = country.iso3) application)`.as('counts')

export const findSettings = async (db: Db, number: number) =>
  (await db.selectFrom('pre_session').select('settings').where('number', '=', number).executeTakeFirstOrThrow())
    .settings

/** The second of the locks round → country → application. */
export const lockCountry = (tx: Tx, number: number, iso3: string) =>
  tx
    .selectFrom('country_under_review')
    .select('iso3')
    .where('pre_session', '=', number)
    .where('iso3', '=', iso3)
    .forUpdate()
    .executeTakeFirst()

/** Every country of the round, for a change that concerns all their applications. */
export const lockCountries = (tx: Tx, number: number) =>
  tx
    .selectFrom('country_under_review')
    .select(['iso3', 'application_deadline'])
    .where('pre_session', '=', number)
    .orderBy('iso3')
    .forUpdate()
    .execute()

export const insertCountries = (tx: Tx, rows: Insertable<CountryUnderReviewTable>[]) =>
  tx.insertInto('country_under_review').values(rows).execute()

type NewCountry = Pick<Insertable<CountryUnderReviewTable>, 'pre_session' | 'iso3' | 'created_at' | 'updated_at'>

/** Behind the last country; no row back means that it is in the round already. The round is locked, so no two get one position. */
export const appendCountry = (tx: Tx, row: NewCountry) =>
  tx
    .insertInto('country_under_review')
    .values((from) => ({
      ...row,
      position: from
        .selectFrom('country_under_review')
        .select(sql<number>`coalesce(max(position), 0) + 1`.as('position'))
        .where('pre_session', '=', row.pre_session),
    }))
    .onConflict((conflict) => conflict.columns(['pre_session', 'iso3']).doNothing())
    .returning('iso3')
    .executeTakeFirst()

export const updateCountry = (tx: Tx, number: number, iso3: string, change: Updateable<CountryUnderReviewTable>) =>
  tx
    .updateTable('country_under_review')
    .set(change)
    .where('pre_session', '=', number)
    .where('iso3', '=', iso3)
    .execute()

/** No row back means that applications are there; extensions and waivers are seen by their foreign keys. */
export const deleteCountry = (tx: Tx, number: number, iso3: string) =>
  tx
    .deleteFrom('country_under_review')
    .where('pre_session', '=', number)
    .where('iso3', '=', iso3)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('application').select('id').where('pre_session', '=', number).where('country', '=', iso3))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('application_statistic')
            .select('id')
            .where('pre_session', '=', number)
            .where('country', '=', iso3),
        ),
      ),
    )
    .returning('iso3')
    .executeTakeFirst()

interface Place {
  number: number
  iso3: string
}

interface IdPage {
  after: string | undefined
  limit: number
}

export type ExtensionRow = Selectable<DeadlineExtensionTable>

/** The deadlines of the round and the country for what selected speakers hand in. */
export const findHandingIn = (tx: Tx, { number, iso3 }: Place) =>
  tx
    .selectFrom('pre_session as round')
    .innerJoin('country_under_review as country', 'country.pre_session', 'round.number')
    .select([
      'round.statement_deadline',
      'round.video_deadline',
      'country.statement_deadline as country_statement_deadline',
      'country.video_deadline as country_video_deadline',
    ])
    .where('round.number', '=', number)
    .where('country.iso3', '=', iso3)
    .executeTakeFirstOrThrow()

export const insertExtension = (tx: Tx, row: Insertable<DeadlineExtensionTable>): Promise<ExtensionRow> =>
  tx.insertInto('deadline_extension').values(row).returningAll().executeTakeFirstOrThrow()

export const listExtensions = (db: Db, place: Place, { after, limit }: IdPage): Promise<ExtensionRow[]> =>
  db
    .selectFrom('deadline_extension')
    .selectAll()
    .where('pre_session', '=', place.number)
    .where('iso3', '=', place.iso3)
    .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
    .orderBy('id')
    .limit(limit + 1)
    .execute()

export type WaiverRow = Selectable<DeadlineWaiverTable>

export const insertWaiver = (tx: Tx, row: Insertable<DeadlineWaiverTable>) =>
  tx.insertInto('deadline_waiver').values(row).returning('id').executeTakeFirstOrThrow()

/** How many applications were assessed again is known once they were, with the waiver in place. */
export const completeWaiver = (tx: Tx, id: string, reassessedCount: number): Promise<WaiverRow> =>
  tx
    .updateTable('deadline_waiver')
    .set({ reassessed_count: reassessedCount })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()

export const listWaivers = (db: Db, place: Place, { after, limit }: IdPage): Promise<WaiverRow[]> =>
  db
    .selectFrom('deadline_waiver')
    .selectAll()
    .where('pre_session', '=', place.number)
    .where('iso3', '=', place.iso3)
    .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
    .orderBy('id')
    .limit(limit + 1)
    .execute()
