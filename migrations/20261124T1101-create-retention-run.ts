import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- One a day, whichever replica does it; a run that was not finished is taken over.
  create table retention_run (
    day date primary key,
    started_at timestamptz not null,
    finished_at timestamptz,
    -- How many records of each class went.
    counts jsonb not null default '{}'
  );
  `.execute(db)
}
