import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- What was entered about a permanent mission. A State without a row has a mission too: lists begin at the States, so that none is left out (R28).
  create table mission (
    state text primary key references state (iso3),
    -- In lower case.
    emails text[] not null default '{}',
    -- Null: not known.
    in_geneva boolean,
    note text,
    updated_at timestamptz not null,
    updated_by text not null
  );

  create table invitation (
    pre_session int not null references pre_session (number),
    state text not null references state (iso3),
    invited_at timestamptz not null,
    invited_by text not null,
    -- By note verbale, by hand or by post, where there is no address or besides it.
    delivered_at timestamptz,
    channel text,
    delivery_note text,
    primary key (pre_session, state),
    constraint invitation_channel check (channel in ('noteVerbale', 'post', 'byHand', 'phone')),
    constraint invitation_delivery check ((delivered_at is null) = (channel is null))
  );

  -- One message an address, however often the call is made.
  create table invitation_message (
    pre_session int not null,
    state text not null,
    email text not null,
    mail_id uuid references mail_outbox (id) on delete set null,
    queued_at timestamptz not null,
    primary key (pre_session, state, email),
    constraint invitation_message_invitation foreign key (pre_session, state) references invitation (pre_session, state) on delete cascade
  );
  create index invitation_message_mail on invitation_message (mail_id);

  -- Who of a mission comes to a round.
  create table mission_registration (
    id uuid primary key default uuidv7(),
    pre_session int not null references pre_session (number),
    state text not null references state (iso3),
    name text not null,
    -- In lower case.
    email text not null,
    position text,
    registered_at timestamptz not null,
    registered_by text not null,
    cancelled_at timestamptz
  );
  create unique index mission_registration_once on mission_registration (pre_session, state, email) where cancelled_at is null;

  -- A moderator has a link and a session for one slot.
  alter table access_link_request drop constraint access_link_request_purpose;
  alter table access_link_request add constraint access_link_request_purpose check (purpose in ('applicant', 'mission', 'moderator'));
  alter table access_link add column slot_id uuid references slot (id) on delete cascade;
  alter table access_link drop constraint access_link_purpose;
  alter table access_link add constraint access_link_purpose check (purpose in ('applicant', 'mission', 'moderator'));
  alter table access_link add constraint access_link_slot check ((purpose = 'moderator') = (slot_id is not null));
  alter table session add column slot_id uuid references slot (id) on delete cascade;
  alter table session drop constraint session_role;
  alter table session add constraint session_role check (role in ('applicant', 'mission', 'moderator'));
  alter table session add constraint session_slot check ((role = 'moderator') = (slot_id is not null));
  create index access_link_slot on access_link (slot_id) where slot_id is not null;
  create index session_slot on session (slot_id) where slot_id is not null;
  `.execute(db)
}
