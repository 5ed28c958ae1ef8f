// The process: configuration → database → clock → application → worker → listening; closed in phases on a signal.
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import closeWithGrace from 'close-with-grace'
import type pg from 'pg'
import { ensureAdminKey } from './api-keys/service.ts'
import { buildApp } from './app.ts'
import { systemClock } from './clock.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { deriveKeys, readDataKey } from './crypto/data-key.ts'
import { createDb, createPool, intakeConnections, requestLockTimeoutMs } from './db/database.ts'
import { startEmbeddedPostgres } from './db/embedded.ts'
import { migrate, pendingMigrations } from './db/migrate.ts'
import type { App, Deps } from './deps.ts'
import { within } from './http/within.ts'
import { listTasks, listTicks, onClockSet } from './jobs/list.ts'
import { startWorker, type Worker } from './jobs/worker.ts'
import { opensWhatIsKept } from './jotform/queries-deliveries.ts'
import { createLog } from './log.ts'
import { loadReferenceData } from './reference/load.ts'
import { createSandboxClock } from './sandbox/clock.ts'
import { openStorage } from './storage/storage.ts'
import { removeForgotten } from './storage/workspace.ts'

const shutdownMs = 20_000
/** Requests in flight and jobs end by themselves within this; what does not must not keep the database from being stopped. */
const drainMs = 10_000
const poolEndMs = 2_000

/** What was opened is closed in the opposite order, each step named in the log if it fails. */
const closing: { name: string; close: () => Promise<unknown> }[] = []
const onClose = (name: string, close: () => Promise<unknown>) => closing.unshift({ name, close })

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const log = createLog(config.log.level)
  closeWithGrace({ delay: shutdownMs, logger: false }, async ({ err, signal }) => {
    if (err !== undefined) log.fatal({ err }, 'unexpected end')
    else log.info({ signal }, 'shutting down')
    for (const step of closing)
      await step.close().catch((error: unknown) => log.error({ err: error, step: step.name }, 'shutdown step failed'))
  })

  const url = await openDatabase(config, log)
  const pool = createPool({ url, lockTimeoutMs: requestLockTimeoutMs })
  const db = createDb(pool)
  onClose('pool', () => within(poolEndMs, db.destroy()))
  await requireVersion18(pool)
  const intakePool = createPool({ url, max: intakeConnections, applicationName: 'pre-sessions intake' })
  onClose('intake pool', () => within(poolEndMs, intakePool.end()))
  const sandbox = config.sandbox ? await createSandboxClock(db, url) : undefined
  if (sandbox !== undefined) onClose('sandbox clock', sandbox.close)
  const clock = sandbox?.clock ?? systemClock
  const keys = deriveKeys(await readDataKey(config))
  const deps: Deps = { config, clock, db, pool, intakePool, storage: await openStorage(config.storage), keys, log }
  const jobDeps = depsOfJobs(deps, url)
  await removeForgotten(config.dataDir).catch((error: unknown) =>
    log.warn({ err: error }, 'what a killed process was working at could not be removed'),
  )
  if (sandbox !== undefined) deps.sandbox = { set: sandbox.set, onSet: onClockSet(jobDeps) }

  const pending = await pendingMigrations(url)
  if (pending.length > 0) {
    log.error({ pending }, 'database migrations are pending: run `npm run migrate`')
  } else {
    if (!(await opensWhatIsKept(deps)))
      throw new ConfigError([
        'The data key is not the one that the database was used with: give the earlier DATA_ENCRYPTION_KEY, or the earlier DATA_DIR.',
      ])
    await loadReferenceData(db, clock.now())
  }
  const adminKey = pending.length > 0 ? undefined : await ensureAdminKey(deps)
  if (config.jotform.apiKey === undefined) {
    log.warn(
      'JOTFORM_API_KEY is not set: Jotform deliveries are taken but cannot be verified, and nothing finds those that never arrive',
    )
  }

  if (config.mail.smtpUrl === undefined && !config.sandbox) {
    log.warn('SMTP_URL is not set: mails wait in the outbox, and nobody gets an access link')
  }

  let http: App | undefined
  let worker: Worker | undefined
  // The first step: nothing new comes in, then whatever is under way ends, side by side and in bounded time.
  onClose('requests and jobs', async () => {
    const ending = [http?.close(), worker?.stop()].map((work) => within(drainMs, Promise.resolve(work)))
    for (const { reason } of (await Promise.allSettled(ending)).filter((result) => result.status === 'rejected'))
      log.error({ err: reason }, 'not everything under way has ended')
  })
  if (config.worker !== 'only') {
    const app = await buildApp(deps)
    http = app
    await app.listen({ host: config.http.host, port: config.http.port })
    announce(config, app.server.address(), adminKey)
  }
  if (config.worker !== 'off' && pending.length === 0) {
    worker = await startWorker(jobDeps, { url, tasks: listTasks(jobDeps), ticks: listTicks(jobDeps) })
    log.info('worker started')
  }
  settle()
}

