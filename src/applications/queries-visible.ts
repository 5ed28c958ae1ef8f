import { sql } from 'kysely'
import { seesAsStaff } from '../domain/visibility.ts'

/** Who reads, as far as the rows depend on it. */
export interface Reader {
  role: string
  id: string
  state?: string | undefined
  email?: string | undefined
  preSessions?: readonly number[] | undefined
  countries?: readonly string[] | undefined
}

/** What a row tells of a reviewer's assignment; not there for others. */
export interface Assigned {
  sees_identities?: boolean
}

/** Does this reviewer's assignment show who it is? */
export const seesIdentities = (subject: unknown) =>
  sql<boolean>`(select r.sees_identities from reviewer_assignment r
    where r.subject = ${subject} and r.pre_session = a.pre_session and r.country = a.country)`.as('sees_identities')

/** Now, who it is (an address, the id of a reviewer, a State), and the rounds and countries that the credential is limited to. */
export type ReaderArguments = [now: unknown, who: unknown, rounds: unknown, countries: unknown]

export const argumentsOf = (
  { role, id, email, state, preSessions, countries }: Reader,
  now: string,
): ReaderArguments => [
  now,
  role === 'applicant' ? (email ?? '') : role === 'reviewer' ? id : (state ?? ''),
  preSessions && [...preSessions],
  countries && [...countries],
]

/** The conditions of visibilityOf on an application `a`. */
export const visibleTo = (reader: Reader, now: string) => visibleWithin(shapeOf(reader), argumentsOf(reader, now))

/** What the statement depends on. */
export function shapeOf({ role, state, preSessions, countries }: Reader): string {
  const isStaff = seesAsStaff(role)
  const isKnown = role === 'applicant' || role === 'reviewer' || (role === 'mission' && state !== undefined)
  return [isStaff ? 'staff' : isKnown ? role : 'public', preSessions && 'rounds', countries && 'countries']
    .filter(Boolean)
    .join(' ')
}

/** The same for a shape: a statement is compiled once for each. */
export function visibleWithin(shape: string, [now, who, rounds, countries]: ReaderArguments) {
  const [role, ...limits] = shape.split(' ')
  return sql<boolean>`${visibleToRole(role, now, who)}
    and ${limits.includes('rounds') ? sql`a.pre_session = any (${rounds}::int[])` : sql`true`}
    and ${limits.includes('countries') ? sql`a.country = any (${countries}::text[])` : sql`true`}`
}

function visibleToRole(role: string | undefined, now: unknown, who: unknown) {
  if (role === 'staff') return sql<boolean>`true`
  if (role === 'applicant') return sql<boolean>`a.emails @> array[${who}::text]`
  if (role === 'reviewer') {
    return sql<boolean>`a.status in ('submitted', 'withdrawn') and exists (
      select from reviewer_assignment r where r.subject = ${who}::text and r.pre_session = a.pre_session and r.country = a.country)`
  }
  const consented =
    role === 'mission'
      ? sql<boolean>`('showNameInProgramme' = any (a.consents) or ('shareWithMissions' = any (a.consents)
          and (a.country <> ${who}::text or 'shareWithStateUnderReview' = any (a.consents))))`
      : sql<boolean>`'showNameInProgramme' = any (a.consents)`
  return sql<boolean>`a.status = 'submitted' and a.decision = 'selected' and ${consented} and exists (
    select from country_under_review released where released.pre_session = a.pre_session and released.iso3 = a.country
      and released.release_at <= ${now}::timestamptz)`
}
