import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import { compileOnce, compilePerShape } from '../db/compile-once.ts'
import type { Db, Tx } from '../db/database.ts'
import type { ApplicationTable, DocumentTable } from '../db/schema.ts'
import type { ApplicationBody } from '../domain/application.ts'
import {
  type Assigned,
  argumentsOf,
  type Reader,
  type ReaderArguments,
  seesIdentities,
  shapeOf,
  visibleTo,
  visibleWithin,
} from './queries-visible.ts'

export type ApplicationRow = Selectable<ApplicationTable>

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

/** The content of one version. */
export const findBody = (tx: Tx, applicationId: string, n: number): Promise<ApplicationBody> =>
  tx
    .selectFrom('application_version')
    .select('body')
    .where('application_id', '=', applicationId)
    .where('n', '=', n)
    .executeTakeFirstOrThrow()
    .then(({ body }) => body)

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
