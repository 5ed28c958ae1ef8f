import { type RawBuilder, type Selectable, sql, type Updateable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { DeliverySource, JotformSubmissionTable, JotformSubmissionVersionTable } from '../db/tables-jotform.ts'

export type SubmissionRow = Selectable<JotformSubmissionTable>
export type StoredVersion = Selectable<JotformSubmissionVersionTable>

interface FirstSight {
  at: string
  source: DeliverySource
  /** The keyed hash of form and submission. */
  erasedHash: Buffer
}

/**
 * Insert or get, and lock: every change of a submission happens behind this lock, so that ten equal deliveries make one application.
 * The one door to the intake: a submission that was erased is not made again, and answered as undefined.
 */
export async function lockSubmission(
  tx: Tx,
  { formId, submissionId }: { formId: string; submissionId: string },
  { at, source, erasedHash }: FirstSight,
): Promise<SubmissionRow | undefined> {
  await sql`insert into jotform_submission (form_id, submission_id, first_seen_at, first_seen_source, updated_at)
    select ${formId}, ${submissionId}, ${at}::timestamptz, ${source}, ${at}::timestamptz
    where not exists (select from jotform_erased where id_hash = ${erasedHash}::bytea)
    on conflict (form_id, submission_id) do nothing`.execute(tx)
  const row = await lockedRow(tx, formId, submissionId)
    .where(sql<boolean>`not exists (select from jotform_erased where id_hash = ${erasedHash}::bytea)`)
    .executeTakeFirst()
  // The insert may have waited for the very erasure, whose mark only a later statement sees.
  if (row === undefined) await deleteSubmission(tx, formId, submissionId)
  return row
}

export const findLockedSubmission = (
  tx: Tx,
  formId: string,
  submissionId: string,
): Promise<SubmissionRow | undefined> => lockedRow(tx, formId, submissionId).executeTakeFirst()

const lockedRow = (tx: Tx, formId: string, submissionId: string) =>
  tx
    .selectFrom('jotform_submission')
    .selectAll()
    .where('form_id', '=', formId)
    .where('submission_id', '=', submissionId)
    .forUpdate()

const deleteSubmission = (tx: Tx, formId: string, submissionId: string) =>
  tx.deleteFrom('jotform_submission').where('form_id', '=', formId).where('submission_id', '=', submissionId).execute()

export const updateSubmission = (
  db: Db,
  row: { form_id: string; submission_id: string },
  change: Omit<Updateable<JotformSubmissionTable>, 'next_attempt_at'> & {
    next_attempt_at?: string | null | RawBuilder<string>
  },
) =>
  db
    .updateTable('jotform_submission')
    .set(change)
    .where('form_id', '=', row.form_id)
    .where('submission_id', '=', row.submission_id)
    .execute()

export const listVersions = (db: Db, formId: string, submissionId: string): Promise<StoredVersion[]> =>
  db
    .selectFrom('jotform_submission_version')
    .selectAll()
    .where('form_id', '=', formId)
    .where('submission_id', '=', submissionId)
    .orderBy('n')
    .execute()

export interface NewVersion {
  source: StoredVersion['source']
  contentSha256: string
  answers: unknown
  updatedAt?: string | undefined
  observedAt: string
}

/** The caller holds the submission's lock, so the next number is free. */
export const insertVersion = (tx: Tx, row: { form_id: string; submission_id: string }, version: NewVersion) =>
  tx
    .insertInto('jotform_submission_version')
    .values({
      form_id: row.form_id,
      submission_id: row.submission_id,
      n: sql<number>`(select coalesce(max(n), 0) + 1 from jotform_submission_version
        where form_id = ${row.form_id} and submission_id = ${row.submission_id})`,
      source: version.source,
      content_sha256: version.contentSha256,
      answers: JSON.stringify(version.answers),
      jotform_updated_at: version.updatedAt ?? null,
      observed_at: version.observedAt,
    })
    .execute()

/** What Jotform has still to confirm, the longest unasked first. Back-off runs in real time, which only the database's clock shares among replicas. */
export function listUnverified(
  db: Db,
  formId: string,
  options: { onlyDue: boolean; limit: number },
): Promise<SubmissionRow[]> {
  return db
    .selectFrom('jotform_submission')
    .selectAll()
    .where('form_id', '=', formId)
    .where('verification', '=', 'unverified')
    .where('state', 'not in', ['test', 'unreadable'])
    .$if(options.onlyDue, (query) =>
      query.where((on) => on.or([on('next_attempt_at', 'is', null), on('next_attempt_at', '<=', sql<string>`now()`)])),
    )
    .orderBy(sql`next_attempt_at nulls first`)
    .limit(options.limit)
    .execute()
}

export interface KnownSubmission {
  submission_id: string
  state: SubmissionRow['state']
  verification: SubmissionRow['verification']
  jotform_status: string | null
  jotform_updated_at: string | null
  jotform_created_at: string | null
  webhook_at: string | null
  poll_at: string | null
  vanished_at: string | null
  first_seen_at: string
  content_sha256: string | null
}

/** Everything a poll compares its list with, in one statement. */
export const listKnownSubmissions = (db: Db, formId: string): Promise<KnownSubmission[]> =>
  db
    .selectFrom('jotform_submission as s')
    .leftJoinLateral(
      (on) =>
        on
          .selectFrom('jotform_submission_version as v')
          .select('v.content_sha256')
          .whereRef('v.form_id', '=', 's.form_id')
          .whereRef('v.submission_id', '=', 's.submission_id')
          .where('v.source', '=', 'api')
          .orderBy('v.n', 'desc')
          .limit(1)
          .as('latest'),
      (join) => join.onTrue(),
    )
    .select([
      's.submission_id',
      's.state',
      's.verification',
      's.jotform_status',
      's.jotform_updated_at',
      's.jotform_created_at',
      's.webhook_at',
      's.poll_at',
      's.vanished_at',
      's.first_seen_at',
      'latest.content_sha256',
    ])
    .where('s.form_id', '=', formId)
    .execute()

export const listSubmissionIds = (db: Db, formId: string) =>
  db
    .selectFrom('jotform_submission')
    .select('submission_id')
    .where('form_id', '=', formId)
    .orderBy('first_seen_at')
    .execute()

export interface SubmissionFilters {
  formId?: string | undefined
  state?: string | undefined
  verification?: string | undefined
}

/** Newest first, by the index of the filter that is given. */
export function listSubmissionPage(
  db: Db,
  { filters, after, limit }: { filters: SubmissionFilters; after: Cursor | undefined; limit: number },
): Promise<SubmissionRow[]> {
  let query = db.selectFrom('jotform_submission').selectAll()
  if (filters.formId !== undefined) query = query.where('form_id', '=', filters.formId)
  if (filters.state !== undefined) query = query.where('state', '=', filters.state as SubmissionRow['state'])
  if (filters.verification !== undefined) {
    query = query.where('verification', '=', filters.verification as SubmissionRow['verification'])
  }
  if (after !== undefined) {
    query = query.where(sql<boolean>`(first_seen_at, submission_id) < (${after.value}::timestamptz, ${after.id}::text)`)
  }
  return query
    .orderBy('first_seen_at', 'desc')
    .orderBy('submission_id', 'desc')
    .limit(limit + 1)
    .execute()
}

export interface SubmissionDetailRow extends SubmissionRow {
  versions: { n: number; source: string; contentSha256: string; updatedAt: string | null; observedAt: string }[]
  files: {
    url: string
    status: 'pending' | 'stored' | 'failed'
    attempts: number
    error: string | null
    documentId: string | null
  }[]
  deliveries: { id: string; receivedAt: string; source: DeliverySource; parseError: string | null }[]
  application: {
    id: string
    outcome: string | null
    receivedAt: string | null
    receivedBasis: string | null
    closesAt: string | null
  } | null
  possible_duplicates: string[]
}

/** With everything shown beside it, in one statement; the verified one where two forms were named for one number. */
export function findSubmissionDetail(
  db: Db,
  submissionId: string,
  formId: string | undefined,
): Promise<SubmissionDetailRow | undefined> {
  const own = sql`form_id = s.form_id and submission_id = s.submission_id`
  return db
    .selectFrom('jotform_submission as s')
    .selectAll('s')
    .select([
      sql<
        SubmissionDetailRow['versions']
      >`coalesce((select json_agg(json_build_object('n', n, 'source', source, 'contentSha256', content_sha256,
        'updatedAt', jotform_updated_at, 'observedAt', observed_at) order by n) from jotform_submission_version where ${own}), '[]')`.as(
        'versions',
      ),
      sql<
        SubmissionDetailRow['files']
      >`coalesce((select json_agg(json_build_object('url', url, 'status', status, 'attempts', attempts,
        'error', error, 'documentId', document_id) order by url) from jotform_file where ${own}), '[]')`.as('files'),
      sql<
        SubmissionDetailRow['deliveries']
      >`coalesce((select json_agg(json_build_object('id', d.id, 'receivedAt', d.received_at, 'source', d.source,
        'parseError', d.parse_error) order by d.received_at, d.id) from (select * from jotform_delivery where ${own} order by received_at limit 100) d), '[]')`.as(
        'deliveries',
      ),
      sql<
        SubmissionDetailRow['application']
      >`(select json_build_object('id', a.id, 'outcome', a.outcome, 'receivedAt', a.received_at,
        'receivedBasis', a.received_basis, 'closesAt', a.closes_at) from application a where a.id = s.application_id)`.as(
        'application',
      ),
      sql<string[]>`coalesce((select json_agg(o.submission_id order by o.submission_id) from jotform_submission o
        where o.form_id = s.form_id and o.event_id = s.event_id and o.submission_id <> s.submission_id), '[]')`.as(
        'possible_duplicates',
      ),
    ])
    .where('s.submission_id', '=', submissionId)
    .$if(formId !== undefined, (query) => query.where('s.form_id', '=', formId as string))
    .orderBy(sql`s.verification = 'verified'`, 'desc')
    .limit(1)
    .executeTakeFirst() as Promise<SubmissionDetailRow | undefined>
}

/** The newest content of the newest submissions, for a preview. */
export const listLatestVersions = (db: Db, formId: string, limit: number) =>
  db
    .selectFrom('jotform_submission as s')
    .innerJoinLateral(
      (on) =>
        on
          .selectFrom('jotform_submission_version as v')
          .select(['v.source', 'v.answers'])
          .whereRef('v.form_id', '=', 's.form_id')
          .whereRef('v.submission_id', '=', 's.submission_id')
          .orderBy('v.n', 'desc')
          .limit(1)
          .as('latest'),
      (join) => join.onTrue(),
    )
    .select(['s.submission_id', 'latest.source', 'latest.answers'])
    .where('s.form_id', '=', formId)
    .orderBy('s.first_seen_at', 'desc')
    .orderBy('s.submission_id', 'desc')
    .limit(limit)
    .execute()
