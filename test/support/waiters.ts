import { sql } from 'kysely'
import type { TestApp } from './app.ts'

/** Waits until so many statements of this database wait for a lock: the event that a race is about. */
export async function lockWaiters({ db }: Pick<TestApp, 'db'>, count: number): Promise<void> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
    if ((rows[0]?.n ?? 0) >= count) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('Nobody waits for a lock.')
}
