import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create extension if not exists btree_gist;

  -- Screenings and Q&A in one table, so that no room, country or speaker is in two places, whatever the kind.
  create table slot (
    id uuid primary key default uuidv7(),
    pre_session int not null references pre_session (number),
    kind text not null,
    title text,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    -- A room is its name within the round.
    room text not null,
    -- How many speakers have a seat; null: as many as come.
    capacity int,
    join_url text,
    status text not null default 'planned',
    -- From when on the public may know of it: set when a programme that has it is published.
    published_at timestamptz,
    -- Raised by what a programme shows alone (times, room, countries, title, status), never by who speaks.
    revision int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint slot_kind check (kind in ('qa', 'screening')),
    constraint slot_status check (status in ('planned', 'open', 'live', 'ended', 'cancelled')),
    constraint slot_interval check (ends_at > starts_at),
    constraint slot_capacity check (capacity between 0 and 500)
  );
  -- The list of a round in the order of time, and what follows in a room.
  create index slot_round on slot (pre_session, starts_at, id);

  create table slot_country (
    slot_id uuid not null references slot (id) on delete cascade,
    pre_session int not null,
    iso3 text not null,
    position int not null,
    primary key (slot_id, iso3),
    constraint slot_country_country foreign key (pre_session, iso3) references country_under_review (pre_session, iso3)
  );
  -- The slots of one country.
  create index slot_country_country on slot_country (pre_session, iso3);

  create table slot_moderator (
    id uuid primary key default uuidv7(),
    slot_id uuid not null references slot (id) on delete cascade,
    name text not null,
    -- In lower case.
    email text not null,
    appointed_at timestamptz not null,
    appointed_by text not null,
    constraint slot_moderator_once unique (slot_id, email)
  );
  -- Which slots does the address moderate that asks for a link?
  create index slot_moderator_email on slot_moderator (email);

  create table slot_speaker (
    slot_id uuid not null references slot (id) on delete cascade,
    application_id uuid not null references application (id) on delete cascade,
    -- False once the speaker cannot connect: the seat is another's.
    seated boolean not null default true,
    connection text not null default 'expected',
    connection_note text,
    connection_at timestamptz,
    booked_at timestamptz not null,
    booked_by text not null,
    primary key (slot_id, application_id),
    constraint slot_speaker_connection check (connection in ('expected', 'connected', 'cannotConnect', 'spoke'))
  );
  -- The slots of one speaker.
  create index slot_speaker_application on slot_speaker (application_id);

  -- The order of the numbers is the order of coming, since the slot is locked meanwhile.
  create table slot_waiting (
    number bigint generated always as identity primary key,
    slot_id uuid not null references slot (id) on delete cascade,
    application_id uuid not null references application (id) on delete cascade,
    joined_at timestamptz not null,
    joined_by text not null,
    constraint slot_waiting_once unique (slot_id, application_id)
  );
  create index slot_waiting_application on slot_waiting (application_id);

  create table slot_swap (
    id uuid primary key default uuidv7(),
    pre_session int not null references pre_session (number),
    -- The speaker who offers a seat, and the slot whose seat is wished for in exchange.
    slot_id uuid not null references slot (id) on delete cascade,
    application_id uuid not null references application (id) on delete cascade,
    wanted_slot_id uuid not null references slot (id) on delete cascade,
    -- Who took the offer.
    taken_by uuid references application (id) on delete cascade,
    status text not null default 'offered',
    offered_at timestamptz not null,
    settled_at timestamptz,
    constraint slot_swap_status check (status in ('offered', 'accepted', 'withdrawn')),
    constraint slot_swap_taken check ((status = 'accepted') = (taken_by is not null)),
    constraint slot_swap_other check (slot_id <> wanted_slot_id)
  );
  -- One open offer of a seat for the same other slot.
  create unique index slot_swap_once on slot_swap (slot_id, application_id, wanted_slot_id) where status = 'offered';
  create index slot_swap_wanted on slot_swap (wanted_slot_id) where status = 'offered';
  create index slot_swap_application on slot_swap (application_id);
  create index slot_swap_taken_by on slot_swap (taken_by);

  -- R31: two delegates of one mission are one; kept per slot, mission and country.
  create table slot_attendance (
    slot_id uuid not null,
    iso3 text not null,
    state text not null references state (iso3),
    present_at timestamptz not null,
    spoke boolean not null default false,
    recorded_at timestamptz not null,
    recorded_by text not null,
    primary key (slot_id, iso3, state),
    constraint slot_attendance_country foreign key (slot_id, iso3) references slot_country (slot_id, iso3) on delete cascade
  );

  -- When a speaker can speak. Absent: nobody said; without windows: at no time.
  create table speaker_availability (
    application_id uuid primary key references application (id) on delete cascade,
    time_zone text,
    windows jsonb not null,
    stated_at timestamptz not null,
    stated_by text not null
  );

  -- Who and what a slot takes up while it lasts. Rows are only inserted and deleted, never updated, always by ON CONFLICT DO NOTHING: a plain
  -- insert or update that meets an exclusion constraint can stall for a minute in a race.
  create table slot_occupancy (
    slot_id uuid not null references slot (id) on delete cascade,
    kind text not null,
    -- The room or the country within its round; of a speaker a hash of the address, so that one person with two applications is one.
    resource text not null,
    application_id uuid references application (id) on delete cascade,
    during tstzrange not null,
    constraint slot_occupancy_kind check (kind in ('room', 'country', 'speaker')),
    constraint slot_occupancy_speaker check ((kind = 'speaker') = (application_id is not null)),
    constraint slot_room_once exclude using gist (resource with =, during with &&, slot_id with <>) where (kind = 'room'),
    constraint slot_country_once exclude using gist (resource with =, during with &&, slot_id with <>) where (kind = 'country'),
    constraint slot_speaker_once exclude using gist (resource with =, during with &&, slot_id with <>) where (kind = 'speaker')
  );
  create index slot_occupancy_slot on slot_occupancy (slot_id);
  create index slot_occupancy_application on slot_occupancy (application_id) where application_id is not null;
  `.execute(db)
}
