import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create table mission_delegate (
    id uuid primary key default uuidv7(),
    state text not null references state (iso3),
    -- In lower case.
    email text not null,
    registered_at timestamptz not null,
    registered_by text not null,
    revoked_at timestamptz,
    revoked_by text
  );
  -- A State names an address once at a time; a revoked one may be registered again.
  create unique index mission_delegate_once on mission_delegate (state, email) where revoked_at is null;
  -- Whose mission is it that asks for a link?
  create index mission_delegate_email on mission_delegate (email) where revoked_at is null;

  -- What somebody asked for at the public door; gone as soon as the job has looked at it.
  create table access_link_request (
    id uuid primary key default uuidv7(),
    email text not null,
    purpose text not null,
    pre_session int not null,
    country text,
    requested_at timestamptz not null,
    constraint access_link_request_purpose check (purpose in ('applicant', 'mission'))
  );

  create table access_link (
    id uuid primary key default uuidv7(),
    -- SHA-256 of the token: 256 random bits need no slow hash, and the token itself is never stored here.
    token_hash bytea not null,
    purpose text not null,
    email text not null,
    pre_session int not null references pre_session (number) on delete cascade,
    country text references state (iso3),
    -- The State of a mission.
    state text references state (iso3),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    -- A newer link of the same person and purpose took its place.
    replaced_at timestamptz,
    constraint access_link_once unique (token_hash),
    constraint access_link_purpose check (purpose in ('applicant', 'mission')),
    constraint access_link_state check ((purpose = 'mission') = (state is not null))
  );
  -- The links of one person: which ones a newer one replaces, and how many were sent lately.
  create index access_link_person on access_link (email, purpose, created_at);

  create table session (
    id uuid primary key default uuidv7(),
    token_hash bytea not null,
    access_link_id uuid references access_link (id) on delete set null,
    role text not null,
    email text not null,
    pre_session int not null references pre_session (number) on delete cascade,
    country text references state (iso3),
    state text references state (iso3),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    constraint session_once unique (token_hash),
    constraint session_link_once unique (access_link_id),
    constraint session_role check (role in ('applicant', 'mission')),
    constraint session_state check ((role = 'mission') = (state is not null))
  );
  -- All sessions of one address, when its delegate is revoked.
  create index session_email on session (email, role);

  create table mail_outbox (
    id uuid primary key default uuidv7(),
    to_address text not null,
    template text not null,
    -- What the template was filled with; never a name, a country and a theme together, never a secret.
    params jsonb not null,
    subject text not null,
    -- Null once the message was sent or given up: a link's token stays no longer than it is needed. The sandbox keeps it.
    text text,
    message_id text not null,
    state text not null default 'queued',
    attempts int not null default 0,
    last_error text,
    created_at timestamptz not null,
    -- When its content is worth nothing any more: from then on it is not sent.
    useful_until timestamptz,
    sent_at timestamptz,
    constraint mail_outbox_state check (state in ('queued', 'sent', 'failed'))
  );
  -- What waits for a mail server.
  create index mail_outbox_queued on mail_outbox (id) where state = 'queued';
  `.execute(db)
}
