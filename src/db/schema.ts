import type { ColumnType, Generated } from 'kysely'
import type { ApplicationBody } from '../domain/application.ts'
import type { Assessment, Outcome } from '../domain/assessment.ts'
import type { Deadline } from '../domain/deadline.ts'
import type { AuditTables } from './tables-audit.ts'
import type { IdempotencyKeyTable } from './tables-idempotency.ts'
import type { JotformTables } from './tables-jotform.ts'
import type { PeopleTables } from './tables-people.ts'
import type { ProgrammeTables } from './tables-programme.ts'
import type { QuestionTables } from './tables-questions.ts'
import type { SessionTables } from './tables-sessions.ts'
import type { SlotTables } from './tables-slots.ts'
import type { StreamTables } from './tables-streams.ts'
import type { VideoTables } from './tables-videos.ts'

/** `jsonb`: read as a value, written as its JSON text. */
export type Json<T> = ColumnType<T, string, string>

export interface Database
  extends AuditTables,
    JotformTables,
    PeopleTables,
    ProgrammeTables,
    QuestionTables,
    SessionTables,
    SlotTables,
    StreamTables,
    VideoTables {
  state: StateTable
  theme: ThemeTable
  working_group_session: WorkingGroupSessionTable
  shipped_data: { name: string; loaded_at: string }
  pre_session: PreSessionTable
  country_under_review: CountryUnderReviewTable
  deadline_extension: DeadlineExtensionTable
  deadline_waiver: DeadlineWaiverTable
  application: ApplicationTable
  application_version: ApplicationVersionTable
  document: DocumentTable
  consent: ConsentTable
  history_event: HistoryEventTable
  api_key: ApiKeyTable
  idempotency_key: IdempotencyKeyTable
  reviewer_assignment: ReviewerAssignmentTable
  sandbox_clock: { only_row: Generated<boolean>; offset_ms: number }
}

export interface StateTable {
  iso3: string
  iso2: string
  kind: 'member' | 'observer'
  regional_group: string | null
  regional_group_note: string | null
  names: Json<Record<string, string>>
}

export interface ThemeTable {
  code: string
  position: number
  label: Json<Record<string, string>>
  vocabulary_version: number
}

export interface WorkingGroupSessionTable {
  number: number
  cycle: number
  starts_on: string | null
  ends_on: string | null
  month: string | null
  confidence: 'sourced' | 'inferred'
  source: string | null
  note: string | null
  states: Json<{ iso3: string; name: string }[]>
  states_in_review_order: boolean
  deferred: Json<Record<string, unknown>[]>
  pre_session: Json<Record<string, unknown>> | null
}

export interface PreSessionTable {
  number: number
  title: string
  format: 'inPerson' | 'virtual' | 'hybrid'
  starts_on: string
  ends_on: string
  dates_precision: 'exact' | 'week' | 'tentative'
  time_zone: string
  status: Generated<string>
  application_deadline: Json<Deadline>
  closes_at: string
  statement_deadline: Json<Deadline | null> | null
  video_deadline: Json<Deadline | null> | null
  application_form_url: string | null
  settings: Json<Record<string, unknown>>
  published: Generated<boolean>
  revision: Generated<number>
  created_at: string
  updated_at: string
}

export interface CountryUnderReviewTable {
  pre_session: number
  iso3: string
  position: number
  status: Generated<'candidate' | 'held' | 'notHeld' | 'withdrawn'>
  confidence: Generated<'sourced' | 'inferred' | 'entered'>
  release_at: string | null
  application_deadline: Json<Deadline | null> | null
  closes_at: string | null
  statement_deadline: Json<Deadline | null> | null
  video_deadline: Json<Deadline | null> | null
  created_at: string
  updated_at: string
}

export interface DeadlineExtensionTable {
  id: Generated<string>
  kind: Generated<'application' | 'statement' | 'video'>
  pre_session: number
  iso3: string
  deadline: Json<Deadline>
  closes_at: string
  previous_deadline: Json<Deadline>
  previous_closes_at: string
  reason: string
  declared_by: string
  declared_at: string
  reassessed_count: number
}

