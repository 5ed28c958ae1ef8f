import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- One row per arrival, whatever it is: the evidence. The body is never changed; what was read out of it is filled in by the job.
  create table jotform_delivery (
    id uuid primary key default uuidv7(),
    -- Our clock when the whole body had been read.
    received_at timestamptz not null,
    source text not null,
    -- How the body is to be read: what Jotform posts, or a row of its API or export.
    format text not null,
    remote_ip text,
    headers jsonb not null default '{}',
    content_type text,
    raw_body bytea not null,
    raw_sha256 bytea not null,
    form_id text,
    submission_id text,
    parse_error text,
    interpreted_at timestamptz,
    replay_of uuid references jotform_delivery (id),
    constraint jotform_delivery_source check (source in ('webhook', 'poll', 'import', 'replay')),
    constraint jotform_delivery_format check (format in ('webhook', 'api', 'import'))
  );
  -- The bodies do not compress further and are read whole, seldom.
  alter table jotform_delivery alter column raw_body set storage external;
  -- Keyset order of the list, newest first.
  create index jotform_delivery_received on jotform_delivery (received_at, id);
  -- Deliveries of one submission, earliest first.
  create index jotform_delivery_submission on jotform_delivery (form_id, submission_id, received_at) where submission_id is not null;
  create index jotform_delivery_replay_of on jotform_delivery (replay_of) where replay_of is not null;
  -- When did Jotform last call?
  create index jotform_delivery_source on jotform_delivery (source, received_at);
  `.execute(db)
}
