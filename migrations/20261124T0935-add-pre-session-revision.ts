import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- Grows with every change; SEQUENCE of the calendar entries.
  alter table pre_session add column revision int not null default 0;
  `.execute(db)
}
