import { type Insertable, sql } from 'kysely'
import { compileOnce } from '../db/compile-once.ts'
import type { Db, Tx } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { SessionTable } from '../db/tables-sessions.ts'
import { type LinkPurpose, moderatorSessionLimits } from '../domain/access-link.ts'

const columns = [
  'id',
  'role',
  'email',
  'pre_session',
  'country',
  'state',
  'slot_id',
  'created_at',
  'expires_at',
  'revoked_at',
] as const

const validSession = compileOnce((db: Db, hash: Buffer, now: string) =>
  db
    .selectFrom('session')
    .select(columns)
    .where('token_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now),
)

/** A session that is valid at `now`, by its hash. */
export const findSession = async (db: Db, hash: Buffer, now: string) => (await validSession(db, hash, now))[0]

export type SessionRow = NonNullable<Awaited<ReturnType<typeof findSession>>>

export const insertSession = (tx: Tx, row: Insertable<SessionTable>) =>
  tx.insertInto('session').values(row).returning(columns).executeTakeFirstOrThrow()

interface ListOptions {
  filters: { role?: LinkPurpose | undefined; preSession?: number | undefined }
  after: Cursor | undefined
  limit: number
}

/** Newest first. */
export function listSessions(db: Db, { filters, after, limit }: ListOptions) {
  let query = db.selectFrom('session').select(columns)
  if (filters.role !== undefined) query = query.where('role', '=', filters.role)
  if (filters.preSession !== undefined) query = query.where('pre_session', '=', filters.preSession)
  if (after !== undefined) query = query.where('id', '<', after.id)
  return query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

/** Ends a session; one that was ended keeps the time of that. */
export const revokeSession = (db: Db, id: string, now: string) =>
  db
    .updateTable('session')
    .set(({ fn, val }) => ({ revoked_at: fn.coalesce('revoked_at', val(now)) }))
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()

export const revokeMissionSessions = (tx: Tx, { email, state }: { email: string; state: string }, now: string) =>
  tx
    .updateTable('session')
    .set({ revoked_at: now })
    .where('email', '=', email)
    .where('role', '=', 'mission')
    .where('state', '=', state)
    .where('revoked_at', 'is', null)
    .execute()

export const revokeModeratorSessions = (tx: Tx, { email, slotId }: { email: string; slotId: string }, now: string) =>
  tx
    .updateTable('session')
    .set({ revoked_at: now })
    .where('email', '=', email)
    .where('role', '=', 'moderator')
    .where('slot_id', '=', slotId)
    .where('revoked_at', 'is', null)
    .execute()

/** Nobody moderates these slots any more: links and sessions are worth nothing from now on. */
export async function endModeration(tx: Tx, slotIds: readonly string[], now: string): Promise<void> {
  const ofSlots = sql<boolean>`slot_id = any (${[...slotIds]}::uuid[])`
  await tx
    .updateTable('access_link')
    .set({ replaced_at: now })
    .where(ofSlots)
    .where('used_at', 'is', null)
    .where('replaced_at', 'is', null)
    .execute()
  await tx.updateTable('session').set({ revoked_at: now }).where(ofSlots).where('revoked_at', 'is', null).execute()
}

/** Moderators keep link and session until a slot that ends later is over: as long as a session lasts at most, and two hours after the slot. */
export async function followSlot(tx: Tx, slotId: string, now: string): Promise<void> {
  const endsAt = await findSlotEnd(tx, slotId)
  await tx
    .updateTable('access_link')
    .set({ expires_at: sql<string>`greatest(expires_at, ${endsAt}::timestamptz)` })
    .where('slot_id', '=', slotId)
    .where('used_at', 'is', null)
    .where('replaced_at', 'is', null)
    .execute()
  await tx
    .updateTable('session')
    .set({
      expires_at: sql<string>`greatest(expires_at, least(created_at + ${moderatorSessionLimits.whole}::interval, ${endsAt}::timestamptz + ${moderatorSessionLimits.afterSlot}::interval))`,
    })
    .where('slot_id', '=', slotId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .execute()
}

/** When the slot of a moderator's link ends. */
export const findSlotEnd = async (tx: Tx, slotId: string): Promise<string> =>
  (await tx.selectFrom('slot').select('ends_at').where('id', '=', slotId).executeTakeFirstOrThrow()).ends_at
