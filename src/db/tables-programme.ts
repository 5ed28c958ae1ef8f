import type { Generated } from 'kysely'
import type { ClockSpan } from '../domain/programme.ts'
import type { ProgrammeChange, ShownSlot } from '../domain/programme-changes.ts'
import type { Json } from './schema.ts'

export interface ProgrammeTables {
  programme: ProgrammeTable
  programme_version: ProgrammeVersionTable
  screening_order: { slot_id: string; application_id: string; position: number }
  calendar_feed: CalendarFeedTable
  calendar_feed_item: CalendarFeedItemTable
}

/** By the clocks of the round. */
export interface StoredFrame {
  days: string[]
  hours: ClockSpan
  lunch: ClockSpan | null
  rooms: string[]
}

export interface ProgrammeTable {
  pre_session: number
  frame: Json<StoredFrame>
  updated_at: string
  updated_by: string
}

export interface ProgrammeVersionTable {
  pre_session: number
  number: number
  note: string | null
  slots: Json<ShownSlot[]>
  changes: Json<ProgrammeChange[]>
  published_at: string
  published_by: string
}

export interface CalendarFeedTable {
  id: Generated<string>
  token_hash: Buffer
  role: 'applicant' | 'mission'
  email: string
  pre_session: number
  country: string | null
  state: string | null
  time_zone: string | null
  created_at: string
  fetched_at: string | null
  revoked_at: string | null
}

export interface CalendarFeedItemTable {
  feed_id: string
  slot_id: string
  starts_at: string
  ends_at: string
  sequence: number
  digest: string
  changed_at: string
  is_gone: boolean
}
