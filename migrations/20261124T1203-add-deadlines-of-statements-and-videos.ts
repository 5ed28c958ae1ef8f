import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- Later than those of the round, for one country (R6).
  alter table country_under_review add column statement_deadline jsonb, add column video_deadline jsonb;
  -- Which of the three deadlines was moved or waived.
  alter table deadline_extension add column kind text not null default 'application',
    add constraint deadline_extension_kind check (kind in ('application', 'statement', 'video'));
  alter table deadline_waiver add column kind text not null default 'application',
    add constraint deadline_waiver_kind check (kind in ('application', 'statement', 'video'));
  `.execute(db)
}
