import { EventEmitter, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { type JobHelpers, Logger, type Runner, run, type TaskList, type WorkerEventMap } from 'graphile-worker'
import type pg from 'pg'
import type { Deps } from '../deps.ts'
import { createQueuePool } from './queue-pool.ts'
import { type Registry, registerProcess } from './registry.ts'

/** A unit of work by name. It may run twice: it must be idempotent. The signal says that the process ends, and that what can be done later should be. */
export type Task = (payload: unknown, signal?: AbortSignal) => Promise<void>

/** Something that runs by clock in every worker process; replicas agree among themselves who does the work. */
export interface Tick {
  name: string
  everyMs: number
  run(signal?: AbortSignal): Promise<void>
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
  const ending = new AbortController()
  const stopping = new AbortController()
  const pool = createQueuePool({ url, max: concurrency + 2, signal: stopping.signal })
  const running = new Set<string>()
  const runnerOptions = {
    tasks: withSignal(options.tasks, ending.signal),
    concurrency,
    pool,
    running,
    signal: stopping.signal,
  }
  const runner = await keepRunning(runnerOptions, registry, log)
  const release: Tick = {
    name: 'release-dead-workers',
    everyMs: releaseEveryMs,
    run: () => registry.releaseDead(deps.db, () => [...running]),
  }
  const stopTicks = startTicks([...options.ticks, release], ending.signal, log)
  return {
    async stop() {
      ending.abort()
      await stopTicks()
      stopping.abort()
      await runner.stop()
      await registry.close()
      await pool.end()
    },
  }
}

interface RunnerOptions extends Required<Pick<WorkerOptions, 'tasks' | 'concurrency'>> {
  pool: pg.Pool
  /** Ids of the jobs that are being worked. */
  running: Set<string>
  signal: AbortSignal
}

/** A runner that ends by itself would leave the process alive and every job waiting: another one takes its place. */
async function keepRunning(options: RunnerOptions, registry: Registry, log: Deps['log']): Promise<Worker> {
  const { signal } = options
  let runner: Runner | undefined = await startRunner(options, registry, log)
  const supervise = async () => {
    while (!signal.aborted) {
      await runner?.promise.catch((error: unknown) => log.warn({ err: error }, 'the queue stopped'))
      await delay(restartMs, undefined, { signal })
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
      await runner?.stop().catch((error: unknown) => log.warn({ err: error }, 'worker stop'))
      await loop
    },
  }
}

async function startRunner(
  { pool, tasks, concurrency, running }: RunnerOptions,
  registry: Registry,
  log: Deps['log'],
): Promise<Runner> {
  const events = new EventEmitter()
  // Jobs are locked under the name of the pool.
  const created = once(events, 'pool:create') as Promise<[WorkerEventMap['pool:create']]>
  const runner = await run({
    pgPool: pool,
    noHandleSignals: true,
    taskList: mapTasks(tasks, running),
    parsedCronItems: [],
    events: events as never,
    logger: new Logger(
      () => (level, message) =>
        level === 'error' ? log.error(message) : level === 'warning' ? log.warn(message) : log.debug(message),
    ),
    concurrency,
    pollInterval: 1_000,
  })
  const [{ workerPool }] = await created
  await registry
    .claim(workerPool.id)
    .catch((error: unknown) => log.warn({ err: error }, 'the jobs of an earlier queue are given back later'))
  return runner
}

function mapTasks(tasks: RunnerOptions['tasks'], running: Set<string>): TaskList {
  const map = (task: Task) => async (payload: unknown, helpers: JobHelpers) => {
    running.add(helpers.job.id)
    await task(payload).finally(() => running.delete(helpers.job.id))
  }
  return Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, map(task)])) as TaskList
}

const withSignal = (tasks: Record<string, Task>, signal: AbortSignal): Record<string, Task> =>
  Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, (payload) => task(payload, signal)]))

function startTicks(ticks: Tick[], signal: AbortSignal, log: Deps['log']): () => Promise<void> {
  const running = new Set<Promise<void>>()
  const timers = ticks.map((tick) => {
    let busy = false
    const fire = () => {
      if (busy) return
      busy = true
      const work = tick
        .run(signal)
        .catch((error: unknown) => {
          if (!signal.aborted) log.error({ err: error, tick: tick.name }, 'tick failed')
        })
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
