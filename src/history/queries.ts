import { withoutPersonalData } from '../audit/details.ts'
import { appendChange } from '../audit/queries.ts'
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
export async function appendHistory(tx: Tx, entry: HistoryEntry): Promise<void> {
  const { preSession, applicationId, action, at, actor, reason, details = {} } = entry
  const { id } = await tx
    .insertInto('history_event')
    .values({
      pre_session: preSession ?? null,
      application_id: applicationId ?? null,
      action,
      at,
      actor,
      reason: reason ?? null,
      details: JSON.stringify(details),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const { iso3, ...facts } = details
  await appendChange(tx, {
    at,
    actor,
    action,
    preSession,
    applicationId,
    ...(applicationId !== undefined && { subjectKind: 'applications', subjectId: applicationId }),
    ...(typeof iso3 === 'string' && { country: iso3 }),
    historyId: id,
    details: withoutPersonalData(facts),
  })
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
