import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- The numbers of applications that staff see at each country, from the index alone.
  create index application_counts on application (pre_session, country, status, outcome);
  -- The list of one outcome over all rounds, newest or oldest first.
  create index application_outcome_created on application (outcome, created_at, id);
  -- Whom a change of a country's terms concerns: whoever names it in any version.
  create index application_version_country on application_version ((body ->> 'country'), application_id);
  `.execute(db)
}
