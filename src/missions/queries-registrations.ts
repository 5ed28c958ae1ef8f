import type { Insertable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { MissionRegistrationTable } from '../db/tables-slots.ts'

const columns = ['id', 'pre_session', 'state', 'name', 'email', 'position', 'registered_at', 'cancelled_at'] as const

/** Nothing where the address is registered for the State already. */
export const insertRegistration = (tx: Tx, row: Insertable<MissionRegistrationTable>) =>
  tx
    .insertInto('mission_registration')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['pre_session', 'state', 'email']).where('cancelled_at', 'is', null).doNothing(),
    )
    .returning(columns)
    .executeTakeFirst()

export type RegistrationRow = NonNullable<Awaited<ReturnType<typeof insertRegistration>>>

interface ListOptions {
  preSession: number
  state: string | undefined
  after: string | undefined
  limit: number
}

export function listRegistrations(
  db: Db,
  { preSession, state, after, limit }: ListOptions,
): Promise<RegistrationRow[]> {
  let query = db.selectFrom('mission_registration').select(columns).where('pre_session', '=', preSession)
  if (state !== undefined) query = query.where('state', '=', state)
  if (after !== undefined) query = query.where('id', '>', after)
  return query
    .orderBy('id')
    .limit(limit + 1)
    .execute()
}

/** One that was cancelled keeps the time of that; of another State it is not there. */
export function cancelRegistration(
  tx: Tx,
  { id, preSession, state, at }: { id: string; preSession: number; state: string | undefined; at: string },
) {
  let query = tx
    .updateTable('mission_registration')
    .set(({ fn, val }) => ({ cancelled_at: fn.coalesce('cancelled_at', val(at)) }))
    .where('id', '=', id)
    .where('pre_session', '=', preSession)
  if (state !== undefined) query = query.where('state', '=', state)
  return query.returning(columns).executeTakeFirst()
}
