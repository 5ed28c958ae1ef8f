import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- An address that shows a calendar without any other credential: of a speaker or of a mission, for one round.
  create table calendar_feed (
    id uuid primary key default uuidv7(),
    token_hash bytea not null unique,
    role text not null,
    email text not null,
    pre_session int not null references pre_session (number),
    country text,
    state text references state (iso3),
    time_zone text,
    created_at timestamptz not null,
    fetched_at timestamptz,
    revoked_at timestamptz,
    constraint calendar_feed_role check (role in ('applicant', 'mission')),
    constraint calendar_feed_state check ((role = 'mission') = (state is not null))
  );
  -- The feeds of one person.
  create index calendar_feed_email on calendar_feed (email, pre_session);

  -- What a feed has shown of a slot: so that its entries count their own changes, and one that its owner may no longer see is taken back.
  create table calendar_feed_item (
    feed_id uuid not null references calendar_feed (id) on delete cascade,
    slot_id uuid not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    sequence int not null,
    digest text not null,
    changed_at timestamptz not null,
    is_gone boolean not null default false,
    primary key (feed_id, slot_id)
  );
  `.execute(db)
}
