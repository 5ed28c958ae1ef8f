import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create table api_key (
    id uuid primary key default uuidv7(),
    name text not null,
    role text not null,
    -- SHA-256 of the key: 256 random bits need no slow hash, and the key itself is never stored.
    key_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint api_key_once unique (key_hash),
    constraint api_key_role check (role in ('admin', 'secretariat', 'reviewer', 'integration'))
  );
  create table sandbox_clock (
    only_row boolean primary key default true check (only_row),
    offset_ms bigint not null
  );
  `.execute(db)
}
