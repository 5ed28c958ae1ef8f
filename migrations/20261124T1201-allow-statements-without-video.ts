import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- A statement that is given as text alone has no version to review.
  alter table video_review alter column version_id drop not null;
  `.execute(db)
}
