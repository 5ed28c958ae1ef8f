import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  alter table deadline_waiver add column reassessed_count int not null default 0;
  `.execute(db)
}
