import { readdir } from 'node:fs/promises'
import { runMigrations } from 'graphile-worker'
import { Kysely, PostgresDialect } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import pg from 'pg'

const folder = new URL('../../migrations/', import.meta.url)

const provider: MigrationProvider = {
  async getMigrations() {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort()
    const entries = names.map(
      async (name) => [name.replace(/\.ts$/, ''), (await import(new URL(name, folder).href)) as Migration] as const,
    )
    return Object.fromEntries(await Promise.all(entries))
  },
}

async function withMigrator<T>(url: string, work: (migrator: Migrator, pool: pg.Pool) => Promise<T>): Promise<T> {
  const pool = new pg.Pool({ connectionString: url, max: 2, options: '-c timezone=UTC -c client_min_messages=warning' })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    return await work(new Migrator({ db, provider }), pool)
  } finally {
    await db.destroy()
  }
}

/**
 * Applies the steps of `migrations/` that are not applied yet, each once, and answers their names. The queue's own tables come first,
 * since deliveries are enqueued in the statement that stores them. Several replicas may call it at once: one works, the others wait.
 */
export async function migrate(url: string): Promise<string[]> {
  await runMigrations({ connectionString: url })
  return withMigrator(url, async (migrator) => {
    const { error, results = [] } = await migrator.migrateToLatest()
    if (error !== undefined) throw error
    return results.map((result) => result.migrationName)
  })
}

/** The names of the steps that are not applied yet; readiness fails while there are any. */
export async function pendingMigrations(url: string): Promise<string[]> {
  return withMigrator(url, async (migrator) => {
    const steps = await migrator.getMigrations()
    return steps.filter((step) => step.executedAt === undefined).map((step) => step.name)
  })
}
