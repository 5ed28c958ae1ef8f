import { sql } from 'kysely'
import type { Deps } from '../../src/deps.ts'
import { listTasks } from '../../src/jobs/list.ts'

/** Runs the jobs that wait, and those that they make, in this process and in order: nothing has to be waited for. */
export async function runJobs(deps: Deps): Promise<void> {
  const tasks = listTasks(deps)
  for (;;) {
    const { rows } = await sql<{ task: string; payload: unknown }>`
      with taken as (
        delete from graphile_worker._private_jobs where id = (select min(id) from graphile_worker._private_jobs) returning task_id, payload
      )
      select t.identifier as task, taken.payload from taken join graphile_worker._private_tasks t on t.id = taken.task_id`.execute(
      deps.db,
    )
    const [job] = rows
    if (job === undefined) return
    await tasks[job.task]?.(job.payload)
  }
}
