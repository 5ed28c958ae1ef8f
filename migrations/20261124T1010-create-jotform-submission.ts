import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create table jotform_submission (
    form_id text not null,
    submission_id text not null,
    state text not null default 'received',
    -- One plain sentence for the operator: what is the matter and what to do.
    state_reason text,
    verification text not null default 'unverified',
    verified_at timestamptz,
    attempts int not null default 0,
    -- Real time, unlike everything else here: back-off does not follow a sandbox clock.
    next_attempt_at timestamptz,
    last_error text,
    -- When Jotform denied it while our key worked.
    refusals jsonb not null default '[]',
    first_seen_at timestamptz not null,
    first_seen_source text not null,
    -- US Eastern wall time, as Jotform writes it.
    jotform_created_at text,
    jotform_updated_at text,
    jotform_status text,
    webhook_at timestamptz,
    poll_at timestamptz,
    imported_at timestamptz,
    event_id text,
    test_mark text,
    vanished_at timestamptz,
    application_id uuid references application (id) on delete set null,
    -- What the mapping could not do, and answers to questions that are not mapped.
    notes json not null default '[]',
    extra json not null default '{}',
    updated_at timestamptz not null,
    primary key (form_id, submission_id),
    constraint jotform_submission_state check (state in ('received', 'verifying', 'verified', 'imported', 'filesPending',
      'needsAttention', 'unknownForm', 'test', 'vanished', 'unreadable')),
    constraint jotform_submission_verification check (verification in ('verified', 'unverified', 'forged')),
    constraint jotform_submission_source check (first_seen_source in ('webhook', 'poll', 'import', 'replay'))
  );
  -- Found by its number alone.
  create index jotform_submission_id on jotform_submission (submission_id);
  create index jotform_submission_application on jotform_submission (application_id) where application_id is not null;
  -- Keyset order of the list, newest first, alone and by state.
  create index jotform_submission_seen on jotform_submission (first_seen_at, submission_id);
  create index jotform_submission_state_seen on jotform_submission (state, first_seen_at, submission_id);
  -- What Jotform has still to confirm.
  create index jotform_submission_unverified on jotform_submission (form_id) where verification = 'unverified';
  -- One page load that was sent twice.
  create index jotform_submission_event on jotform_submission (form_id, event_id) where event_id is not null;

  create table jotform_submission_version (
    form_id text not null,
    submission_id text not null,
    n int not null,
    source text not null,
    content_sha256 text not null,
    -- json, not jsonb: the answers as they came, U+0000 included.
    answers json not null,
    jotform_updated_at text,
    observed_at timestamptz not null,
    primary key (form_id, submission_id, n),
    constraint jotform_submission_version_of foreign key (form_id, submission_id)
      references jotform_submission (form_id, submission_id) on delete cascade,
    constraint jotform_submission_version_source check (source in ('api', 'delivery', 'import'))
  );

  create table jotform_file (
    form_id text not null,
    submission_id text not null,
    url text not null,
    document_id uuid references document (id) on delete set null,
    attempts int not null default 0,
    status text not null default 'pending',
    error text,
    updated_at timestamptz not null,
    primary key (form_id, submission_id, url),
    constraint jotform_file_of foreign key (form_id, submission_id)
      references jotform_submission (form_id, submission_id) on delete cascade,
    constraint jotform_file_status check (status in ('pending', 'stored', 'failed'))
  );
  create index jotform_file_document on jotform_file (document_id) where document_id is not null;

  -- What a person asked to have erased: a keyed hash of form and submission, which poll, replay and import skip.
  create table jotform_erased (
    id_hash bytea primary key,
    erased_at timestamptz not null
  );
  `.execute(db)
}
