import type { Json } from './schema.ts'

export interface StreamTables {
  stream_topic: { topic: string; last_id: number }
  stream_event: StreamEventTable
  event_ticket: EventTicketTable
}

export interface StreamEventTable {
  topic: string
  id: number
  subject_id: string | null
  before: Json<Record<string, unknown>> | null
  after: Json<Record<string, unknown>> | null
  at: string
}

export interface EventTicketTable {
  token_hash: Buffer
  topic: string
  caller: Json<Record<string, unknown>>
  expires_at: string
}
