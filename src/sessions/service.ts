import type { Deps } from '../deps.ts'
import { type Caller, hashOf, type ResolveCredential } from '../http/access.ts'
import { findSession } from './queries.ts'

/** Resolves the bearer of a session. Read from the database every time: a revocation takes effect with the next request. */
export const resolveSession =
  ({ db, clock }: Pick<Deps, 'db' | 'clock'>): ResolveCredential =>
  async (bearer) => {
    const row = await findSession(db, hashOf(bearer), clock.now())
    return row === undefined ? undefined : callerOf(row)
  }

type SessionRow = NonNullable<Awaited<ReturnType<typeof findSession>>>

/** An applicant is known by its address, a mission by its State; both only in the round that the link was for. */
const callerOf = (row: SessionRow): Caller => ({
  role: row.role,
  id: row.id,
  scopes: ['*'],
  preSessions: [row.pre_session],
  ...(row.country === null ? {} : { countries: [row.country] }),
  ...(row.state === null ? {} : { state: row.state }),
  ...(row.role === 'applicant' ? { email: row.email } : {}),
})
