import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  alter table application
    -- The last change that its applicant is not told of at once: a decision, that the speaker was prevented. updated_at says nothing of it.
    add column staff_updated_at timestamptz,
    -- What its applicant is told in place of "prevented"; null for every other status.
    add column told_status text,
    -- The newest answer, whatever content counts: who comes to be at risk after the deadline is so at once. Unanswered is yes.
    add column at_risk boolean not null default true,
    add constraint application_told_status check (told_status in ('submitted', 'withdrawn'));
  update application set told_status = 'submitted' where status = 'prevented';
  update application set at_risk = coalesce((v.body #>> '{speaker,atRisk}')::boolean, true)
    from application_version v where v.application_id = application.id and v.n = application.latest_version;
  alter table application add constraint application_told_prevented check ((status = 'prevented') = (told_status is not null));
  `.execute(db)
}
