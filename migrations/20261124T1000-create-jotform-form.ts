import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create table jotform_form (
    form_id text primary key,
    pre_session int not null references pre_session (number),
    mapping_version int not null,
    -- The questions as Jotform last gave them, and what in them no longer is as the mapping says.
    questions json,
    questions_hash text,
    questions_at timestamptz,
    drift jsonb not null default '[]',
    -- How often our address is registered: once is right. Null: never looked.
    webhook_count int,
    webhook_checked_at timestamptz,
    usage jsonb,
    limit_left int,
    -- Failed polls since the last one that worked.
    poll_failures int not null default 0,
    poll_error text,
    -- Which kind of failure: a key that is refused asks for other action than a Jotform that does not answer.
    poll_failure text,
    poll_failed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint jotform_form_id check (form_id ~ '^[0-9]{5,25}$')
  );
  create index jotform_form_pre_session on jotform_form (pre_session);
  -- Every mapping that ever held, so that what was decided with it can be explained.
  create table jotform_form_mapping (
    form_id text not null references jotform_form (form_id),
    version int not null,
    mapping json not null,
    created_at timestamptz not null,
    created_by text not null,
    primary key (form_id, version),
    constraint jotform_form_mapping_version check (version > 0)
  );
  create table jotform_poll_run (
    id uuid primary key default uuidv7(),
    form_id text not null references jotform_form (form_id),
    kind text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    -- The deadline that a closing run belongs to; the Eastern wall time from which a window was read.
    closes_at timestamptz,
    window_from text,
    listed int not null default 0,
    created int not null default 0,
    recovered int not null default 0,
    changed int not null default 0,
    vanished int not null default 0,
    error text,
    constraint jotform_poll_run_kind check (kind in ('window', 'closing', 'daily', 'manual', 'startup'))
  );
  -- Which polls were made, newest first: asked before every poll.
  create index jotform_poll_run_form on jotform_poll_run (form_id, kind, started_at);
  `.execute(db)
}
