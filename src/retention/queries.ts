import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { RetentionClassName } from '../domain/retention.ts'

/** The day after the Working Group session of a round; where the calendar does not know it, two months after the Pre-sessions. */
const reviewed = sql`coalesce(w.ends_on + 1, p.ends_on + 60)::timestamptz`
const lastChange = sql`greatest(a.updated_at, a.staff_updated_at)`
const publishes = sql`a.consents && array['publishStatement', 'publishVideo', 'publishPhoto']`
const keepsContact = sql`'keepContact' = any (a.consents)`
const isSelected = sql`a.decision = 'selected'`

/** Which applications are due, by class. */
const applicationConditions = {
  drafts: sql`a.status = 'draft' and greatest(coalesce(c.closes_at, p.closes_at), a.updated_at)`,
  unsuccessfulApplications: sql`a.status <> 'draft' and not ${isSelected} and not ${keepsContact} and greatest(${reviewed}, ${lastChange})`,
  selectedApplications: sql`a.status <> 'draft' and ${isSelected} and not ${publishes} and not ${keepsContact} and greatest(${reviewed}, ${lastChange})`,
  keptContacts: sql`a.status <> 'draft' and ${keepsContact} and not (${isSelected} and ${publishes}) and greatest(${reviewed}, ${lastChange})`,
} satisfies Partial<Record<RetentionClassName, RawBuilder<unknown>>>

export type ApplicationClass = keyof typeof applicationConditions
export const applicationClasses = Object.keys(applicationConditions) as ApplicationClass[]

export interface DueApplication {
  id: string
  pre_session: number
  country: string | null
}

/** Whether one application, or which ones, came to the end of their period before this instant. */
export async function listDue(db: Db, name: ApplicationClass, cutoff: string, id?: string): Promise<DueApplication[]> {
  const one = id === undefined ? sql`true` : sql`a.id = ${id}`
  const { rows } = await sql<DueApplication>`
    select a.id, a.pre_session, a.country from application a join pre_session p on p.number = a.pre_session
    left join country_under_review c on c.pre_session = a.pre_session and c.iso3 = a.country
    left join working_group_session w on w.number = a.pre_session
    where ${one} and ${applicationConditions[name]} < ${cutoff}::timestamptz order by a.id`.execute(db)
  return rows
}

interface DueRows {
  table: string
  where: RawBuilder<unknown>
}

export const inRoundReviewed = (cutoff: string, table: string) =>
  sql`exists (select from pre_session p left join working_group_session w on w.number = p.number
    where p.number = ${sql.ref(`${table}.pre_session`)} and ${reviewed} < ${cutoff}::timestamptz)`

/** The rows that are due, by class, where a row can go by itself. */
const rowConditions = {
  deadlineWaivers: (cutoff) => ({
    table: 'deadline_waiver',
    where: sql`granted_at < ${cutoff}::timestamptz and ${inRoundReviewed(cutoff, 'deadline_waiver')} and not exists (
      select from application a where a.pre_session = deadline_waiver.pre_session and deadline_waiver.email = any (a.emails))`,
  }),
  accessLinkRequests: (cutoff) => ({ table: 'access_link_request', where: sql`requested_at < ${cutoff}::timestamptz` }),
  sessions: (cutoff) => ({ table: 'session', where: sql`least(revoked_at, expires_at) < ${cutoff}::timestamptz` }),
  accessLinks: (cutoff) => ({ table: 'access_link', where: sql`expires_at < ${cutoff}::timestamptz` }),
  calendarFeeds: (cutoff) => ({
    table: 'calendar_feed',
    where: sql`created_at < ${cutoff}::timestamptz and (revoked_at < ${cutoff}::timestamptz or ${inRoundReviewed(cutoff, 'calendar_feed')})`,
  }),
  mails: (cutoff) => ({
    table: 'mail_outbox',
    where: sql`created_at < ${cutoff}::timestamptz and (state <> 'queued' or useful_until < ${cutoff}::timestamptz)`,
  }),
  missionDelegates: (cutoff) => ({ table: 'mission_delegate', where: sql`revoked_at < ${cutoff}::timestamptz` }),
  missionRegistrations: (cutoff) => ({
    table: 'mission_registration',
    where: sql`registered_at < ${cutoff}::timestamptz and ${inRoundReviewed(cutoff, 'mission_registration')}`,
  }),
  moderators: (cutoff) => ({
    table: 'slot_moderator',
    where: sql`exists (select from slot s where s.id = slot_moderator.slot_id and s.ends_at < ${cutoff}::timestamptz)`,
  }),
  invitations: (cutoff) => ({ table: 'invitation_message', where: sql`queued_at < ${cutoff}::timestamptz` }),
  erasureRecords: (cutoff) => ({ table: 'person', where: sql`erased_at < ${cutoff}::timestamptz` }),
  // Real time, as everything in the queue.
  failedJobs: (cutoff) => ({
    table: 'graphile_worker._private_jobs',
    where: sql`attempts >= max_attempts and locked_at is null and run_at < least(${cutoff}::timestamptz, now())`,
  }),
} satisfies Partial<Record<RetentionClassName, (cutoff: string) => DueRows>>

