import type { Db } from '../db/database.ts'

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

/** Written in the transaction of the change it tells of. */
export const appendHistory = (db: Db, entry: HistoryEntry) =>
  db
    .insertInto('history_event')
    .values({
      pre_session: entry.preSession ?? null,
      application_id: entry.applicationId ?? null,
      action: entry.action,
      at: entry.at,
      actor: entry.actor,
      reason: entry.reason ?? null,
      details: JSON.stringify(entry.details ?? {}),
    })
    .execute()

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
