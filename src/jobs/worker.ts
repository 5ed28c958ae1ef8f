import { EventEmitter, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Logger, type Runner, run, type TaskList, type WorkerEventMap } from 'graphile-worker'
import pg from 'pg'
import type { Deps } from '../deps.ts'
import { type Registry, registerProcess } from './registry.ts'

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

const defaultConcurrency = 6
const restartMs = 500
const releaseEveryMs = 15_000

/**
 * Runs the queue's jobs and the ticks in this process. Each worker process holds an advisory lock for as long as it lives; jobs that a process
 * without its lock still holds are given back at once, since the queue itself would wait four hours for a killed process.
 */
export async function startWorker(deps: Deps, options: WorkerOptions): Promise<Worker> {
  const { url, concurrency = defaultConcurrency } = options
  const log = deps.log.child({ part: 'worker' })
  const registry = await registerProcess(url, log)
  await registry.releaseDead(deps.db)
  const pool = createQueuePool({ url, concurrency })
  const runner = await keepRunning({ tasks: options.tasks, concurrency, pool }, registry, log)
  const release: Tick = {
    name: 'release-dead-workers',
    everyMs: releaseEveryMs,
    run: () => registry.releaseDead(deps.db),
  }
  const stopTicks = startTicks([...options.ticks, release], log)
  return {
    async stop() {
      await stopTicks()
      await runner.stop()
      await registry.close()
      await pool.end()
    },
  }
}

interface RunnerOptions extends Required<Pick<WorkerOptions, 'tasks' | 'concurrency'>> {
  pool: pg.Pool
}

/** Ours, and not the runner's: a runner that ends takes its listeners with it, and a connection that breaks then would end the process. */
function createQueuePool({ url, concurrency }: { url: string; concurrency: number }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: concurrency + 2,
    application_name: 'pre-sessions queue',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** The queue's runner ends when it cannot say what became of a job, as when the database is gone; then another one takes its place. */
async function keepRunning(options: RunnerOptions, registry: Registry, log: Deps['log']): Promise<Worker> {
  const stopping = new AbortController()
  let runner: Runner | undefined = await startRunner(options, registry, log)
  const supervise = async () => {
    while (!stopping.signal.aborted) {
      await runner?.promise.catch((error: unknown) => log.warn({ err: error }, 'the queue stopped'))
      await delay(restartMs, undefined, { signal: stopping.signal })
      runner = await startRunner(options, registry, log).catch((error: unknown) => {
        log.warn({ err: error }, 'the queue cannot start again yet')
        return undefined
      })
    }
    await runner?.stop()
  }
  const loop = supervise().catch(() => {})
  return {
    async stop() {
      stopping.abort()
      await runner?.stop().catch((error: unknown) => log.warn({ err: error }, 'worker stop'))
      await loop
    },
  }
}

async function startRunner(
  { pool, tasks, concurrency }: RunnerOptions,
  registry: Registry,
  log: Deps['log'],
): Promise<Runner> {
  const events = new EventEmitter()
  // Jobs are locked under the name of the pool.
  const created = once(events, 'pool:create') as Promise<[WorkerEventMap['pool:create']]>
  const runner = await run({
    pgPool: pool,
    noHandleSignals: true,
    taskList: Object.fromEntries(
      Object.entries(tasks).map(([name, task]) => [name, (payload: unknown) => task(payload)]),
    ) as TaskList,
    parsedCronItems: [],
    events: events as never,
    logger: new Logger(
      () => (level, message) =>
        level === 'error' ? log.error(message) : level === 'warning' ? log.warn(message) : log.debug(message),
    ),
    preset: {
      worker: {
        concurrentJobs: concurrency,
        pollInterval: 1_000,
        // Without a batch, the queue leaves the failure to complete a job unhandled, which would end the process.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  })
  const [{ workerPool }] = await created
  await registry
    .claim(workerPool.id)
    .catch((error: unknown) => log.warn({ err: error }, 'the jobs of an earlier queue are given back later'))
  return runner
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
