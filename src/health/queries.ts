import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

export const ping = (db: Db) => sql`select 1`.execute(db)

export async function listAppliedMigrations(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  return rows.map(({ name }) => name)
}

export const pingQueue = (db: Db) => sql`select 1 from graphile_worker.jobs limit 1`.execute(db)

export interface JobCount {
  task: string
  state: 'ready' | 'scheduled' | 'running' | 'failed'
  count: number
}

/** Jobs of the queue by what they wait for; the queue lives in real time. */
export async function countJobs(db: Db): Promise<JobCount[]> {
  const { rows } = await sql<JobCount>`
    select task_identifier as task, count(*) as count,
      case when locked_at is not null then 'running' when attempts >= max_attempts then 'failed'
        when run_at > now() then 'scheduled' else 'ready' end as state
    from graphile_worker.jobs group by task_identifier, state`.execute(db)
  return rows
}

/** Submissions of the Jotform form by state: read from an index alone. */
export const countSubmissions = (db: Db) =>
  db
    .selectFrom('jotform_submission')
    .select((query) => ['state', query.fn.countAll<number>().as('count')])
    .groupBy('state')
    .execute()
