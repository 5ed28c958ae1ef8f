import { readdir } from 'node:fs/promises'
import type { Deps } from '../deps.ts'
import { within } from '../http/within.ts'
import { listAppliedMigrations, ping, pingQueue } from './queries.ts'
import type { Readiness } from './schemas.ts'

const timeoutMs = 2_000
const migrations = new URL('../../migrations/', import.meta.url)

/** Callers at the same time share one round of checks: a public address must not be a way to load the database. */
export function readinessCheck(deps: Deps): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined
  return () => {
    running ??= checkAll(deps).finally(() => {
      running = undefined
    })
    return running
  }
}

async function checkAll({ db, storage, log }: Deps): Promise<Readiness> {
  const check = async (name: keyof Readiness['checks'], work: () => Promise<unknown>) => {
    const begunAt = performance.now()
    const status = await within(timeoutMs, work()).then(
      () => 'ok' as const,
      (error: unknown) => {
        log.warn({ err: error, check: name }, 'not ready')
        return 'failed' as const
      },
    )
    return { status, ms: Math.round(performance.now() - begunAt) }
  }
  const [database, applied, queue, files] = await Promise.all([
    check('database', () => ping(db)),
    check('migrations', () => requireMigrations(db)),
    check('queue', () => pingQueue(db)),
    check('storage', () => storage.check()),
  ])
  const checks = { database, migrations: applied, queue, storage: files }
  const failed = Object.values(checks).some(({ status }) => status === 'failed')
  return { status: failed ? 'failed' : 'ok', checks }
}

/** Steps that only a newer version knows are no reason to stop this one. */
async function requireMigrations(db: Deps['db']): Promise<void> {
  const [names, applied] = await Promise.all([readdir(migrations), listAppliedMigrations(db)])
  const steps = names.filter((name) => name.endsWith('.ts')).map((name) => name.replace(/\.ts$/, ''))
  const pending = steps.filter((step) => !applied.includes(step))
  if (pending.length > 0) throw new Error(`Migrations are pending: ${pending.join(', ')}`)
}
