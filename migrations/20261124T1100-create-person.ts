import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- Somebody who asked what is kept, or that it go. Made when asked for, so that there is no register of people beside what they gave.
  create table person (
    id uuid primary key default uuidv7(),
    created_at timestamptz not null,
    erased_at timestamptz,
    erased_by text,
    erasure_reason text,
    -- How many records of each class went.
    erased_counts jsonb,
    constraint person_erasure check (num_nulls(erased_at, erased_by, erasure_reason, erased_counts) in (0, 4))
  );
  create table person_address (
    -- In lower case. An address belongs to one person at a time.
    email text primary key,
    person_id uuid not null references person (id) on delete cascade
  );
  create index person_address_person on person_address (person_id);

  -- What remains of an application that was erased: enough to count it, nothing that leads to it.
  create table application_statistic (
    -- Random, without the time that ids tell elsewhere.
    id uuid primary key default gen_random_uuid(),
    pre_session int not null references pre_session (number),
    country text references state (iso3),
    status text not null,
    outcome text,
    decision text not null,
    answer text not null,
    source text not null,
    organisation_type text,
    -- By the day, in UTC.
    received_on date
  );
  -- The numbers at each country.
  create index application_statistic_counts on application_statistic (pre_session, country, status, outcome);

  -- Files that no row should name any more, until they are gone from the storage.
  create table erased_file (
    sha256 text primary key,
    wanted_at timestamptz not null
  );
  -- Does any document name this file?
  create index document_sha256 on document (sha256) where sha256 is not null;

  -- What happened and what was consented to stays when the application goes, without a word of the person.
  alter table history_event drop constraint history_event_application_id_fkey;
  alter table consent drop constraint consent_application_id_fkey;
  `.execute(db)
}
