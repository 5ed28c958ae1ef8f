import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- What happened to a round, a country or an application: told to the secretariat, never changed.
  create table history_event (
    id uuid primary key default uuidv7(),
    pre_session int,
    application_id uuid references application (id) on delete cascade,
    action text not null,
    at timestamptz not null,
    actor text not null,
    reason text,
    details jsonb not null default '{}',
    constraint history_event_subject check (pre_session is not null or application_id is not null)
  );
  create index history_event_round on history_event (pre_session, id) where application_id is null;
  create index history_event_application on history_event (application_id, id);
  `.execute(db)
}
