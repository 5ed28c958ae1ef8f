import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // The status asks what has not been read yet: nothing, or few, out of very many.
  await sql`
  create index jotform_delivery_unread on jotform_delivery (received_at) where interpreted_at is null;
  -- And of what no submission could be told.
  create index jotform_delivery_unreadable on jotform_delivery (received_at) where interpreted_at is not null and submission_id is null;
  `.execute(db)
}