/** What the start needed and the service does not: keeps the compiled code for the next start, and gives the garbage of this one back. */
function settle(): void {
  flushCompileCache()
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as (options: object) => void)({ type: 'major', flavor: 'last-resort', execution: 'sync' })
}

/** Jobs wait for locks as long as it takes, on connections of their own, so that they and requests do not wait for each other's. */
function depsOfJobs(deps: Deps, url: string): Deps {
  const pool = createPool({ url, applicationName: 'pre-sessions jobs' })
  const db = createDb(pool)
  onClose('pool of jobs', () => within(poolEndMs, db.destroy()))
  return { ...deps, db, pool }
}

async function openDatabase(config: Config, log: ReturnType<typeof createLog>): Promise<string> {
  if (config.database.url !== undefined) return config.database.url
  const embedded = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: (line) => log.info({ part: 'postgres' }, line),
    onLost: (error) => {
      log.fatal({ err: error }, 'the embedded database is lost')
      process.exit(1)
    },
  })
  onClose('embedded database', embedded.stop)
  const applied = await migrate(embedded.url)
  if (applied.length > 0) log.info({ applied }, 'migrations applied')
  return embedded.url
}

async function requireVersion18(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ server_version_num: string }>('show server_version_num')
  const version = Number(rows[0]?.server_version_num)
  if (version < 180_000)
    throw new ConfigError([
      `DATABASE_URL: PostgreSQL 18 or newer is needed; this server is ${Math.floor(version / 10_000)}.`,
    ])
}

/** For the person who started it: where to look, and once the key. Standard output stays a log. */
function announce(config: Config, address: unknown, adminKey: Awaited<ReturnType<typeof ensureAdminKey>>): void {
  const { port } = address as { port: number }
  const base = `http://${config.http.host === '0.0.0.0' || config.http.host === '::' || config.http.host === '127.0.0.1' ? 'localhost' : config.http.host}:${port}`
  const lines = [
    '',
    'Pre-sessions is ready.',
    `  first look   ${base}/v1/pre-sessions/38`,
    `  docs         ${base}/docs`,
    `  contract     ${base}/openapi.json`,
  ]
  if (adminKey === undefined) lines.push('  admin key    ADMIN_API_KEY')
  else if (adminKey.isNew)
    lines.push(`  admin key    ${adminKey.key}`, `               shown this once; kept in ${adminKey.file}`)
  else lines.push(`  admin key    in ${adminKey.file}`)
  if (config.sandbox) lines.push('  sandbox      the clock can be moved: PUT /v1/sandbox/clock')
  process.stderr.write(`${lines.join('\n')}\n\n`)
}

await main().catch(async (error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : error instanceof Error ? `${error.message}\n${process.env.LOG_LEVEL === 'debug' ? error.stack : ''}` : String(error)}\n`,
  )
  for (const step of closing) await step.close().catch(() => {})
  process.exit(1)
})
