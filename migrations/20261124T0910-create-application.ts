import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create extension if not exists pg_trgm;
  create table application (
    id uuid primary key default uuidv7(),
    pre_session int not null references pre_session (number),
    country text references state (iso3),
    status text not null default 'draft',
    outcome text,
    decision text not null default 'undecided',
    answer text not null default 'none',
    source text not null,
    form_id text,
    submission_id text,
    -- The content that counts: the assessed version, or the newest one of a draft.
    body jsonb not null,
    latest_version int not null,
    submitted_version int,
    assessed_version int,
    received_at timestamptz,
    received_basis text,
    closes_at timestamptz,
    -- Every instant known about the arrival, kept so that a moved deadline can be judged again without asking anybody (R6).
    receipt jsonb,
    assessment jsonb,
    withdrawal_reason text,
    -- Written by the service: lower case, without accents (for q), and letters and digits only (for links).
    search_text text not null,
    organisation_type text,
    organisation_key text,
    member_keys text[] not null default '{}',
    emails text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint application_jotform_once unique (form_id, submission_id),
    constraint application_status check (status in ('draft', 'submitted', 'withdrawn', 'prevented')),
    constraint application_outcome check (outcome in ('eligible', 'incomplete', 'late', 'ineligible', 'needsReview')),
    constraint application_decision check (decision in ('undecided', 'selected', 'reserve', 'notSelected')),
    constraint application_answer check (answer in ('none', 'confirmed', 'declined')),
    constraint application_source check (source in ('api', 'jotform', 'import')),
    constraint application_source_ids check ((source = 'api') = (submission_id is null)),
    constraint application_draft check (status <> 'draft' or (received_at is null and outcome is null))
  );
  -- Keyset order of the list, alone and within one round, one country.
  create index application_created on application (created_at, id);
  create index application_round_created on application (pre_session, created_at, id);
  create index application_country_created on application (pre_session, country, created_at, id);
  create index application_received on application (received_at, id) where received_at is not null;
  create index application_round_received on application (pre_session, received_at, id) where received_at is not null;
  create index application_country on application (country);
  -- q: part of a name, anywhere in it.
  create index application_search on application using gin (search_text gin_trgm_ops);
  -- Links between applications of one organisation, or of a coalition and its member.
  create index application_organisation on application (pre_session, organisation_key);
  create index application_members on application using gin (member_keys);
  create table application_version (
    application_id uuid not null references application (id) on delete cascade,
    n int not null,
    body jsonb not null,
    -- When this content was received, which is what a deadline is compared with.
    received_at timestamptz not null,
    recorded_at timestamptz not null,
    undecided jsonb not null default '[]',
    content_sha256 text,
    primary key (application_id, n),
    constraint application_version_n check (n > 0)
  );
  create table document (
    id uuid primary key default uuidv7(),
    application_id uuid not null references application (id) on delete cascade,
    kind text not null,
    file_name text not null,
    media_type text,
    size_bytes bigint,
    sha256 text,
    status text not null,
    failure text,
    source_url text,
    created_at timestamptz not null,
    constraint document_source_once unique (application_id, source_url),
    constraint document_kind check (kind in ('uprSubmission', 'statement', 'factSheet', 'other')),
    constraint document_status check (status in ('stored', 'pending', 'failed')),
    constraint document_stored check (status <> 'stored' or (sha256 is not null and size_bytes is not null and media_type is not null))
  );
  create index document_application on document (application_id, id);
  `.execute(db)
}
