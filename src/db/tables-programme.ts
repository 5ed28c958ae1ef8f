import type { ClockSpan } from '../domain/programme.ts'
import type { ProgrammeChange, ShownSlot } from '../domain/programme-changes.ts'
import type { Json } from './schema.ts'

export interface ProgrammeTables {
  programme: ProgrammeTable
  programme_version: ProgrammeVersionTable
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
