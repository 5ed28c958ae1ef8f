import type { Db } from '../db/database.ts'

const columns = [
  'id',
  'role',
  'email',
  'pre_session',
  'country',
  'state',
  'created_at',
  'expires_at',
  'revoked_at',
] as const

/** A session that is valid at `now`, by its hash. */
export const findSession = (db: Db, hash: Buffer, now: string) =>
  db
    .selectFrom('session')
    .select(columns)
    .where('token_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
