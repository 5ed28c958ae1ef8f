import type { Db } from '../db/database.ts'
import { addSeconds } from '../domain/instant.ts'
import { AppError } from '../errors.ts'
import { type Caller, hashOf, newSecret } from '../http/access.ts'
import { findEmailOfSession, insertTicket, takeTicket } from './queries.ts'

/** Long enough to open a connection over a poor line, too short to be worth finding in a log. */
export const ticketLifeSeconds = 60

/** A ticket stands for the caller and one topic. Only its hash is kept, until it is used. */
export async function issueTicket(db: Db, topic: string, caller: Caller, now: string) {
  const ticket = newSecret('evt')
  const expiresAt = addSeconds(now, ticketLifeSeconds)
  // An address is personal: it stays with the session, to which the id leads back.
  const { email: _, ...kept } = caller
  await insertTicket(db, { token_hash: hashOf(ticket), topic, caller: JSON.stringify(kept), expires_at: expiresAt })
  return { ticket, expiresAt }
}

/** Used up by being shown. Unknown, used, expired and for another topic are told alike. */
export async function redeemTicket(db: Db, topic: string, ticket: string, now: string): Promise<Caller> {
  const row = await takeTicket(db, hashOf(ticket), topic, now)
  if (row === undefined)
    throw new AppError('event_ticket_invalid', { headers: { 'www-authenticate': 'Bearer realm="pre-sessions"' } })
  const caller = row.caller as unknown as Caller
  const email = caller.role === 'applicant' ? await findEmailOfSession(db, caller.id) : undefined
  return email === undefined ? caller : { ...caller, email }
}
