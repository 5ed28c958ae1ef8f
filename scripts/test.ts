// Runs all tests, or those named, on a PostgreSQL of their own, and ends with the line "N passed, N failed".
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { systemClock } from '../src/clock.ts'
import { createDb, createPool } from '../src/db/database.ts'
import { startEmbeddedPostgres } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'
import { loadReferenceData } from '../src/reference/load.ts'
import { databaseUrl, templateName } from '../test/support/database.ts'

const tap = join(import.meta.dirname, '../node_modules/.bin/tap')
const tapBuilt = join(import.meta.dirname, '../node_modules/@tapjs/test/test-built/dist/esm/index.js')
const files = process.argv.slice(2)

async function main(): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pre-sessions-tests-'))
  // Nothing here outlives the run: what durability costs is not what these tests are about, and the crash tests use a server of their own.
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: () => {},
    settings: { max_connections: '300', fsync: 'off' },
  })
  try {
    process.env.TEST_DATABASE_URL = postgres.url
    await prepareTemplate()
    // tap builds itself at its first use after an installation; test files that start at the same time would all fail.
    if (!existsSync(tapBuilt)) await run(['build'], () => {})
    return await runTests()
  } finally {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
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

async function runTests(): Promise<number> {
  let passed = 0
  let failed = 0
  const code = await run(['--reporter=tap', ...files], (line) => {
    if (/^# \{ total:|^# (pass|fail)/.test(line)) return
    const test = /^(not ok|ok) \d+ - (\S+)/.exec(line)
    if (/^\s+(not )?ok \d+/.test(line)) {
      if (/^\s+not ok/.test(line)) failed += 1
      else if (!/# (SKIP|TODO)/.test(line)) passed += 1
    }
    if (test !== null || /^\s+not ok/.test(line)) console.log(line)
    else if (inFailure(line)) console.log(line)
  })
  if (code !== 0 && failed === 0) failed = 1
  console.log(`${passed} passed, ${failed} failed`)
  return code
}

/** The YAML block after a failed line tells what was expected. */
let failing = false
function inFailure(line: string): boolean {
  if (/^\s+---$/.test(line)) failing = true
  const inside = failing
  if (/^\s+\.\.\.$/.test(line)) failing = false
  return inside
}

function run(args: string[], onLine: (line: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [tap, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: process.env,
    })
    let rest = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

process.exitCode = await main()
