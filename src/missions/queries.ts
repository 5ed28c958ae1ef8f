import type { Insertable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { MissionDelegateTable } from '../db/tables-sessions.ts'

const columns = ['id', 'state', 'email', 'registered_at', 'registered_by', 'revoked_at', 'revoked_by'] as const

/** Nothing where the State has this delegate already. */
export const insertDelegate = (db: Db, row: Insertable<MissionDelegateTable>) =>
  db
    .insertInto('mission_delegate')
    .values(row)
    .onConflict((conflict) => conflict.columns(['state', 'email']).where('revoked_at', 'is', null).doNothing())
    .returning(columns)
    .executeTakeFirst()

export type DelegateRow = NonNullable<Awaited<ReturnType<typeof insertDelegate>>>

/** Newest first. */
export function listDelegates(
  db: Db,
  { state, after, limit }: { state: string | undefined; after: Cursor | undefined; limit: number },
) {
  let query = db.selectFrom('mission_delegate').select(columns)
  if (state !== undefined) query = query.where('state', '=', state)
  if (after !== undefined) query = query.where('id', '<', after.id)
  return query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

/** Revokes a delegate; one that was revoked keeps the time of that. */
export const revokeDelegate = (tx: Tx, id: string, { at, by }: { at: string; by: string }) =>
  tx
    .updateTable('mission_delegate')
    .set(({ fn, val }) => ({
      revoked_at: fn.coalesce('revoked_at', val(at)),
      revoked_by: fn.coalesce('revoked_by', val(by)),
    }))
    .where('id', '=', id)
    .returning(['state', 'email'])
    .executeTakeFirst()

/** Is the address registered again, by another row, for the same State? */
export const findDelegate = (tx: Tx, { state, email }: { state: string; email: string }) =>
  tx
    .selectFrom('mission_delegate')
    .select('id')
    .where('state', '=', state)
    .where('email', '=', email)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()

/** Was the address ever registered for the State, revoked or not? */
export const wasDelegate = async (tx: Tx, { state, email }: { state: string; email: string }): Promise<boolean> =>
  (await tx
    .selectFrom('mission_delegate')
    .select('id')
    .where('state', '=', state)
    .where('email', '=', email)
    .limit(1)
    .executeTakeFirst()) !== undefined
