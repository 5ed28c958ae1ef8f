import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import type { Db } from '../db/database.ts'
import type { Deps } from '../deps.ts'

/** Registry locks live in their own number space, apart from other advisory locks. */
const lockClass = 38_001
const retryMs = 500
/** A process says which jobs are its own a moment after it takes the first ones. */
const unclaimedAfter = '10 seconds'
/** Between taking a job and working it, and between working it and saying so, lie moments; longer while the database is away. */
const forgottenAfter = '30 seconds'

/** Tells which jobs of the queue are held by living processes, and gives the others back. */
export interface Registry {
  /** Jobs locked under this name are ours from now on; those of an earlier name are given back. */
  claim(lockedBy: string): Promise<void>
  /** Gives back the jobs of processes that are no more, those that nobody calls his own, and our own ones that are not `running`. */
  releaseDead(db: Db, listRunning: () => string[]): Promise<void>
  close(): Promise<void>
}

/** One row and one advisory lock per living worker process; the lock lives in a connection and ends with the process, however that ends. */
export async function registerProcess(url: string, log: Deps['log']): Promise<Registry> {
  const key = randomInt(2 ** 31 - 1)
  const closed = new AbortController()
  let client: pg.Client
  let claimed: string[] = []

  const write = () =>
    client.query(
      'insert into worker_process (lock_key, worker_ids) values ($1, $2) on conflict (lock_key) do update set worker_ids = excluded.worker_ids',
      [key, claimed],
    )
  const connect = async () => {
    const next = new pg.Client({ connectionString: url, application_name: 'pre-sessions worker' })
    const ended = new Promise<void>((resolve) => next.once('end', resolve))
    // The end of the connection is what counts; an 'error' without a listener would end the process.
    next.on('error', () => {})
    try {
      await next.connect()
      await next.query('select pg_advisory_lock($1, $2)', [lockClass, key])
      client = next
      await write()
    } catch (error) {
      await next.end().catch(() => {})
      throw error
    }
    return { ended }
  }
  const keepConnected = async (ended: Promise<void>) => {
    for (;;) {
      await ended
      await delay(retryMs, undefined, { signal: closed.signal })
      const next = await connect().catch((error: unknown) => {
        log.debug({ err: error }, 'worker registry not reachable')
        return undefined
      })
      ended = next?.ended ?? Promise.resolve()
    }
  }

  const first = await connect()
  const loop = keepConnected(first.ended).catch(() => {})
  return {
    async claim(lockedBy) {
      const before = claimed
      claimed = [lockedBy]
      await write()
      await client.query('select graphile_worker.force_unlock_workers($1::text[])', [before])
    },
    async releaseDead(db, listRunning) {
      await db.transaction().execute(async (tx) => {
        const dead = await sql<{ worker_ids: string[] }>`
          delete from worker_process where lock_key <> ${key} and pg_try_advisory_xact_lock(${lockClass}, lock_key) returning worker_ids`.execute(
          tx,
        )
        const unclaimed = await sql<{ locked_by: string }>`
          select distinct locked_by from graphile_worker.jobs where locked_at < now() - ${unclaimedAfter}::interval
          and not exists (select from worker_process p where locked_by = any (p.worker_ids))`.execute(tx)
        await unlock(tx, [
          ...dead.rows.flatMap(({ worker_ids: ids }) => ids),
          ...unclaimed.rows.map(({ locked_by: id }) => id),
        ])
      })
      // Taken for us by a statement whose answer was lost with the database.
      // What runs is asked for when nothing is waited for any more: a job that began meanwhile would be taken for forgotten.
      await db.connection().execute((own) =>
        sql`update graphile_worker._private_jobs set locked_at = null, locked_by = null
        where locked_by = any (${claimed}::text[]) and locked_at < now() - ${forgottenAfter}::interval
        and id <> all (${listRunning()}::bigint[])`.execute(own),
      )
      await sql`update graphile_worker._private_job_queues q set locked_at = null, locked_by = null
        where locked_by = any (${claimed}::text[]) and locked_at < now() - ${forgottenAfter}::interval
        and not exists (select from graphile_worker._private_jobs j where j.job_queue_id = q.id and j.locked_at is not null)`.execute(
        db,
      )
    },
    async close() {
      closed.abort()
      await client.query('delete from worker_process where lock_key = $1', [key]).catch(() => {})
      await client.end().catch(() => {})
      await loop
    },
  }
}

async function unlock(db: Db, lockedBy: string[]): Promise<void> {
  if (lockedBy.length > 0) await sql`select graphile_worker.force_unlock_workers(${lockedBy}::text[])`.execute(db)
}
