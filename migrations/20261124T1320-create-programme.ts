import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- When what a programme shows of it last changed: the only time that calendars and outside views may tell.
  alter table slot add column shown_at timestamptz;

  -- When and where the round meets, as it was planned: days, hours, lunch, rooms.
  create table programme (
    pre_session int primary key references pre_session (number),
    frame jsonb not null,
    updated_at timestamptz not null,
    updated_by text not null
  );

  create table programme_version (
    pre_session int not null references pre_session (number),
    number int not null,
    note text,
    -- The programme as everybody was shown it then, and what differs from the version before.
    slots jsonb not null,
    changes jsonb not null,
    published_at timestamptz not null,
    published_by text not null,
    primary key (pre_session, number),
    constraint programme_version_number check (number > 0)
  );
  `.execute(db)
}
