import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  alter table api_key
    -- Who made it: the id of a key, oidc: and a subject, admin-key, or system.
    add column owner text not null default 'system',
    -- The owner where that is a key: what it may no longer do, nothing that it made may do.
    add column owner_key uuid generated always as (
      case when owner ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then owner::uuid end) stored,
    add column scopes text[] not null default '{*}',
    -- Null: all of them.
    add column pre_sessions int[],
    add column countries text[],
    add column last_used_at timestamptz,
    add column replaced_by uuid references api_key (id),
    add column revocation_reason text,
    add constraint api_key_limits check (
      cardinality(scopes) > 0 and coalesce(cardinality(pre_sessions), 1) > 0 and coalesce(cardinality(countries), 1) > 0);
  -- A rotation hands over what the old key had made.
  create index api_key_owner on api_key (owner) where owner_key is not null;
  -- The countries whose applications a reviewer reads.
  create table reviewer_assignment (
    -- Id of the key, or oidc: and the subject.
    subject text not null,
    pre_session int not null,
    country text not null,
    -- The explicit grant to see who is at risk.
    sees_identities boolean not null default false,
    assigned_by text not null,
    assigned_at timestamptz not null,
    primary key (subject, pre_session, country),
    constraint reviewer_assignment_country foreign key (pre_session, country)
      references country_under_review (pre_session, iso3) on delete cascade
  );
  create index reviewer_assignment_country on reviewer_assignment (pre_session, country);
  `.execute(db)
}
