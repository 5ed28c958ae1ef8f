// Runs all tests, or those named, on a PostgreSQL of their own, and ends with the line "N passed, N failed".
import { glob, mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { systemClock } from '../src/clock.ts'
import { createDb, createPool } from '../src/db/database.ts'
import { startEmbeddedPostgres } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'
import { loadReferenceData } from '../src/reference/load.ts'
import { databaseUrl, templateName } from '../test/support/database.ts'
import { runTestFile } from './support/test-file.ts'

const root = join(import.meta.dirname, '..')
const together = 3

async function main(): Promise<number> {
  const dataDir = await mkdtemp(join(await fastFolder(), 'pre-sessions-tests-'))
  // Nothing here outlives the run: what durability costs is not what these tests are about, and the crash tests use a server of their own.
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: () => {},
    settings: { max_connections: '300', fsync: 'off', wal_compression: 'off' },
  })
  try {
    process.env.TEST_DATABASE_URL = postgres.url
    // Hundreds of processes read the same sources; the first to read one keeps it, without its types, for the others.
    process.env.NODE_COMPILE_CACHE = join(root, 'node_modules/.cache/tests')
    await prepareTemplate()
    return await runTests()
  } finally {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Memory, where it has room: every test makes a database, which is a thousand files. */
async function fastFolder(): Promise<string> {
  const memory = '/dev/shm'
  const needed = 2 * 1024 ** 3
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize > needed ? memory : tmpdir()
}

async function prepareTemplate(): Promise<void> {
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL })
  await client.connect()
  await client.query(`create database ${templateName}`)
  await client.end()
  const url = databaseUrl(templateName)
  await migrate(url)
  const pool = createPool({ url, max: 1 })
  const db = createDb(pool)
  await loadReferenceData(db, systemClock.now())
  await db.destroy()
}

/** A few files at a time, each in a process of its own; one more than cores, since some wait. */
async function runTests(): Promise<number> {
  const named = process.argv.slice(2)
  const files = named.length > 0 ? named : (await Array.fromAsync(glob('test/**/*.test.ts', { cwd: root }))).sort()
  const queue = files.values()
  let passed = 0
  let failed = 0
  const work = async () => {
    for (const file of queue) {
      const outcome = await runTestFile(file, root)
      passed += outcome.passed
      failed += outcome.failed
    }
  }
  await Promise.all(Array.from({ length: together }, work))
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

process.exitCode = await main()
