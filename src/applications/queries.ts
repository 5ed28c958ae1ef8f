import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import { compileOnce, compilePerShape } from '../db/compile-once.ts'
import type { Db, Tx } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { ApplicationTable, DocumentTable } from '../db/schema.ts'
import { toSearchText } from './search.ts'

export type ApplicationRow = Selectable<ApplicationTable>

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

export type DocumentView = Pick<Selectable<DocumentTable>, 'id' | 'kind' | 'status' | 'failure' | 'sha256'> & {
  fileName: string
  mediaType: string | null
  sizeBytes: number | null
}
export type ApplicationDetailRow = ApplicationRow & {
  documents: DocumentView[]
  linked: { id: string; relation: string }[]
  /** When the selection of its country is released. */
  release_at: string | null
}

/** Documents and links come with the application in one statement. */
const details = (db: Db) =>
  db
    .selectFrom('application as a')
    .selectAll('a')
    .select([
      sql<DocumentView[]>`coalesce((
        select json_agg(json_build_object('id', d.id, 'kind', d.kind, 'fileName', d.file_name, 'mediaType', d.media_type, 'sizeBytes', d.size_bytes,
          'sha256', d.sha256, 'status', d.status, 'failure', d.failure) order by d.id)
        from document d where d.application_id = a.id), '[]')`.as('documents'),
      sql<{ id: string; relation: string }[]>`coalesce((
        select json_agg(json_build_object('id', l.id, 'relation', l.relation) order by l.id) from (
          (select o.id, 'sameOrganisation' as relation from application o
            where o.pre_session = a.pre_session and o.organisation_key = a.organisation_key and o.id <> a.id limit 50)
          union all
          (select o.id, 'coalitionMember' from application o
            where o.pre_session = a.pre_session and o.organisation_key = any (a.member_keys) and o.organisation_key <> a.organisation_key and o.id <> a.id limit 50)
          union all
          (select o.id, 'coalition' from application o
            where o.pre_session = a.pre_session and o.member_keys @> array[a.organisation_key] and o.organisation_key <> a.organisation_key and o.id <> a.id limit 50)
        ) l), '[]')`.as('linked'),
      sql<
        string | null
      >`(select c.release_at from country_under_review c where c.pre_session = a.pre_session and c.iso3 = a.country)`.as(
        'release_at',
      ),
    ])

const detailStatement = compileOnce((db: Db, id: string) => details(db).where('a.id', '=', id))

export async function findApplication(db: Db, id: string): Promise<ApplicationDetailRow | undefined> {
  const [row] = await detailStatement(db, id)
  return row as ApplicationDetailRow | undefined
}

/** What a row tells of a reviewer's assignment; not there for others. */
export interface Assigned {
  sees_identities?: boolean
}

const visibleStatement = compilePerShape((shape) => (db: Db, id: string, ...reader: ReaderArguments) => {
  const query = details(db).where('a.id', '=', id).where(visibleWithin(shape, reader))
  const [, who] = reader
  return shape.startsWith('reviewer') ? query.select(seesIdentities(who)) : query
})

/** As far as the reader may see it: to the database too, what is not to be seen is as an id that never was. */
export async function findVisibleApplication(
  db: Db,
  id: string,
  reader: Reader,
  now: string,
): Promise<(ApplicationDetailRow & Assigned) | undefined> {
  const [row] = await visibleStatement(shapeOf(reader))(db, id, ...argumentsOf(reader, now))
  return row as (ApplicationDetailRow & Assigned) | undefined
}

/** Locks the application; round and country are locked before it, always in this order. */
export const lockApplication = (tx: Tx, id: string): Promise<ApplicationRow | undefined> =>
  tx.selectFrom('application').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()

export const lockJotformApplication = (
  tx: Tx,
  formId: string,
  submissionId: string,
): Promise<ApplicationRow | undefined> =>
  tx
    .selectFrom('application')
    .selectAll()
    .where('form_id', '=', formId)
    .where('submission_id', '=', submissionId)
    .forUpdate()
    .executeTakeFirst()

export interface ApplicationPlace {
  id: string
  pre_session: number
  /** Named by any version. */
  countries: string[]
}

const places = (db: Db) =>
  db.selectFrom('application as a').select([
    'a.id',
    'a.pre_session',
    sql<string[]>`array(select distinct v.body ->> 'country' from application_version v
        where v.application_id = a.id and v.body ->> 'country' is not null)`.as('countries'),
  ])

/** Whose locks must be taken before the application's. */
export const findPlace = (db: Db, id: string): Promise<ApplicationPlace | undefined> =>
  places(db).where('a.id', '=', id).executeTakeFirst()

/** The same, where the reader may see the application at all. */
export const findVisiblePlace = (
  db: Db,
  id: string,
  reader: Reader,
  now: string,
): Promise<ApplicationPlace | undefined> =>
  places(db).where('a.id', '=', id).where(visibleTo(reader, now)).executeTakeFirst()

