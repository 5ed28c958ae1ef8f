import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import { type ChainRow, hexOf, type Link } from './chain.ts'
import { requestContext } from './context.ts'

export interface AuditEntry {
  at: string
  actor: string
  role: string
  /** The operation that was called, or the dotted name of a change. */
  action: string
  requestId?: string | undefined
  remote?: string | undefined
  method?: string | undefined
  subjectKind?: string | undefined
  subjectId?: string | undefined
  /** The application it is about: its round and country are looked up. */
  applicationId?: string | undefined
  preSession?: number | undefined
  country?: string | undefined
  status?: number | undefined
  historyId?: string | undefined
  /** Ids, codes and names of fields; nothing of a person, since an entry is never erased. */
  details?: Record<string, unknown> | undefined
}

/** One statement for any number of entries, so that requests that end together share a commit. */
export async function insertEntries(db: Db, entries: AuditEntry[]): Promise<void> {
  await sql`
    insert into audit_unsealed (at, actor, role, action, request_id, remote, method, subject_kind, subject_id, pre_session, country, status, history_id, details)
    select e.at, e.actor, e.role, e.action, e."requestId", e.remote, e.method, e."subjectKind", e."subjectId",
      coalesce(e."preSession", a.pre_session), coalesce(e.country, a.country), e.status, e."historyId", coalesce(e.details, '{}')
    from json_to_recordset(${JSON.stringify(entries)}::json) as e (at timestamptz, actor text, role text, action text, "requestId" text, remote text,
      method text, "subjectKind" text, "subjectId" text, "applicationId" uuid, "preSession" int, country text, status smallint, "historyId" uuid, details jsonb)
    left join application a on a.id = e."applicationId"`.execute(db)
}

/** Changes, written in their own transaction: both are there or neither. The request is told by what surrounds the call. */
export function appendChanges(
  tx: Db,
  entries: Omit<AuditEntry, 'role' | 'requestId' | 'remote' | 'method' | 'status'>[],
): Promise<void> {
  const context = requestContext()
  return insertEntries(
    tx,
    entries.map((entry) => ({ ...entry, role: 'system', ...context })),
  )
}

/** One sealer at a time in the whole cluster; the lock ends with the transaction. */
const sealerLock = 38_002

export async function lockSealer(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ ours: boolean }>`select pg_try_advisory_xact_lock(${sealerLock}, 0) as ours`.execute(tx)
  return rows[0]?.ours === true
}

export async function hasUnsealed(db: Db): Promise<boolean> {
  return (await db.selectFrom('audit_unsealed').select('id').limit(1).execute()).length > 0
}

/** To the microsecond, whatever the session's time zone: a hash is made of it. */
const exactly = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const contentColumns = [
  'id',
  'actor',
  'role',
  'action',
  'request_id',
  'remote',
  'method',
  'subject_kind',
  'subject_id',
  'pre_session',
  'country',
  'status',
  'history_id',
  'details',
] as const

export const listUnsealed = (tx: Db, limit: number) =>
  tx
    .selectFrom('audit_unsealed')
    .select([...contentColumns, exactly('at').as('at')])
    .orderBy('id')
    .limit(limit)
    .execute()

/** The last entry of the chain. */
export const findHead = (db: Db) =>
  db
    .selectFrom('audit_event')
    .select(['seq', 'sealed_at', sql<string>`encode(hash, 'hex')`.as('hash')])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()

/** Moves entries into the chain; the sum of both tables is the same at every instant. */
export async function insertSealed(tx: Tx, links: Link[], sealedAt: string): Promise<void> {
  await sql`
    with link as (select * from json_to_recordset(${JSON.stringify(links)}::json) as l (id uuid, seq bigint, "prevHash" text, hash text)),
    gone as (delete from audit_unsealed u using link where u.id = link.id returning u.*)
    insert into audit_event (id, at, actor, role, action, request_id, remote, method, subject_kind, subject_id, pre_session, country, status, history_id, details,
      seq, prev_hash, hash, sealed_at)
    select gone.id, at, actor, role, action, request_id, remote, method, subject_kind, subject_id, pre_session, country, status, history_id, details,
      seq, decode("prevHash", 'hex'), decode(hash, 'hex'), ${sealedAt}::timestamptz
    from gone join link on link.id = gone.id`.execute(tx)
}

/** The chain in its order, from behind a place. */
export async function listChain(db: Db, after: number, limit: number): Promise<ChainRow[]> {
  const rows = await db
    .selectFrom('audit_event')
    .select([...contentColumns, exactly('at').as('at'), 'seq', 'prev_hash', 'hash', 'sealed_at'])
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map(({ prev_hash, hash, sealed_at: sealedAt, ...row }) => ({
    ...row,
    sealedAt,
    prevHash: hexOf(prev_hash),
    hash: hexOf(hash),
  }))
}

export const countUnsealed = (db: Db) =>
  db
    .selectFrom('audit_unsealed')
    .select((query) => [query.fn.countAll<number>().as('count'), query.fn.min('at').as('oldest')])
    .executeTakeFirstOrThrow()

export interface AuditFilters {
  actor?: string | undefined
  action?: string | undefined
  subject?: string | undefined
  preSession?: number | undefined
  country?: string | undefined
  since?: string | undefined
  until?: string | undefined
  requestId?: string | undefined
}

/** Newest first, sealed or not. */
export function listAuditEvents(
  db: Db,
  filters: AuditFilters,
  { after, limit }: { after: string | undefined; limit: number },
) {
  let query = db
    .selectFrom('audit_log as log')
    .leftJoin('history_event as history', 'history.id', 'log.history_id')
    .select(['log.id', 'log.at', 'log.actor', 'log.role', 'log.action', 'log.request_id', 'log.remote', 'log.method'])
    .select(['log.subject_kind', 'log.subject_id', 'log.pre_session', 'log.country', 'log.status', 'log.details'])
    .select(['log.seq', 'log.hash', 'history.reason'])
  const equal = {
    'log.actor': filters.actor,
    'log.action': filters.action,
    'log.subject_id': filters.subject,
    'log.pre_session': filters.preSession,
    'log.country': filters.country?.toUpperCase(),
    'log.request_id': filters.requestId,
  }
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) query = query.where(column as keyof typeof equal, '=', value)
  }
  if (filters.since !== undefined) query = query.where('log.at', '>=', filters.since)
  if (filters.until !== undefined) query = query.where('log.at', '<', filters.until)
  if (after !== undefined) query = query.where('log.id', '<', after)
  return query
    .orderBy('log.id', 'desc')
    .limit(limit + 1)
    .execute()
}
export type AuditLogRow = Awaited<ReturnType<typeof listAuditEvents>>[number]
