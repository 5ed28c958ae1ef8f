import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create table pre_session (
    number int primary key,
    title text not null,
    format text not null,
    starts_on date not null,
    ends_on date not null,
    dates_precision text not null,
    time_zone text not null,
    status text not null default 'draft',
    application_deadline jsonb not null,
    closes_at timestamptz not null,
    statement_deadline jsonb,
    video_deadline jsonb,
    application_form_url text,
    settings jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pre_session_number check (number between 1 and 999),
    constraint pre_session_format check (format in ('inPerson', 'virtual', 'hybrid')),
    constraint pre_session_dates check (ends_on >= starts_on),
    constraint pre_session_precision check (dates_precision in ('exact', 'week', 'tentative')),
    constraint pre_session_status check (status in ('draft', 'callOpen', 'callClosed', 'selecting', 'confirmed',
      'programmePublished', 'running', 'closed', 'archived', 'postponed', 'cancelled'))
  );
  create table country_under_review (
    pre_session int not null references pre_session (number),
    iso3 text not null references state (iso3),
    position int not null,
    status text not null default 'candidate',
    confidence text not null default 'entered',
    release_at timestamptz,
    -- Only where the country's deadline was extended; the round's deadline holds otherwise (R6).
    application_deadline jsonb,
    closes_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (pre_session, iso3),
    constraint country_under_review_status check (status in ('candidate', 'held', 'notHeld', 'withdrawn')),
    constraint country_under_review_confidence check (confidence in ('sourced', 'inferred', 'entered')),
    constraint country_under_review_deadline check ((application_deadline is null) = (closes_at is null))
  );
  create index country_under_review_iso3 on country_under_review (iso3);
  create table deadline_extension (
    id uuid primary key default uuidv7(),
    pre_session int not null,
    iso3 text not null,
    deadline jsonb not null,
    closes_at timestamptz not null,
    previous_deadline jsonb not null,
    previous_closes_at timestamptz not null,
    reason text not null,
    declared_by text not null,
    declared_at timestamptz not null,
    reassessed_count int not null,
    constraint deadline_extension_country foreign key (pre_session, iso3) references country_under_review (pre_session, iso3),
    constraint deadline_extension_later check (closes_at > previous_closes_at)
  );
  create index deadline_extension_country on deadline_extension (pre_session, iso3, id);
  create table deadline_waiver (
    id uuid primary key default uuidv7(),
    pre_session int not null,
    iso3 text not null,
    -- Lower case: addresses are compared without regard to case.
    email text not null,
    until timestamptz not null,
    reason text not null,
    granted_by text not null,
    granted_at timestamptz not null,
    constraint deadline_waiver_country foreign key (pre_session, iso3) references country_under_review (pre_session, iso3)
  );
  -- Looked up at every assessment of an application of that country.
  create index deadline_waiver_email on deadline_waiver (pre_session, iso3, email);
  `.execute(db)
}
