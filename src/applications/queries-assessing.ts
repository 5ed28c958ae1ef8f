import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { ApplicationRow } from './queries.ts'

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
