import type { ColumnType, Generated } from 'kysely'

export interface AuditTables {
  audit_unsealed: AuditEntryTable
  audit_event: AuditEventTable
  audit_log: AuditLogView
}

export interface AuditEntryTable {
  id: Generated<string>
  at: string
  actor: string
  role: string
  action: string
  request_id: string | null
  remote: string | null
  method: string | null
  subject_kind: string | null
  subject_id: string | null
  pre_session: number | null
  country: string | null
  status: number | null
  history_id: string | null
  details: ColumnType<Record<string, unknown>, string, never>
}

/** An entry in its place of the chain. */
export interface AuditEventTable extends AuditEntryTable {
  seq: number
  prev_hash: Buffer
  hash: Buffer
  sealed_at: string
}

/** Both, for readers: an entry without a place is not sealed yet. */
export interface AuditLogView extends AuditEntryTable {
  seq: number | null
  hash: Buffer | null
}
