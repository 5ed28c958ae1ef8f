import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- What the person consents to at present, so that a row filter can ask for it; the table below says since when.
  alter table application add column consents text[] not null default '{}';
  -- An outcome that a person set against the rules' own, with reason, who and when.
  alter table application add column outcome_override jsonb;
  alter table application add column decision_reason text;
  alter table application add column decided_at timestamptz;
  -- Each giving and each withdrawal of a consent, dated, with the version of the words that were agreed to. Never changed; holds no personal data.
  create table consent (
    id uuid primary key default uuidv7(),
    application_id uuid not null references application (id) on delete cascade,
    code text not null,
    given boolean not null,
    at timestamptz not null,
    wording_version text not null,
    recorded_by text not null
  );
  create index consent_application on consent (application_id, id);
  -- Selected speakers, for those outside: the list of one country after its release.
  create index application_selected on application (pre_session, country, id) where decision = 'selected' and status = 'submitted';
  `.execute(db)
}
