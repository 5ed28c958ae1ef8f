import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- Documents for the selection alone were not scanned so far. Where there is a scanner, they are from now on.
  update document set scan = '{"status": "notScanned", "reason": "notConfigured"}'
    where scan is null and status = 'stored' and review_status is null;
  `.execute(db)
}