export interface DeadlineWaiverTable {
  id: Generated<string>
  kind: Generated<'application' | 'statement' | 'video'>
  pre_session: number
  iso3: string
  email: string
  until: string
  reason: string
  granted_by: string
  granted_at: string
  reassessed_count: Generated<number>
}

export interface ApplicationTable {
  id: Generated<string>
  pre_session: number
  country: string | null
  status: Generated<'draft' | 'submitted' | 'withdrawn' | 'prevented'>
  outcome: Outcome | null
  decision: Generated<string>
  answer: Generated<string>
  source: 'api' | 'jotform' | 'import'
  form_id: string | null
  submission_id: string | null
  body: Json<ApplicationBody>
  latest_version: number
  submitted_version: number | null
  assessed_version: number | null
  received_at: string | null
  received_basis: string | null
  closes_at: string | null
  receipt: Json<ReceiptFacts | null> | null
  assessment: Json<Assessment | null> | null
  withdrawal_reason: string | null
  consents: Generated<string[]>
  outcome_override: Json<OutcomeOverride | null> | null
  decision_reason: string | null
  decided_at: string | null
  /** By the newest content, not by the one that counts; unanswered is yes. */
  at_risk: Generated<boolean>
  /** The last change that its applicant is not told of at once. */
  staff_updated_at: Generated<string | null>
  /** What its applicant is told in place of `prevented`. */
  told_status: Generated<'submitted' | 'withdrawn' | null>
  search_text: string
  organisation_type: string | null
  organisation_key: string | null
  member_keys: Generated<string[]>
  emails: Generated<string[]>
  created_at: string
  updated_at: string
}

/** An outcome that a person set, in place of the rules' own. */
export interface OutcomeOverride {
  outcome: Outcome
  reason: string
  by: string
  at: string
}

export interface ConsentTable {
  id: Generated<string>
  application_id: string
  code: string
  given: boolean
  at: string
  wording_version: string
  recorded_by: string
}

/** What is known about an application's arrival, kept so that it can be judged again against a moved deadline. */
export type ReceiptFacts =
  | { kind: 'request'; receivedAt: string }
  | { kind: 'jotform'; evidence: import('../domain/receipt.ts').JotformEvidence }
  | { kind: 'import'; evidence: import('../domain/receipt.ts').ImportEvidence }

export interface ApplicationVersionTable {
  application_id: string
  n: number
  body: Json<ApplicationBody>
  received_at: string
  recorded_at: string
  undecided: Json<{ pointer: string; value: string }[]>
  content_sha256: string | null
}

export interface DocumentTable {
  id: Generated<string>
  application_id: string
  kind: 'uprSubmission' | 'statement' | 'factSheet' | 'other'
  file_name: string
  media_type: string | null
  size_bytes: number | null
  sha256: string | null
  status: 'stored' | 'pending' | 'failed'
  failure: string | null
  source_url: string | null
  /** Who put it beside the content of a Jotform application; null: it is part of the content. */
  added_by_hand: 'staff' | 'other' | null
  /** Of statements and fact sheets, which are made to be shown. */
  review_status: 'needsReview' | 'accepted' | 'changesRequested' | 'rejected' | null
  review_reasons: Generated<string[]>
  reviewed_by: string | null
  reviewed_at: string | null
  copy_sha256: string | null
  copy_size_bytes: number | null
  copy_failure: string | null
  scan: Json<import('../domain/video.ts').VideoScan | null> | null
  created_at: string
}

export interface HistoryEventTable {
  id: Generated<string>
  pre_session: number | null
  application_id: string | null
  action: string
  at: string
  actor: string
  reason: string | null
  details: Json<Record<string, unknown>>
}

export interface ApiKeyTable {
  id: Generated<string>
  name: string
  role: 'admin' | 'secretariat' | 'reviewer' | 'integration'
  key_hash: Buffer
  owner: Generated<string>
  owner_key: ColumnType<string | null, never, never>
  scopes: Generated<string[]>
  pre_sessions: number[] | null
  countries: string[] | null
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  replaced_by: string | null
  revoked_at: string | null
  revocation_reason: string | null
}

export interface ReviewerAssignmentTable {
  subject: string
  pre_session: number
  country: string
  sees_identities: boolean
  assigned_by: string
  assigned_at: string
}