export type RowClass = keyof typeof rowConditions
export const rowClasses = Object.keys(rowConditions) as RowClass[]

export async function countDueRows(db: Db, name: RowClass, cutoff: string): Promise<number> {
  const { table, where } = rowConditions[name](cutoff)
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)} where ${where}`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

export async function deleteDueRows(tx: Tx, name: RowClass, cutoff: string): Promise<number> {
  const { table, where } = rowConditions[name](cutoff)
  if (name === 'deadlineWaivers') await emptyWaiverHistories(tx, where)
  const { numAffectedRows = 0n } = await sql`delete from ${sql.table(table)} where ${where}`.execute(tx)
  return Number(numAffectedRows)
}

/** Why somebody was let in late stands in the history of the round. */
const emptyWaiverHistories = (tx: Tx, where: RawBuilder<unknown>) =>
  sql`update history_event h set reason = null where h.details ->> 'waiverId' in (select deadline_waiver.id::text from deadline_waiver where ${where})`.execute(
    tx,
  )

/** What an intake kept of which nothing was made. */
export async function listLeftovers(db: Db, cutoff: string) {
  const { rows: submissions } = await sql<{ formId: string; submissionId: string }>`
    select s.form_id as "formId", s.submission_id as "submissionId" from jotform_submission s
    where s.first_seen_at < ${cutoff}::timestamptz
    and not exists (select from application a where a.form_id = s.form_id and a.submission_id = s.submission_id)
    order by s.form_id, s.submission_id`.execute(db)
  const { rows: deliveries } = await sql<{ id: string }>`
    select d.id from jotform_delivery d where d.received_at < ${cutoff}::timestamptz
    and not exists (select from jotform_submission s where s.form_id = d.form_id and s.submission_id = d.submission_id)
    order by d.id`.execute(db)
  return { submissions, deliveries: deliveries.map(({ id }) => id) }
}

/** People about whom somebody asked before this instant, with their addresses. */
export async function listPeopleAskedBefore(db: Db, cutoff: string): Promise<{ id: string; addresses: string[] }[]> {
  const { rows } = await sql<{ id: string; addresses: string[] }>`
    select p.id, array(select a.email from person_address a where a.person_id = p.id) as addresses from person p
    where p.erased_at is null and p.created_at < ${cutoff}::timestamptz order by p.id`.execute(db)
  return rows
}

export const deletePerson = (tx: Tx, id: string) => tx.deleteFrom('person').where('id', '=', id).execute()

const dayOf = (now: string): string => now.slice(0, 10)

/** Today's run for this process; false where it was done or is under way. The first day of a service is not a day of retention. */
export async function claimRun(db: Db, now: string): Promise<boolean> {
  const { rows } = await sql<{ first: boolean }>`select not exists (select from retention_run) as first`.execute(db)
  if (rows[0]?.first === true) {
    await sql`insert into retention_run (day, started_at, finished_at) values (${dayOf(now)}, ${now}, ${now}) on conflict do nothing`.execute(
      db,
    )
    return false
  }
  return beginRun(db, now, { isAgain: false })
}

/** `isAgain`: although it was done today. */
export async function beginRun(db: Db, now: string, { isAgain }: { isAgain: boolean }): Promise<boolean> {
  const { rows } = await sql`insert into retention_run (day, started_at) values (${dayOf(now)}, ${now}::timestamptz)
    on conflict (day) do update set started_at = excluded.started_at, finished_at = null
    where ${isAgain} or (retention_run.finished_at is null and retention_run.started_at < excluded.started_at - interval '1 hour')
    returning day`.execute(db)
  return rows.length > 0
}

export const finishRun = (tx: Tx, now: string, { at, counts }: { at: string; counts: Record<string, number> }) =>
  sql`update retention_run set finished_at = ${at}, counts = ${JSON.stringify(counts)}::jsonb where day = ${dayOf(now)}`.execute(
    tx,
  )

export const findLastRun = (db: Db) =>
  db
    .selectFrom('retention_run')
    .selectAll()
    .where('finished_at', 'is not', null)
    .orderBy('day', 'desc')
    .limit(1)
    .executeTakeFirst()