export const findJotformPlace = (db: Db, formId: string, submissionId: string): Promise<ApplicationPlace | undefined> =>
  places(db).where('a.form_id', '=', formId).where('a.submission_id', '=', submissionId).executeTakeFirst()

export const insertApplication = (db: Db, row: Insertable<ApplicationTable>) =>
  db.insertInto('application').values(row).returning('id').executeTakeFirstOrThrow()

export const insertJotformApplication = (db: Db, row: Insertable<ApplicationTable>) =>
  db
    .insertInto('application')
    .values(row)
    .onConflict((conflict) => conflict.constraint('application_jotform_once').doNothing())
    .returning('id')
    .executeTakeFirst()

export const updateApplication = (tx: Tx, id: string, change: Updateable<ApplicationTable>) =>
  tx.updateTable('application').set(change).where('id', '=', id).execute()

/** With its history and consents, which would outlive it. */
export const deleteJotformApplication = (tx: Tx, formId: string, submissionId: string) =>
  sql`with gone as (delete from application where form_id = ${formId} and submission_id = ${submissionId} returning id),
    histories as (delete from history_event using gone where application_id = gone.id)
    delete from consent using gone where application_id = gone.id`.execute(tx)

export interface VersionInput {
  n: number
  body: object
  receivedAt: string
  recordedAt: string
  undecided?: { pointer: string; value: string }[]
  contentSha256?: string | undefined
}

/** A version's number is taken once; the same version mapped anew (another mapping) replaces its content. */
export const putVersion = (tx: Tx, applicationId: string, version: VersionInput) =>
  tx
    .insertInto('application_version')
    .values({
      application_id: applicationId,
      n: version.n,
      body: JSON.stringify(version.body),
      received_at: version.receivedAt,
      recorded_at: version.recordedAt,
      undecided: JSON.stringify(version.undecided ?? []),
      content_sha256: version.contentSha256 ?? null,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['application_id', 'n'])
        .doUpdateSet((excluded) => ({
          body: excluded.ref('excluded.body'),
          received_at: excluded.ref('excluded.received_at'),
          undecided: excluded.ref('excluded.undecided'),
          content_sha256: excluded.ref('excluded.content_sha256'),
        }))
        // What was not read from Jotform is no earlier reading of the same content.
        .where('application_version.content_sha256', 'is not', null),
    )
    .execute()

export const listAllVersions = (db: Db, applicationId: string) =>
  db.selectFrom('application_version').selectAll().where('application_id', '=', applicationId).orderBy('n').execute()

export type VersionRow = Awaited<ReturnType<typeof listVersions>>[number]

export function listVersions(
  db: Db,
  applicationId: string,
  { after, limit }: { after: number | undefined; limit: number },
) {
  let query = db
    .selectFrom('application_version as v')
    .innerJoin('application as a', 'a.id', 'v.application_id')
    .select(['v.n', 'v.body', 'v.received_at', 'v.recorded_at', 'a.assessed_version', 'a.closes_at'])
    .where('v.application_id', '=', applicationId)
  if (after !== undefined) query = query.where('v.n', '>', after)
  return query
    .orderBy('v.n')
    .limit(limit + 1)
    .execute()
}

export interface SubmittedFilter {
  preSession: number
  /** Named by any of its versions. */
  country?: string
  /** Stands in any of its versions. */
  email?: string
}

/** Locks the submitted applications that a change of terms concerns, in the order of their ids. Round and country are locked before. */
export async function lockSubmitted(tx: Tx, { preSession, country, email }: SubmittedFilter): Promise<string[]> {
  let query = tx
    .selectFrom('application')
    .select('id')
    .where('pre_session', '=', preSession)
    .where('status', '=', 'submitted')
  if (country !== undefined)
    query = query.where(
      sql<boolean>`id in (select a.id from application a where a.pre_session = ${preSession} and a.country = ${country}
        union select v.application_id from application_version v where v.body ->> 'country' = ${country})`,
    )
  if (email !== undefined)
    query = query.where(
      sql<boolean>`(${email} = any (emails) or exists (select from application_version as version
        where version.application_id = application.id
        and ${email} in (lower(trim(version.body #>> '{organisation,email}')), lower(trim(version.body #>> '{speaker,email}')))))`,
    )
  return (await query.orderBy('id').forUpdate().execute()).map(({ id }) => id)
}

/** Every country that a version of these applications names. */
export async function listNamedCountries(tx: Tx, ids: string[]): Promise<string[]> {
  const { rows } = await sql<{ iso3: string }>`select distinct body ->> 'country' as iso3 from application_version
    where application_id = any (${ids}::uuid[]) and body ->> 'country' is not null`.execute(tx)
  return rows.map(({ iso3 }) => iso3)
}

export const listRows = (tx: Tx, ids: string[]): Promise<ApplicationRow[]> =>
  tx.selectFrom('application').selectAll().where(sql<boolean>`id = any (${ids}::uuid[])`).orderBy('id').execute()

export const listVersionsOf = (tx: Db, ids: string[]) =>
  tx
    .selectFrom('application_version')
    .select(['application_id', 'n', 'body', 'received_at', 'undecided'])
    .where(sql<boolean>`application_id = any (${ids}::uuid[])`)
    .orderBy('application_id')
    .orderBy('n')
    .execute()

