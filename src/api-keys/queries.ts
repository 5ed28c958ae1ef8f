import type { Insertable } from 'kysely'
import type { Db } from '../db/database.ts'
import type { ApiKeyTable } from '../db/schema.ts'

/** A key that is valid at `now`, by its hash. */
export const findApiKey = (db: Db, hash: Buffer, now: string) =>
  db
    .selectFrom('api_key')
    .select(['id', 'role'])
    .where('key_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .executeTakeFirst()

export const insertApiKey = (db: Db, row: Insertable<ApiKeyTable>) =>
  db
    .insertInto('api_key')
    .values(row)
    .onConflict((conflict) => conflict.constraint('api_key_once').doNothing())
    .execute()
