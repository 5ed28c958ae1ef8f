import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'

export interface SubmissionKey {
  formId: string
  submissionId: string
}

const keysOf = (keys: readonly SubmissionKey[]) =>
  sql`select "formId" as form_id, "submissionId" as submission_id from json_to_recordset(${JSON.stringify(keys)}::json) as k ("formId" text, "submissionId" text)`

/** The submissions that these applications were made of. */
export async function listAttached(
  db: Db,
  applicationIds: readonly string[],
): Promise<(SubmissionKey & { applicationId: string })[]> {
  const { rows } = await sql<SubmissionKey & { applicationId: string }>`
    select a.form_id as "formId", a.submission_id as "submissionId", a.id as "applicationId" from application a
    where a.id = any (${applicationIds}::uuid[]) and a.submission_id is not null order by a.form_id, a.submission_id`.execute(
    db,
  )
  return rows
}

/** Submissions without an application of whose answers one holds one of these texts. */
export async function listUnattached(db: Db, needles: readonly string[]): Promise<SubmissionKey[]> {
  const { rows } = await sql<SubmissionKey>`
    select s.form_id as "formId", s.submission_id as "submissionId" from jotform_submission s
    where not exists (select from application a where a.form_id = s.form_id and a.submission_id = s.submission_id)
    and exists (select from jotform_submission_version v, unnest(${needles}::text[]) as needle
      where v.form_id = s.form_id and v.submission_id = s.submission_id and position(needle in lower(v.answers::text)) > 0)
    order by s.form_id, s.submission_id`.execute(db)
  return rows
}

/** Arrivals that no application was made of, with their submission where there is one. Without the bodies: each may have 25 MiB. */
export async function listArrivals(db: Db): Promise<{ id: string; submission: SubmissionKey | null }[]> {
  const { rows } = await sql<{ id: string; submission: SubmissionKey | null }>`
    select d.id, case when s.form_id is not null
      then json_build_object('formId', s.form_id, 'submissionId', s.submission_id) end as submission
    from jotform_delivery d
    left join jotform_submission s on s.form_id = d.form_id and s.submission_id = d.submission_id
    where not exists (select from application a where a.form_id = d.form_id and a.submission_id = d.submission_id)
    order by d.id`.execute(db)
  return rows
}

/** All that belong to the submissions, those named, and every replay of them. */
export async function listDeliveryIds(
  db: Db,
  keys: readonly SubmissionKey[],
  ids: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive kept as (
      select d.id from jotform_delivery d where d.id = any (${ids}::uuid[]) or (d.form_id, d.submission_id) in (${keysOf(keys)})
      union select d.id from jotform_delivery d join kept on d.replay_of = kept.id)
    select id from kept order by id`.execute(db)
  return rows.map(({ id }) => id)
}

/** Whoever reads one at this moment is waited for. */
export async function lockDeliveries(tx: Tx, keys: readonly SubmissionKey[], ids: readonly string[]): Promise<void> {
  const wanted = await listDeliveryIds(tx, keys, ids)
  await sql`select from jotform_delivery where id = any (${wanted}::uuid[]) order by id for update`.execute(tx)
}

const countOf = ({ numAffectedRows }: { numAffectedRows?: bigint }): number => Number(numAffectedRows ?? 0)

/** With their versions and files, which hang on them. */
export const deleteSubmissions = async (tx: Tx, keys: readonly SubmissionKey[]): Promise<number> =>
  countOf(await sql`delete from jotform_submission where (form_id, submission_id) in (${keysOf(keys)})`.execute(tx))

export const deleteDeliveries = async (tx: Tx, ids: readonly string[]): Promise<number> =>
  countOf(await sql`delete from jotform_delivery where id = any (${ids}::uuid[])`.execute(tx))

/** Jobs name a file by its address, and so by what the person called it. One that runs finds nothing and ends. */
export const deleteJobs = (tx: Tx, keys: readonly SubmissionKey[], deliveryIds: readonly string[]) =>
  sql`delete from graphile_worker._private_jobs j using graphile_worker._private_tasks t
    where t.id = j.task_id and j.locked_at is null and (
      (t.identifier in ('jotform-file', 'jotform-settle') and (j.payload ->> 'formId', j.payload ->> 'submissionId') in (${keysOf(keys)}))
      or (t.identifier = 'jotform-interpret' and j.payload ->> 'deliveryId' = any (${deliveryIds}::text[])))`.execute(
    tx,
  )

/** Deliveries of one submission, or those with these ids, without their bodies. */
export const listFacts = (db: Db, of: { key: SubmissionKey } | { ids: readonly string[] }) => {
  const query = db
    .selectFrom('jotform_delivery')
    .select(['id', 'received_at', 'source', 'remote_ip', 'headers', 'content_type'])
    .orderBy('received_at')
    .orderBy('id')
  return (
    'key' in of
      ? query.where('form_id', '=', of.key.formId).where('submission_id', '=', of.key.submissionId)
      : query.where(sql<boolean>`id = any (${of.ids}::uuid[])`)
  ).execute()
}
