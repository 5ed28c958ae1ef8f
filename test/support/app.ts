import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InjectOptions } from 'fastify'
import pino from 'pino'
import type { Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { settableClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { deriveKeys, keyLength } from '../../src/crypto/data-key.ts'
import { createDb, createPool, intakeConnections, requestLockTimeoutMs } from '../../src/db/database.ts'
import type { Deps } from '../../src/deps.ts'
import { listTasks, listTicks } from '../../src/jobs/list.ts'
import { startWorker } from '../../src/jobs/worker.ts'
import { createLog } from '../../src/log.ts'
import { openStorage } from '../../src/storage/storage.ts'
import { checkContract } from './contract.ts'
import { testDatabase } from './database.ts'

export const adminKey = 'test-admin-key-0123456789-0123456789-0123456789'

export interface TestAppOptions {
  /** Extra environment, e.g. JOTFORM_API_URL. */
  env?: Record<string, string>
  /** Where the clock stands at the start. */
  now?: string
  /** Run the queue's jobs too. */
  worker?: boolean
  /** Another database instead of a fresh one: a second replica of the same service. */
  url?: string
  logLevel?: string
  /** Everything that the service logs, written as it would be. */
  logTo?: { write(line: string): void }
}

/** The whole service on its own database, with a clock that the test moves. Every answer is held against the contract. */
export async function testApp(t: Test, options: TestAppOptions = {}) {
  const url = options.url ?? (await testDatabase(t))
  const dataDir = await mkdtemp(join(tmpdir(), 'pre-sessions-test-'))
  const config = readConfig({
    SANDBOX: 'true',
    ADMIN_API_KEY: adminKey,
    DATA_DIR: dataDir,
    DATABASE_URL: url,
    // Tests ask more in a second than people do in an hour; the limits have a test of their own.
    RATE_LIMIT_PER_MINUTE: '1000000',
    ...options.env,
  })
  const clock = settableClock()
  clock.set(options.now ?? '2020-12-15T10:00:00Z')
  const pool = createPool({ url, max: 10, lockTimeoutMs: requestLockTimeoutMs })
  const intakePool = createPool({ url, max: intakeConnections })
  const statements = countStatements(pool)
  const db = createDb(pool)
  const log =
    options.logTo === undefined
      ? pino({ level: options.logLevel ?? process.env.TEST_LOG_LEVEL ?? 'silent' })
      : createLog('trace', options.logTo)
  // Fixed, so that two apps of one test are replicas of one service.
  const keys = deriveKeys(Buffer.alloc(keyLength, 38))
  const deps: Deps = { config, clock, db, pool, intakePool, storage: await openStorage(config.storage), keys, log }
  const app = await buildApp(deps)
  await app.ready()
  const worker = options.worker ? await runWorker(deps, url) : undefined
  t.teardown(async () => {
    await worker?.stop()
    await app.close()
    await intakePool.end()
    await db.destroy()
    await rm(dataDir, { recursive: true, force: true })
  })

  const inject = async (request: InjectOptions) => {
    const response = await app.inject(request)
    checkContract(request, response)
    return response
  }
  const as = (headers: Record<string, string>) => {
    const send =
      (method: string) =>
      (path: string, payload?: unknown, extra: Record<string, string> = {}) =>
        inject({
          method: method as 'GET',
          url: path,
          headers: { ...headers, ...extra },
          ...(payload === undefined ? {} : { payload: payload as object }),
        })
    return {
      get: (path: string, extra: Record<string, string> = {}) =>
        inject({ method: 'GET', url: path, headers: { ...headers, ...extra } }),
      post: send('POST'),
      put: send('PUT'),
      patch: send('PATCH'),
      delete: (path: string, extra: Record<string, string> = {}) =>
        inject({ method: 'DELETE', url: path, headers: { ...headers, ...extra } }),
    }
  }
  return {
    app,
    db,
    deps,
    /** Those of the worker, where there is one: what a moved clock wakes is woken there. */
    jobDeps: worker?.deps ?? deps,
    clock,
    url,
    pool,
    statements,
    inject,
    as,
    admin: as({ authorization: `Bearer ${adminKey}` }),
    anyone: as({}),
  }
}

/** On connections of its own: the statements of a request are counted, not those of jobs that run beside it. */
async function runWorker(deps: Deps, url: string): Promise<{ deps: Deps; stop(): Promise<void> }> {
  const pool = createPool({ url, max: 5 })
  const own: Deps = { ...deps, pool, db: createDb(pool) }
  const worker = await startWorker(own, { url, tasks: listTasks(own), ticks: listTicks(own) })
  const stop = async () => {
    await worker.stop()
    await own.db.destroy()
  }
  return { deps: own, stop }
}

export type TestApp = Awaited<ReturnType<typeof testApp>>

/** Collects the text of every statement that reaches the driver, so that a test can pin how many a route needs. */
function countStatements(pool: ReturnType<typeof createPool>) {
  let seen: string[] = []
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    client.query = ((...args: unknown[]) => {
      const [first] = args
      seen.push(typeof first === 'string' ? first : (first as { text: string }).text)
      return query(...args)
    }) as typeof client.query
  })
  return {
    /** Statements since the last call, credentials and the audit log left out. */
    take: () => {
      const taken = seen.filter((text) => !/"?api_key"?|audit_(unsealed|event)/.test(text))
      seen = []
      return taken
    },
  }
}
