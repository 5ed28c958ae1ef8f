import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- False until the call was opened for the first time: a draft that is cancelled was never public and stays so.
  alter table pre_session add column published boolean not null default true;
  `.execute(db)
}
