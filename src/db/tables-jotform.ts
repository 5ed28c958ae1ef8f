import type { ColumnType, Generated } from 'kysely'
import type { JotformSubmissionState } from '../domain/lifecycles-intake.ts'
import type { Drift, Question } from '../jotform/drift.ts'
import type { MappingNote } from '../jotform/mapping.ts'
import type { Mapping } from '../jotform/mapping-format.ts'

/** `json` and `jsonb`: read as a value, written as its JSON text. */
type Json<T> = ColumnType<T, string, string>
type DefaultedJson<T> = ColumnType<T, string | undefined, string>

/** Tables of the Jotform intake. */
export interface JotformTables {
  jotform_form: JotformFormTable
  jotform_form_mapping: JotformFormMappingTable
  jotform_poll_run: JotformPollRunTable
  jotform_delivery: JotformDeliveryTable
  jotform_submission: JotformSubmissionTable
  jotform_submission_version: JotformSubmissionVersionTable
  jotform_file: JotformFileTable
  jotform_erased: { id_hash: Buffer; erased_at: string }
}

export interface JotformFormTable {
  form_id: string
  pre_session: number
  mapping_version: number
  questions: Json<Question[] | null> | null
  questions_hash: string | null
  questions_at: string | null
  drift: DefaultedJson<Drift[]>
  webhook_count: number | null
  webhook_checked_at: string | null
  usage: Json<Record<string, unknown> | null> | null
  limit_left: number | null
  poll_failures: Generated<number>
  poll_error: string | null
  poll_failure: string | null
  poll_failed_at: string | null
  created_at: string
  updated_at: string
}

export interface JotformFormMappingTable {
  form_id: string
  version: number
  mapping: Json<Mapping>
  created_at: string
  created_by: string
}

export type PollKind = 'window' | 'closing' | 'daily' | 'manual' | 'startup'

export interface JotformPollRunTable {
  id: Generated<string>
  form_id: string
  kind: PollKind
  started_at: string
  finished_at: string | null
  closes_at: string | null
  window_from: string | null
  listed: Generated<number>
  created: Generated<number>
  recovered: Generated<number>
  changed: Generated<number>
  vanished: Generated<number>
  error: string | null
}

export type DeliverySource = 'webhook' | 'poll' | 'import' | 'replay'
export type DeliveryFormat = 'webhook' | 'api' | 'import'

export interface JotformDeliveryTable {
  id: Generated<string>
  received_at: string
  source: DeliverySource
  format: DeliveryFormat
  remote_ip: string | null
  headers: DefaultedJson<Record<string, string>>
  content_type: string | null
  raw_body: Buffer
  raw_sha256: Buffer
  form_id: string | null
  submission_id: string | null
  parse_error: string | null
  interpreted_at: string | null
  replay_of: string | null
}

export interface JotformSubmissionTable {
  form_id: string
  submission_id: string
  state: Generated<JotformSubmissionState>
  state_reason: string | null
  verification: Generated<'verified' | 'unverified' | 'forged'>
  verified_at: string | null
  attempts: Generated<number>
  next_attempt_at: string | null
  last_error: string | null
  refusals: DefaultedJson<string[]>
  first_seen_at: string
  first_seen_source: DeliverySource
  jotform_created_at: string | null
  jotform_updated_at: string | null
  jotform_status: string | null
  webhook_at: string | null
  poll_at: string | null
  imported_at: string | null
  event_id: string | null
  test_mark: string | null
  vanished_at: string | null
  application_id: string | null
  notes: DefaultedJson<MappingNote[]>
  extra: DefaultedJson<Record<string, unknown>>
  updated_at: string
}

export interface JotformSubmissionVersionTable {
  form_id: string
  submission_id: string
  n: number
  source: 'api' | 'delivery' | 'import'
  content_sha256: string
  answers: Json<Record<string, unknown>>
  jotform_updated_at: string | null
  observed_at: string
}

export interface JotformFileTable {
  form_id: string
  submission_id: string
  url: string
  document_id: string | null
  attempts: Generated<number>
  status: Generated<'pending' | 'stored' | 'failed'>
  error: string | null
  updated_at: string
}
