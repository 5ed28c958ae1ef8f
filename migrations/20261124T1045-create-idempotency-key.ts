import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create table idempotency_key (
    -- SHA-256 over caller, method, path and key: nothing of them can be read here.
    key_hash bytea primary key,
    request_hash bytea not null,
    status smallint not null,
    -- Encrypted with the service's key; null where a secret was shown.
    answer bytea,
    application_id uuid,
    subjects bytea[] not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint idempotency_key_application foreign key (application_id) references application on delete cascade
  );
  -- Removing what has expired.
  create index idempotency_key_expiry on idempotency_key (expires_at);
  -- Erasing what an application's answers tell.
  create index idempotency_key_by_application on idempotency_key (application_id) where application_id is not null;
  `.execute(db)
}
