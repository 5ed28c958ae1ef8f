import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- One row a topic; whoever appends holds it until the commit, so that ids commit in their order and a reader never misses a lower one.
  create table stream_topic (
    topic uuid primary key,
    last_id bigint not null
  );

  -- Append-only: which question changed, and to what. No text of a person; what a listener is shown is read when it is sent.
  create table stream_event (
    topic uuid not null,
    id bigint not null,
    subject_id uuid,
    before jsonb,
    after jsonb,
    at timestamptz not null,
    primary key (topic, id)
  );
  -- What is old enough to go.
  create index stream_event_at on stream_event (at);

  -- A browser's event stream cannot send a bearer: used once, deleted with its use.
  create table event_ticket (
    token_hash bytea primary key,
    topic uuid not null,
    caller jsonb not null,
    expires_at timestamptz not null
  );
  create index event_ticket_expires on event_ticket (expires_at);
  `.execute(db)
}
