import { type Kysely, sql } from 'kysely'

/** What an entry says; the same in both tables, so that sealing moves it unchanged. */
const columns = `
    id uuid primary key default uuidv7(),
    at timestamptz not null,
    actor text not null,
    role text not null,
    action text not null,
    request_id text,
    remote text,
    method text,
    subject_kind text,
    subject_id text,
    pre_session int,
    country text,
    status smallint,
    -- The history has the reason in a person's words; it goes with that person, the entry stays. So no foreign key.
    history_id uuid,
    details jsonb not null default '{}'`

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
  -- Written before an answer leaves or with the change it tells of; the sealer moves it into the chain within a second.
  create table audit_unsealed (${columns}
  );
  -- The chain. Rows come in the order in which the sealer saw them, so a transaction that commits late leaves no hole.
  create table audit_event (${columns},
    seq bigint not null,
    prev_hash bytea not null,
    hash bytea not null,
    sealed_at timestamptz not null,
    constraint audit_event_seq unique (seq)
  );
  -- The filters of the audit log, each in the log's order.
  create index audit_event_actor on audit_event (actor, id);
  create index audit_event_action on audit_event (action, id);
  create index audit_event_subject on audit_event (subject_id, id) where subject_id is not null;
  create index audit_event_place on audit_event (pre_session, country, id) where pre_session is not null;
  create index audit_event_request on audit_event (request_id) where request_id is not null;
  create index audit_event_at on audit_event (at);

  create view audit_log as
    select id, at, actor, role, action, request_id, remote, method, subject_kind, subject_id, pre_session, country, status, history_id, details,
      seq, hash from audit_event
    union all
    select id, at, actor, role, action, request_id, remote, method, subject_kind, subject_id, pre_session, country, status, history_id, details,
      null, null from audit_unsealed;

  create function refuse_audit_change() returns trigger language plpgsql as $$
  begin
    raise exception 'the audit log is only ever appended to' using errcode = 'insufficient_privilege';
  end $$;
  create function refuse_audit_loss() returns trigger language plpgsql as $$
  begin
    if exists (select from gone where not exists (select from audit_event sealed where sealed.id = gone.id)) then
      raise exception 'an entry of the audit log leaves this table only into the chain' using errcode = 'insufficient_privilege';
    end if;
    return null;
  end $$;
  create trigger audit_event_append_only before update or delete or truncate on audit_event
    for each statement execute function refuse_audit_change();
  create trigger audit_unsealed_append_only before update or truncate on audit_unsealed
    for each statement execute function refuse_audit_change();
  create trigger audit_unsealed_kept after delete on audit_unsealed
    referencing old table as gone for each statement execute function refuse_audit_loss();
  `)
    .execute(db)
}
