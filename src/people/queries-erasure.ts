import { sql } from 'kysely'
import { withoutPersonalData } from '../audit/details.ts'
import type { Db, Tx } from '../db/database.ts'
import type { Counts } from './intake.ts'
import { addressTables, listTables } from './register.ts'

const countOf = ({ numAffectedRows }: { numAffectedRows?: bigint }): number => Number(numAffectedRows ?? 0)

/** How many rows name one of the addresses, by class. */
export async function countByAddress(db: Db, addresses: readonly string[]): Promise<Counts> {
  const counts: Counts = {}
  for (const { table, column, class: name } of addressTables) {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}
      where ${sql.ref(column)} = any (${addresses}::text[])`.execute(db)
    counts[name] = (counts[name] ?? 0) + (rows[0]?.n ?? 0)
  }
  for (const { table, column, class: name } of listTables) {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}
      where ${sql.ref(column)} && ${addresses}::text[]`.execute(db)
    counts[name] = rows[0]?.n ?? 0
  }
  return counts
}

export async function deleteByAddress(
  tx: Tx,
  addresses: readonly string[],
  spared: readonly string[],
): Promise<Counts> {
  const counts: Counts = {}
  for (const { table, column, class: name } of addressTables) {
    // Who is let in late by this address may be a colleague, whose application stays.
    const gone = table === 'deadline_waiver' ? addresses.filter((address) => !spared.includes(address)) : addresses
    if (table === 'deadline_waiver') await emptyWaiverHistories(tx, gone)
    const result = await sql`delete from ${sql.table(table)} where ${sql.ref(column)} = any (${gone}::text[])`.execute(
      tx,
    )
    counts[name] = (counts[name] ?? 0) + countOf(result)
  }
  for (const { table, column, class: name } of listTables) {
    const result = await sql`update ${sql.table(table)}
      set ${sql.ref(column)} = array(select one from unnest(${sql.ref(column)}) one where one <> all (${addresses}::text[]))
      where ${sql.ref(column)} && ${addresses}::text[]`.execute(tx)
    counts[name] = countOf(result)
  }
  return counts
}

/** Why somebody was let in late is told in the history of the round. */
const emptyWaiverHistories = (tx: Tx, addresses: readonly string[]) =>
  sql`update history_event h set reason = null from deadline_waiver w
    where w.email = any (${addresses}::text[]) and h.pre_session = w.pre_session
      and h.details ->> 'waiverId' = w.id::text`.execute(tx)

/** Requests that a job may be looking at: it holds the request before the address. */
export const lockRequests = (tx: Tx, addresses: readonly string[]) =>
  sql`select from access_link_request where email = any (${addresses}::text[]) order by id for update`.execute(tx)

/** In the order of their ids, as everybody takes them. Answers those that are still there. */
export async function lockApplications(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{
    id: string
  }>`select id from application where id = any (${ids}::uuid[]) order by id for update`.execute(tx)
  return rows.map(({ id }) => id)
}

/** Which addresses still stand in these applications. */
export async function listAddressesIn(db: Db, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ email: string }>`select distinct unnest(emails) as email from application
    where id = any (${ids}::uuid[])`.execute(db)
  return rows.map(({ email }) => email)
}

export async function listFilesOf(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ sha256: string }>`select distinct named.sha256 from document,
    lateral unnest(array[document.sha256, document.copy_sha256]) as named (sha256)
    where application_id = any (${ids}::uuid[]) and named.sha256 is not null`.execute(tx)
  return rows.map(({ sha256 }) => sha256)
}

export async function countOfApplications(tx: Tx, ids: readonly string[]): Promise<Counts> {
  const { rows } = await sql<Counts>`select
    (select count(*)::int from application_version where application_id = any (${ids}::uuid[])) as versions,
    (select count(*)::int from document where application_id = any (${ids}::uuid[])) as documents,
    (select count(*)::int from consent where application_id = any (${ids}::uuid[])) as consents,
    (select count(*)::int from history_event where application_id = any (${ids}::uuid[])) as history`.execute(tx)
  return rows[0] ?? {}
}

/** What is counted of an application; the time by the day. */
export const insertStatistics = (tx: Tx, ids: readonly string[]) =>
  sql`insert into application_statistic (pre_session, country, status, outcome, decision, answer, source, organisation_type, received_on)
    select pre_session, country, status, outcome, decision, answer, source, organisation_type, (received_at at time zone 'UTC')::date
    from application where id = any (${ids}::uuid[])`.execute(tx)

/** Who acted is told by the id of a credential of staff, or not at all. */
const actorWithoutName = (column: string) =>
  sql`case when ${sql.ref(column)} in ('jotform', 'system', 'admin-key') or ${sql.ref(column)} like 'oidc:%'
      or exists (select from api_key k where k.id::text = ${sql.ref(column)}) then ${sql.ref(column)} else 'applicant' end`

/** What happened and when stays; words, and whatever of the details may be words, go. */
export async function emptyHistories(tx: Tx, ids: readonly string[]): Promise<void> {
  const { rows } = await sql<{ id: string; details: Record<string, unknown> }>`select id, details from history_event
    where application_id = any (${ids}::uuid[])`.execute(tx)
  const emptied = rows.map(({ id, details }) => ({ id, details: withoutPersonalData(details) }))
  await sql`update history_event h set reason = null, actor = ${actorWithoutName('h.actor')}, details = e.details
    from json_to_recordset(${JSON.stringify(emptied)}::json) as e (id uuid, details jsonb) where h.id = e.id`.execute(
    tx,
  )
}

/** What was consented to and withdrawn, and when, stays. */
export const emptyConsents = (tx: Tx, ids: readonly string[]) =>
  sql`update consent set recorded_by = ${actorWithoutName('recorded_by')} where application_id = any (${ids}::uuid[])`.execute(
    tx,
  )

/** With everything that hangs on them. */
export const deleteApplications = (tx: Tx, ids: readonly string[]) =>
  sql`delete from application where id = any (${ids}::uuid[])`.execute(tx)

export const keepErasure = (
  tx: Tx,
  id: string,
  { at, by, reason, counts }: { at: string; by: string; reason: string; counts: Counts },
) =>
  tx
    .updateTable('person')
    .set({ erased_at: at, erased_by: by, erasure_reason: reason, erased_counts: JSON.stringify(counts) })
    .where('id', '=', id)
    .execute()

export const deleteAddresses = async (tx: Tx, personId: string): Promise<number> =>
  countOf(await sql`delete from person_address where person_id = ${personId}`.execute(tx))
