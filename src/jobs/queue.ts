import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

export interface EnqueueOptions {
  /** One waiting job per key: a second one replaces it; a running one is left and a new one made. */
  jobKey?: string
  /** `preserve_run_at` keeps the time of the job that waits already, so that calls gather into one batch. */
  jobKeyMode?: 'replace' | 'preserve_run_at'
  /** Seconds of real time from now; job back-off never follows the sandbox clock. */
  delaySeconds?: number
  maxAttempts?: number
  /** Lower runs first. */
  priority?: number
  /** Jobs of one queue run one after the other, in all processes together; the others wait without holding a worker. */
  queue?: string
}

/** Adds a job in the caller's transaction: it exists if and only if the change that needs it does. */
export async function enqueue(
  db: Db,
  task: string,
  payload: Record<string, unknown>,
  options: EnqueueOptions = {},
): Promise<void> {
  const {
    jobKey = null,
    jobKeyMode = 'replace',
    delaySeconds = 0,
    maxAttempts = 25,
    priority = 0,
    queue = null,
  } = options
  await sql`select graphile_worker.add_job(${task}::text, payload := ${JSON.stringify(payload)}::json,
    run_at := case when ${delaySeconds}::float8 = 0 then null else now() + ${delaySeconds}::float8 * interval '1 second' end,
    max_attempts := ${maxAttempts}::int, job_key := ${jobKey}::text, job_key_mode := ${jobKeyMode}::text, priority := ${priority}::int,
    queue_name := ${queue}::text)`.execute(db)
}

/** Many jobs of one task in one statement, each under its key with the time of one that waits already. */
export async function enqueueMany(
  db: Db,
  task: string,
  jobs: readonly { payload: Record<string, unknown>; jobKey: string }[],
  maxAttempts = 25,
): Promise<void> {
  if (jobs.length === 0) return
  await sql`select graphile_worker.add_job(${task}::text, payload := j.payload, max_attempts := ${maxAttempts}::int, job_key := j."jobKey",
    job_key_mode := 'preserve_run_at') from json_to_recordset(${JSON.stringify(jobs)}::json) as j (payload json, "jobKey" text)`.execute(
    db,
  )
}
