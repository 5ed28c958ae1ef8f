import { randomInt } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { Logger, type Runner, run, type TaskList } from 'graphile-worker'
import { sql } from 'kysely'
import pg from 'pg'
import type { Deps } from '../deps.ts'

/** A unit of work by name. It may run twice: it must be idempotent. */
export type Task = (payload: unknown) => Promise<void>

/** Something that runs by clock in every worker process; replicas agree among themselves who does the work. */
export interface Tick {
  name: string
  everyMs: number
  run(): Promise<void>
}

export interface WorkerOptions {
  url: string
  tasks: Record<string, Task>
  ticks: Tick[]
  /** How many jobs run at once in this process. */
  concurrency?: number
}

export interface Worker {
  stop(): Promise<void>
}

/** Registry locks live in their own number space, apart from other advisory locks. */
const lockClass = 38_001

/**
 * Runs the queue's jobs and the ticks in this process. Each worker process holds an advisory lock for as long as it lives; jobs that a process
 * without its lock still holds are given back at once, since the queue itself would wait four hours for a killed process.
 */
export async function startWorker(deps: Deps, { url, tasks, ticks, concurrency = 6 }: WorkerOptions): Promise<Worker> {
  const log = deps.log.child({ part: 'worker' })
  const registry = await registerProcess(url, log)
  const workerIds: string[] = []
  const events = new EventEmitter()
  events.on('worker:create', ({ worker }: { worker: { workerId: string } }) => workerIds.push(worker.workerId))
  const runner: Runner = await run({
    connectionString: url,
    maxPoolSize: concurrency + 2,
    concurrency,
    noHandleSignals: true,
    pollInterval: 1_000,
    taskList: Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, (payload: unknown) => task(payload)])) as TaskList,
    parsedCronItems: [],
    events: events as never,
    logger: new Logger(() => (level, message) => (level === 'error' ? log.error(message) : level === 'warning' ? log.warn(message) : log.debug(message))),
  })
  await registry.claim(workerIds)
  const stopTicks = startTicks([...ticks, { name: 'release-dead-workers', everyMs: 15_000, run: () => registry.releaseDead(deps) }], log)
  await registry.releaseDead(deps)
  return {
    async stop() {
      await stopTicks()
      await runner.stop().catch((error: unknown) => log.warn({ err: error }, 'worker stop'))
      await registry.close()
    },
  }
}

function startTicks(ticks: Tick[], log: Deps['log']): () => Promise<void> {
  const running = new Set<Promise<void>>()
  const timers = ticks.map((tick) => {
    let busy = false
    const fire = () => {
      if (busy) return
      busy = true
      const work = tick
        .run()
        .catch((error: unknown) => log.error({ err: error, tick: tick.name }, 'tick failed'))
        .finally(() => {
          busy = false
          running.delete(work)
        })
      running.add(work)
    }
    fire()
    return setInterval(fire, tick.everyMs)
  })
  return async () => {
    for (const timer of timers) clearInterval(timer)
    await Promise.all(running)
  }
}

/** One row and one advisory lock per living worker process. */
async function registerProcess(url: string, log: Deps['log']) {
  const key = randomInt(2 ** 31 - 1)
  let client: pg.Client
  let claimed: string[] = []
  let closed = false
  const connect = async () => {
    client = new pg.Client({ connectionString: url, application_name: 'pre-sessions worker' })
    client.on('error', () => void reconnect())
    await client.connect()
    await client.query('select pg_advisory_lock($1, $2)', [lockClass, key])
    if (claimed.length > 0) await write()
  }
  const reconnect = async () => {
    while (!closed) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      try {
        await connect()
        return
      } catch (error) {
        log.debug({ err: error }, 'worker registry not reachable')
      }
    }
  }
  const write = () =>
    client.query('insert into worker_process (lock_key, worker_ids) values ($1, $2) on conflict (lock_key) do update set worker_ids = excluded.worker_ids', [key, claimed])
  await connect()
  return {
    async claim(workerIds: string[]) {
      claimed = workerIds
      await write()
    },
    async releaseDead({ db }: Deps) {
      await db.transaction().execute(async (tx) => {
        const dead = await sql<{ worker_ids: string[] }>`
          delete from worker_process where lock_key <> ${key} and pg_try_advisory_xact_lock(${lockClass}, lock_key) returning worker_ids`.execute(tx)
        const ids = dead.rows.flatMap((row) => row.worker_ids)
        if (ids.length > 0) await sql`select graphile_worker.force_unlock_workers(${ids}::text[])`.execute(tx)
      })
    },
    async close() {
      closed = true
      await client.query('delete from worker_process where lock_key = $1', [key]).catch(() => {})
      await client.end().catch(() => {})
    },
  }
}
