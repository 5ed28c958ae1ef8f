import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- Who put it beside the content of a Jotform application, which no upload may change. Null: it is part of the content.
  alter table document add column added_by_hand text,
    add constraint document_added_by_hand check (added_by_hand in ('staff', 'other'));
  `.execute(db)
}
