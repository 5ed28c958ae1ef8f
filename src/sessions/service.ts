import { consumeLink } from '../access-links/queries.ts'
import type { Deps } from '../deps.ts'
import { sessionExpiresAt } from '../domain/access-link.ts'
import { isEarlier } from '../domain/instant.ts'
import { AppError } from '../errors.ts'
import { type Caller, hashOf, newSecret, type ResolveCredential } from '../http/access.ts'
import { findSession, findSlotEnd, insertSession, revokeSession, type SessionRow } from './queries.ts'

/** Resolves the bearer of a session. Read from the database every time: a revocation takes effect with the next request. */
export const resolveSession =
  ({ db, clock }: Pick<Deps, 'db' | 'clock'>): ResolveCredential =>
  async (bearer) => {
    const row = await findSession(db, hashOf(bearer), clock.now())
    return row === undefined ? undefined : callerOf(row)
  }

/** An applicant is known by its address, a mission by its State, a moderator by its slot; all only in the round that the link was for. */
const callerOf = (row: SessionRow): Caller => ({
  role: row.role,
  id: row.id,
  scopes: ['*'],
  expiresAt: row.expires_at,
  preSessions: [row.pre_session],
  ...(row.country === null ? {} : { countries: [row.country] }),
  ...(row.state === null ? {} : { state: row.state }),
  ...(row.slot_id === null ? {} : { slotId: row.slot_id }),
  ...(row.role === 'applicant' ? { email: row.email } : {}),
})

/** Exchanges the token of a link for a session. Unknown, used, replaced and expired are told alike. */
export async function createSession({ db }: Deps, token: string, now: string) {
  const bearer = newSecret('ses')
  return db.transaction().execute(async (tx) => {
    const link = await consumeLink(tx, hashOf(token), now)
    if (link === undefined) throw invalidLink()
    const { id, purpose, ...person } = link
    const slotEndsAt = person.slot_id === null ? undefined : await findSlotEnd(tx, person.slot_id)
    const expiresAt = sessionExpiresAt(purpose, now, slotEndsAt)
    // The slot was moved to an earlier time and is over.
    if (!isEarlier(now, expiresAt)) throw invalidLink()
    const row = await insertSession(tx, {
      ...person,
      role: purpose,
      token_hash: hashOf(bearer),
      access_link_id: id,
      created_at: now,
      expires_at: expiresAt,
    })
    return { row, token: bearer }
  })
}

const invalidLink = () =>
  new AppError('access_link_invalid', { headers: { 'www-authenticate': 'Bearer realm="pre-sessions"' } })

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Only what began as a session can be ended: a token of an issuer is ended there. */
export async function endSession({ db }: Deps, id: string, now: string): Promise<void> {
  if (!uuid.test(id) || (await revokeSession(db, id, now)) === undefined) throw new AppError('session_not_found')
}
