/**
 * What a column may hold of a person.
 * `person`: personal data; it goes with the person and is in their export. `staff`: the id of a credential; in an export it is a role.
 * `secret`: a hash of a credential; it goes with the person and is in no export. `plain`: no personal data.
 */
export type Verdict = 'person' | 'staff' | 'secret' | 'plain'

/**
 * How a record is found and what becomes of it. `address`: the row names a person in this column and is deleted. `application`: it hangs on an application and
 * is deleted with it. `emptied`: it hangs on an application and stays, without what is personal. `intake`: the intake finds and deletes it.
 * `own`: a table of this folder. `none`: nothing of a person.
 */
export type Fate = { address: string } | 'application' | 'emptied' | 'intake' | 'own' | 'none'

export interface Entry {
  fate: Fate
  /** The class under which people are told of it; only where it is personal. */
  class?: string
  /** Every column that could hold words: text, lists, JSON, bytes. */
  columns: Record<string, Verdict>
}

const plain = (...names: string[]): Record<string, Verdict> => Object.fromEntries(names.map((name) => [name, 'plain']))
const nothing = (...names: string[]): Entry => ({ fate: 'none', columns: plain(...names) })

/** Every table of the database. A table or a column that is not here fails a test, so that nobody forgets what a person may ask for. */
export const register: Record<string, Entry> = {
  application: {
    fate: 'application',
    class: 'applications',
    columns: {
      ...plain('country', 'status', 'outcome', 'decision', 'answer', 'source', 'received_basis', 'organisation_type'),
      form_id: 'person',
      submission_id: 'person',
      body: 'person',
      receipt: 'person',
      assessment: 'person',
      withdrawal_reason: 'person',
      consents: 'person',
      outcome_override: 'person',
      decision_reason: 'person',
      search_text: 'person',
      organisation_key: 'person',
      member_keys: 'person',
      emails: 'person',
    },
  },
  application_version: {
    fate: 'application',
    class: 'versions',
    columns: { body: 'person', undecided: 'person', content_sha256: 'person' },
  },
  document: {
    fate: 'application',
    class: 'documents',
    columns: {
      ...plain('kind', 'media_type', 'status', 'added_by_hand'),
      file_name: 'person',
      sha256: 'person',
      failure: 'person',
      source_url: 'person',
    },
  },
  consent: {
    fate: 'emptied',
    class: 'consents',
    columns: { ...plain('code', 'wording_version'), recorded_by: 'staff' },
  },
  history_event: {
    fate: 'emptied',
    class: 'history',
    columns: { ...plain('action'), actor: 'staff', reason: 'person', details: 'person' },
  },
  idempotency_key: {
    fate: 'own',
    class: 'answers',
    columns: { key_hash: 'secret', request_hash: 'secret', answer: 'person', subjects: 'person' },
  },

  // Links before the sessions that come of them: whoever is using a link has its row until its session is there.
  access_link_request: {
    fate: { address: 'email' },
    class: 'accessLinkRequests',
    columns: { email: 'person', purpose: 'plain', country: 'plain' },
  },
  access_link: {
    fate: { address: 'email' },
    class: 'accessLinks',
    columns: { token_hash: 'secret', email: 'person', ...plain('purpose', 'country', 'state') },
  },
  session: {
    fate: { address: 'email' },
    class: 'sessions',
    columns: { token_hash: 'secret', email: 'person', ...plain('role', 'country', 'state') },
  },
  mail_outbox: {
    fate: { address: 'to_address' },
    class: 'mails',
    columns: {
      to_address: 'person',
      params: 'person',
      subject: 'person',
      text: 'person',
      ...plain('template', 'message_id', 'state', 'last_error'),
    },
  },
  mission_delegate: {
    fate: { address: 'email' },
    class: 'missionDelegates',
    columns: { email: 'person', state: 'plain', registered_by: 'staff', revoked_by: 'staff' },
  },
  deadline_waiver: {
    fate: { address: 'email' },
    class: 'deadlineWaivers',
    columns: { email: 'person', iso3: 'plain', reason: 'person', granted_by: 'staff' },
  },

  jotform_delivery: {
    fate: 'intake',
    class: 'jotformDeliveries',
    columns: {
      ...plain('source', 'format', 'form_id'),
      remote_ip: 'person',
      headers: 'person',
      content_type: 'person',
      raw_body: 'person',
      raw_sha256: 'person',
      submission_id: 'person',
      parse_error: 'person',
    },
  },
  jotform_submission: {
    fate: 'intake',
    class: 'jotformSubmissions',
    columns: {
      ...plain('form_id', 'state', 'verification', 'refusals', 'first_seen_source', 'jotform_status'),
      ...plain('jotform_created_at', 'jotform_updated_at', 'last_error'),
      submission_id: 'person',
      state_reason: 'person',
      event_id: 'person',
      test_mark: 'person',
      notes: 'person',
      extra: 'person',
    },
  },
  jotform_submission_version: {
    fate: 'intake',
    class: 'jotformSubmissions',
    columns: {
      ...plain('form_id', 'source', 'jotform_updated_at'),
      submission_id: 'person',
      answers: 'person',
      content_sha256: 'person',
    },
  },
  jotform_file: {
    fate: 'intake',
    class: 'jotformSubmissions',
    columns: { ...plain('form_id', 'status'), submission_id: 'person', url: 'person', error: 'person' },
  },
  _private_jobs: {
    fate: 'intake',
    class: 'jobs',
    columns: { payload: 'person', ...plain('last_error', 'key', 'locked_by', 'flags') },
  },

  person: { fate: 'own', columns: { erased_by: 'staff', erasure_reason: 'plain', erased_counts: 'plain' } },
  person_address: { fate: 'own', class: 'addresses', columns: { email: 'person' } },
  application_statistic: nothing('country', 'status', 'outcome', 'decision', 'answer', 'source', 'organisation_type'),
  erased_file: nothing('sha256'),
  // A keyed hash: it tells something only to who knows the submission already.
  jotform_erased: nothing('id_hash'),

  // What staff write about rounds and countries names nobody; who wrote it is the id of a credential.
  pre_session: nothing(
    ...['title', 'format', 'dates_precision', 'time_zone', 'status', 'application_deadline', 'statement_deadline'],
    ...['video_deadline', 'application_form_url', 'settings'],
  ),
  country_under_review: nothing('iso3', 'status', 'confidence', 'application_deadline'),
  deadline_extension: {
    fate: 'none',
    columns: { ...plain('iso3', 'deadline', 'previous_deadline', 'reason'), declared_by: 'staff' },
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

const entries = Object.entries(register)

/** The tables whose rows name a person by an address, in the order in which they are erased. */
export const addressTables = entries.flatMap(([table, { fate, columns, class: name = table }]) =>
  typeof fate === 'object' ? [{ table, column: fate.address, class: name, columns }] : [],
)