export const listDocumentsOf = (tx: Tx, ids: string[]) =>
  tx
    .selectFrom('document')
    .select(['application_id', 'id', 'kind', 'status', 'added_by_hand', 'created_at'])
    .where(sql<boolean>`application_id = any (${ids}::uuid[])`)
    .orderBy('id')
    .execute()

/** What an assessment writes. */
export type Kept = Pick<
  ApplicationRow,
  | 'id'
  | 'country'
  | 'body'
  | 'latest_version'
  | 'assessed_version'
  | 'outcome'
  | 'assessment'
  | 'received_at'
  | 'received_basis'
  | 'closes_at'
  | 'search_text'
  | 'organisation_type'
  | 'organisation_key'
  | 'member_keys'
  | 'emails'
>

/** One statement for any number of rows. */
export async function keepAssessments(tx: Tx, rows: Kept[], now: string): Promise<void> {
  if (rows.length === 0) return
  await sql`
    update application set country = r.country, body = r.body, latest_version = r.latest_version, assessed_version = r.assessed_version, outcome = r.outcome,
      assessment = r.assessment, received_at = r.received_at, received_basis = r.received_basis, closes_at = r.closes_at, search_text = r.search_text,
      organisation_type = r.organisation_type, organisation_key = r.organisation_key, member_keys = r.member_keys, emails = r.emails, updated_at = ${now}::timestamptz
    from json_to_recordset(${JSON.stringify(rows)}::json) as r (id uuid, country text, body jsonb, latest_version int, assessed_version int, outcome text,
      assessment jsonb, received_at timestamptz, received_basis text, closes_at timestamptz, search_text text, organisation_type text, organisation_key text,
      member_keys text[], emails text[])
    where application.id = r.id`.execute(tx)
}

export interface OutsideFilters {
  preSession?: number | undefined
  country?: string | undefined
}

/** Who reads, as far as the rows depend on it. */
export interface Reader {
  role: string
  id: string
  state?: string | undefined
  email?: string | undefined
  preSessions?: readonly number[] | undefined
  countries?: readonly string[] | undefined
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

const seesIdentities = (subject: unknown) =>
  sql<boolean>`(select r.sees_identities from reviewer_assignment r
    where r.subject = ${subject} and r.pre_session = a.pre_session and r.country = a.country)`.as('sees_identities')

/** Now, who it is (an address, the id of a reviewer, a State), and the rounds and countries that the credential is limited to. */
type ReaderArguments = [now: unknown, who: unknown, rounds: unknown, countries: unknown]

const argumentsOf = ({ role, id, email, state, preSessions, countries }: Reader, now: string): ReaderArguments => [
  now,
  role === 'applicant' ? (email ?? '') : role === 'reviewer' ? id : (state ?? ''),
  preSessions && [...preSessions],
  countries && [...countries],
]

/** The conditions of visibilityOf on an application `a`. */
export const visibleTo = (reader: Reader, now: string) => visibleWithin(shapeOf(reader), argumentsOf(reader, now))

/** What the statement depends on. */
function shapeOf({ role, state, preSessions, countries }: Reader): string {
  const isStaff = ['admin', 'secretariat', 'integration'].includes(role)
  const isKnown = role === 'applicant' || role === 'reviewer' || (role === 'mission' && state !== undefined)
  return [isStaff ? 'staff' : isKnown ? role : 'public', preSessions && 'rounds', countries && 'countries']
    .filter(Boolean)
    .join(' ')
}

function visibleWithin(shape: string, [now, who, rounds, countries]: ReaderArguments) {
  const [role, ...limits] = shape.split(' ')
  return sql<boolean>`${visibleToRole(role, now, who)}
    and ${limits.includes('rounds') ? sql`a.pre_session = any (${rounds}::int[])` : sql`true`}
    and ${limits.includes('countries') ? sql`a.country = any (${countries}::text[])` : sql`true`}`
}

function visibleToRole(role: string | undefined, now: unknown, who: unknown) {
  if (role === 'staff') return sql<boolean>`true`
  if (role === 'applicant') return sql<boolean>`a.emails @> array[${who}::text]`
  if (role === 'reviewer') {
    return sql<boolean>`a.status in ('submitted', 'withdrawn') and exists (
      select from reviewer_assignment r where r.subject = ${who}::text and r.pre_session = a.pre_session and r.country = a.country)`
  }
  const consented =
    role === 'mission'
      ? sql<boolean>`('showNameInProgramme' = any (a.consents) or ('shareWithMissions' = any (a.consents)
          and (a.country <> ${who}::text or 'shareWithStateUnderReview' = any (a.consents))))`
      : sql<boolean>`'showNameInProgramme' = any (a.consents)`
  return sql<boolean>`a.status = 'submitted' and a.decision = 'selected' and ${consented} and exists (
    select from country_under_review released where released.pre_session = a.pre_session and released.iso3 = a.country
      and released.release_at <= ${now}::timestamptz)`
}
