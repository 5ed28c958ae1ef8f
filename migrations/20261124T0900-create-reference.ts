import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create table state (
    iso3 text primary key,
    iso2 text not null,
    kind text not null,
    regional_group text,
    regional_group_note text,
    names jsonb not null,
    constraint state_iso3_form check (iso3 ~ '^[A-Z]{3}$'),
    constraint state_iso2_once unique (iso2),
    constraint state_kind check (kind in ('member', 'observer'))
  );
  create table theme (
    code text primary key,
    position int not null,
    label jsonb not null,
    vocabulary_version int not null
  );
  create table working_group_session (
    number int primary key,
    cycle int not null,
    starts_on date,
    ends_on date,
    month text,
    confidence text not null,
    source text,
    note text,
    states jsonb not null,
    states_in_review_order boolean not null,
    deferred jsonb not null,
    pre_session jsonb,
    constraint working_group_session_confidence check (confidence in ('sourced', 'inferred')),
    constraint working_group_session_dates check (starts_on is null or ends_on >= starts_on)
  );
  -- What was loaded once and must never be loaded again over somebody's edits (Pre-sessions 38).
  create table shipped_data (
    name text primary key,
    loaded_at timestamptz not null
  );
  `.execute(db)
}
