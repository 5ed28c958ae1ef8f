import { type Entry, nothing, plain } from './verdicts.ts'

/** The tables that are not about people, and those of this folder. */
export const otherTables: Record<string, Entry> = {
  person: { fate: 'own', columns: { erased_by: 'staff', erasure_reason: 'plain', erased_counts: 'plain' } },
  person_address: { fate: 'own', class: 'addresses', columns: { email: 'person' } },
  application_statistic: nothing('country', 'status', 'outcome', 'decision', 'answer', 'source', 'organisation_type'),
  erased_file: nothing('sha256'),
  retention_run: nothing('counts'),
  // A keyed hash: it tells something only to who knows the submission already.
  jotform_erased: nothing('id_hash'),

  // What staff write about rounds and countries names nobody; who wrote it is the id of a credential.
  pre_session: nothing(
    ...['title', 'format', 'dates_precision', 'time_zone', 'status', 'application_deadline', 'statement_deadline'],
    ...['video_deadline', 'application_form_url', 'settings'],
  ),
  country_under_review: nothing(
    ...['iso3', 'status', 'confidence', 'application_deadline', 'statement_deadline', 'video_deadline'],
  ),
  deadline_extension: {
    fate: 'none',
    columns: { ...plain('kind', 'iso3', 'deadline', 'previous_deadline', 'reason'), declared_by: 'staff' },
  },
  api_key: {
    fate: 'none',
    columns: {
      ...plain('role', 'scopes', 'countries', 'revocation_reason'),
      name: 'staff',
      owner: 'staff',
      key_hash: 'secret',
    },
  },
  reviewer_assignment: { fate: 'none', columns: { subject: 'staff', country: 'plain', assigned_by: 'staff' } },
  jotform_form: nothing(...['form_id', 'questions', 'questions_hash', 'drift', 'usage', 'poll_error', 'poll_failure']),
  jotform_form_mapping: { fate: 'none', columns: { ...plain('form_id', 'mapping'), created_by: 'staff' } },
  jotform_poll_run: nothing('form_id', 'kind', 'window_from', 'error'),

  // Ids, codes and counts only (docs/decisions/0005); a network address is shortened until it names nobody.
  audit_unsealed: auditEntry(),
  audit_event: auditEntry('prev_hash', 'hash'),

  state: nothing('iso3', 'iso2', 'kind', 'regional_group', 'regional_group_note', 'names'),
  theme: nothing('code', 'label'),
  working_group_session: nothing('month', 'confidence', 'source', 'note', 'states', 'deferred', 'pre_session'),
  shipped_data: nothing('name'),
  sandbox_clock: nothing(),
  worker_process: nothing('worker_ids'),
  kysely_migration: nothing('name', 'timestamp'),
  kysely_migration_lock: nothing('id'),
  // The queue's own tables.
  _private_job_queues: nothing('queue_name', 'locked_by'),
  _private_known_crontabs: nothing('identifier'),
  _private_tasks: nothing('identifier'),
  migrations: nothing(),
  slot: nothing('kind', 'title', 'room', 'join_url', 'status'),
  slot_country: nothing('iso3'),
  // Without speakers: a published version is never changed.
  programme: { fate: 'none', columns: { frame: 'plain', updated_by: 'staff' } },
  programme_version: { fate: 'none', columns: { ...plain('note', 'slots', 'changes'), published_by: 'staff' } },
  calendar_feed_item: nothing('digest'),
  slot_attendance: { fate: 'none', columns: { ...plain('iso3', 'state'), recorded_by: 'staff' } },
  invitation: { fate: 'none', columns: { ...plain('state', 'channel', 'delivery_note'), invited_by: 'staff' } },
  question_vote: nothing('state'),
  question_queue: nothing('sort'),
  stream_topic: nothing(),
  stream_event: nothing('before', 'after'),
  // Who listens is told by the id of the session.
  event_ticket: { fate: 'none', columns: { token_hash: 'secret', caller: 'staff' } },
  file_removal: nothing('key', 'storage_state'),
}

function auditEntry(...more: string[]): Entry {
  return {
    fate: 'none',
    columns: {
      ...plain('role', 'action', 'request_id', 'remote', 'method', 'subject_kind', 'subject_id', 'country', 'details'),
      actor: 'staff',
      ...plain(...more),
    },
  }
}
