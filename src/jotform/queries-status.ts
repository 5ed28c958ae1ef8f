import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import type { FormRow } from './queries-forms.ts'

export interface IntakeFacts {
  counts: Record<string, number>
  forged: number
  /** Those that became so lately: an alert ends by itself, a count does not. */
  recently_forged: number
  recently_waiting: number
  recently_recovered: number
  unreadable: number
  unread: number
  oldest_unread_at: string | null
  recovered: number
  over_quota: number
  oldest_unfinished_at: string | null
  last_webhook_at: string | null
}

/** Everything that the status counts, in one statement. */
export async function findIntakeFacts(
  db: Db,
  { deliveredBefore, recentlyAfter }: { deliveredBefore: string; recentlyAfter: string },
): Promise<IntakeFacts> {
  const recently = sql`${recentlyAfter}::timestamptz`
  const recovered = sql`webhook_at is null and poll_at < ${deliveredBefore}::timestamptz and verification = 'verified'`
  const { rows } = await sql<IntakeFacts>`
    select
      coalesce((select json_object_agg(state, n) from (select state, count(*)::int as n from jotform_submission group by state) c), '{}') as counts,
      (select count(*)::int from jotform_submission where verification = 'forged') as forged,
      (select count(*)::int from jotform_submission where verification = 'forged' and (refusals ->> -1)::timestamptz > ${recently}) as recently_forged,
      (select count(*)::int from jotform_submission where state = 'needsAttention' and verification <> 'forged' and updated_at > ${recently}) as recently_waiting,
      (select count(*)::int from jotform_submission where ${recovered} and poll_at > ${recently}) as recently_recovered,
      (select count(*)::int from jotform_delivery where interpreted_at is not null and submission_id is null) as unreadable,
      (select count(*)::int from jotform_delivery where interpreted_at is null) as unread,
      (select min(received_at) from jotform_delivery where interpreted_at is null) as oldest_unread_at,
      (select count(*)::int from jotform_submission where ${recovered}) as recovered,
      (select count(*)::int from jotform_submission where jotform_status = 'OVERQUOTA') as over_quota,
      (select min(first_seen_at) from jotform_submission where state in ('received', 'verifying', 'verified', 'filesPending')) as oldest_unfinished_at,
      (select max(received_at) from jotform_delivery where source = 'webhook') as last_webhook_at`.execute(db)
  return rows[0] as IntakeFacts
}

export type FormStatusRow = Omit<FormRow, 'mapping' | 'mapped_at' | 'questions'> & {
  last_poll_at: string | null
  last_full_at: string | null
  last_webhook_at: string | null
  round_status: string
  closings: string[]
}

/** Each form with its round and its polls. */
export async function listFormStatus(db: Db): Promise<FormStatusRow[]> {
  const worked = sql`form_id = f.form_id and finished_at is not null and error is null`
  const { rows } = await sql<FormStatusRow>`
    select f.form_id, f.pre_session, f.mapping_version, f.questions_hash, f.questions_at, f.drift, f.webhook_count, f.webhook_checked_at, f.usage,
      f.limit_left, f.poll_failures, f.poll_error, f.poll_failure, f.poll_failed_at, f.created_at, f.updated_at, p.status as round_status,
      (select max(started_at) from jotform_poll_run where ${worked}) as last_poll_at,
      (select max(started_at) from jotform_poll_run where ${worked} and kind in ('daily', 'closing', 'manual')) as last_full_at,
      (select max(webhook_at) from jotform_submission where form_id = f.form_id) as last_webhook_at,
      (select json_agg(closes_at) from (select p.closes_at union select c.closes_at from country_under_review c
        where c.pre_session = p.number and c.closes_at is not null) all_closings) as closings
    from jotform_form f join pre_session p on p.number = f.pre_session
    order by f.form_id`.execute(db)
  return rows
}
