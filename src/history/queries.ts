import { sql } from 'kysely'
import { withoutPersonalData } from '../audit/details.ts'
import { appendChanges } from '../audit/queries.ts'
import type { Db, Tx } from '../db/database.ts'

export interface HistoryEntry {
  preSession?: number
  applicationId?: string
  /** Dotted name: `application.submitted`, `country.deadlineExtended`, … */
  action: string
  at: string
  actor: string
  reason?: string | undefined
  details?: Record<string, unknown>
}

/** Written in the transaction of the change it tells of, into the history and into the audit log, which keeps no words of a person. */
export const appendHistory = (tx: Tx, entry: HistoryEntry): Promise<void> => appendHistories(tx, [entry])

/** The same for many, in as many statements as for one. */
export async function appendHistories(tx: Tx, entries: HistoryEntry[]): Promise<void> {
  if (entries.length === 0) return
  const { rows } = await sql<{ id: string }>`
    insert into history_event (pre_session, application_id, action, at, actor, reason, details)
    select e."preSession", e."applicationId", e.action, e.at, e.actor, e.reason, coalesce(e.details, '{}')
    from json_to_recordset(${JSON.stringify(entries)}::json) as e ("preSession" int, "applicationId" uuid, action text, at timestamptz, actor text,
      reason text, details jsonb)
    returning id`.execute(tx)
  await appendChanges(
    tx,
    entries.map(({ preSession, applicationId, action, at, actor, details = {} }, index) => {
      const { iso3, ...facts } = details
      return {
        at,
        actor,
        action,
        preSession,
        applicationId,
        ...(applicationId !== undefined && { subjectKind: 'applications', subjectId: applicationId }),
        ...(typeof iso3 === 'string' && { country: iso3 }),
        // Rows come back in the order in which they were given.
        historyId: rows[index]?.id,
        details: withoutPersonalData(facts),
      }
    }),
  )
}

const columns = ['id', 'action', 'at', 'actor', 'reason', 'details'] as const

interface HistoryPage {
  after: string | undefined
  limit: number
}

/** History of one round and its countries, oldest first; applications have their own. */
export function listRoundHistory(db: Db, preSession: number, { after, limit }: HistoryPage) {
  let query = db
    .selectFrom('history_event')
    .select(columns)
    .where('pre_session', '=', preSession)
    .where('application_id', 'is', null)
  if (after !== undefined) query = query.where('id', '>', after)
  return query
    .orderBy('id')
    .limit(limit + 1)
    .execute()
}

export function listApplicationHistory(db: Db, applicationId: string, { after, limit }: HistoryPage) {
  let query = db.selectFrom('history_event').select(columns).where('application_id', '=', applicationId)
  if (after !== undefined) query = query.where('id', '>', after)
  return query
    .orderBy('id')
    .limit(limit + 1)
    .execute()
}
