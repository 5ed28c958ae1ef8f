// Applies the database migrations and names them; with nothing left to do it says so. `npm run migrate`
import { systemClock } from './clock.ts'
import { readConfig } from './config.ts'
import { createDb, createPool } from './db/database.ts'
import { startEmbeddedPostgres } from './db/embedded.ts'
import { migrate } from './db/migrate.ts'
import { loadReferenceData } from './reference/load.ts'

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const embedded =
    config.database.url === undefined
      ? await startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => console.error(line) })
      : undefined
  const url = config.database.url ?? embedded?.url ?? ''
  try {
    const applied = await migrate(url)
    const db = createDb(createPool({ url, max: 1 }))
    await loadReferenceData(db, systemClock.now())
    await db.destroy()
    console.log(
      applied.length === 0
        ? 'The database is up to date.'
        : `Applied:\n${applied.map((name) => `  ${name}`).join('\n')}`,
    )
  } finally {
    await embedded?.stop()
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
