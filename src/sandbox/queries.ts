import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

export const channel = 'sandbox_clock'

const undefinedTable = '42P01'

/** How far the sandbox's clock is ahead of real time, in milliseconds; below zero when it is behind. */
export async function findClockOffset(db: Db): Promise<number> {
  try {
    const row = await db.selectFrom('sandbox_clock').select('offset_ms').executeTakeFirst()
    return row?.offset_ms ?? 0
  } catch (error) {
    // Migrations are pending: the service still starts, and its readiness says so.
    if ((error as { code?: string }).code === undefinedTable) return 0
    throw error
  }
}

/** One statement, so that every replica is told exactly when the change is there to be read. */
export const updateClockOffset = (db: Db, offsetMs: number) =>
  sql`
    with changed as (
      insert into sandbox_clock (offset_ms) values (${offsetMs})
      on conflict (only_row) do update set offset_ms = excluded.offset_ms returning only_row
    )
    select pg_notify(${channel}, '') from changed`.execute(db)
