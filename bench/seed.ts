import type pg from 'pg'

/** Applications as they really are, made in the database: `from` to `to`, spread over the fourteen countries of round 38. */
export async function seedApplications(client: pg.Client, from: number, to: number): Promise<void> {
  await client.query('drop index if exists application_search')
  await client.query('drop index if exists application_members')
  await client.query(
    `insert into application (pre_session, country, status, outcome, source, body, latest_version, submitted_version, assessed_version, received_at, received_basis,
       closes_at, receipt, assessment, search_text, organisation_type, organisation_key, emails, created_at, updated_at)
     select 38, c.iso3, 'submitted', case n % 5 when 0 then 'incomplete' when 1 then 'late' else 'eligible' end, 'api',
       jsonb_build_object('preSession', 38, 'country', c.iso3,
         'organisation', jsonb_build_object('name', 'Organisation ' || n, 'type', 'nationalCso', 'basedIn', c.iso3, 'email', 'contact@org' || n || '.example', 'phone', '+41 22 ' || n,
           'website', 'https://org' || n || '.example/', 'aim', repeat('We document cases and train lawyers. ', 12), 'foundedYear', 1990, 'ecosocStatus', 'none'),
         'speaker', jsonb_build_object('firstName', 'Zoë', 'lastName', 'Speaker ' || n, 'position', 'Director', 'email', 'speaker@org' || n || '.example', 'gender', 'woman', 'timeZone', 'Europe/Brussels', 'atRisk', false),
         'issues', jsonb_build_array('right-to-health', 'environment'), 'uprSubmission', jsonb_build_object('reference', 'JS17')),
       1, 1, 1, '2020-11-01T00:00:00Z'::timestamptz + n * interval '1 second', 'requestRead', '2021-01-08T23:00:00Z',
       jsonb_build_object('kind', 'request', 'receivedAt', '2020-12-01T00:00:00Z'),
       jsonb_build_object('outcome', 'eligible', 'missing', '[]'::jsonb, 'evaluatedAt', '2020-12-01T00:00:00Z', 'policyVersion', '1', 'rules', '[]'::jsonb),
       'organisation ' || n || ' zoe speaker ' || n || ' contact@org' || n || '.example', 'nationalCso', 'organisation' || n,
       array['contact@org' || n || '.example'], '2020-11-01T00:00:00Z'::timestamptz + n * interval '1 second', '2020-12-01T00:00:00Z'
     from generate_series($1::int, $2::int) n
     join lateral (select iso3 from country_under_review where pre_session = 38 and position = n % 14 + (select min(position) from country_under_review where pre_session = 38)) c on true`,
    [from, to],
  )
  await client.query('create index application_search on application using gin (search_text gin_trgm_ops)')
  await client.query('create index application_members on application using gin (member_keys)')
  await client.query('vacuum analyze application')
}
