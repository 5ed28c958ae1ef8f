// Sends generated requests to every operation and holds each answer against the contract. `npm run fuzz -- --requests 100000 --seed 1`, and
// with `--together` several at a time.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import type { Test } from 'tap'
import { systemClock } from '../src/clock.ts'
import { createDb, createPool } from '../src/db/database.ts'
import { startEmbeddedPostgres } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'
import { loadReferenceData } from '../src/reference/load.ts'
import { databaseUrl, templateName } from '../test/support/database.ts'
import { type FuzzResult, refusedOnly, runFuzz } from '../test/support/fuzz.ts'
import { faultsAfterwards } from '../test/support/fuzz-afterwards.ts'
import { type SeededApp, seededApp } from '../test/support/fuzz-seeds.ts'
import { runTogether } from '../test/support/fuzz-together.ts'

/** After so many requests everything begins anew: rounds are cancelled and applications withdrawn on the way. */
const chunkSize = 2_500

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    operation: { type: 'string', multiple: true },
    // In place of one after the other: six at a time.
    together: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  const requests = Number(values.requests)
  const seed = Number(values.seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'pre-sessions-fuzz-'))
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => {}, settings: { fsync: 'off' } })
  const totals: FuzzResult = { sent: 0, overSocket: 0, counts: new Map(), faults: [] }
  const started = Date.now()
  console.log(`${requests} requests with the seed ${seed}`)
  try {
    process.env.TEST_DATABASE_URL = postgres.url
    await prepareTemplate()
    for (let chunk = 0; totals.sent < requests; chunk += 1) {
      const size = Math.min(chunkSize, requests - totals.sent)
      // Far apart, so that the seeds within a chunk never meet those of the next one.
      add(totals, await runChunk(size, seed + chunk * 1_000))
      console.log(`${totals.sent} sent, ${totals.faults.length} faults, ${Math.round((Date.now() - started) / 1000)} s`)
    }
  } finally {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  report(totals)
  return totals.faults.length > 0 ? 1 : 0
}

async function runChunk(requests: number, seed: number): Promise<FuzzResult> {
  const endings: (() => unknown)[] = []
  // The supports of the tests ask of a test only to be told when it ends.
  const test = { teardown: (ending: () => unknown) => void endings.unshift(ending) } as unknown as Test
  try {
    const service = await seededApp(test)
    const result = values.together
      ? await race(service, requests, seed)
      : await runFuzz(service, { requests, seed, operations: values.operation })
    result.faults.push(...(await faultsAfterwards(service)))
    return result
  } finally {
    for (const end of endings) await end()
  }
}

async function race(service: SeededApp, requests: number, seed: number): Promise<FuzzResult> {
  await service.app.listen({ port: 0, host: '127.0.0.1' })
  return { sent: requests, overSocket: 0, counts: new Map(), faults: await runTogether(service, { requests, seed }) }
}

function add(totals: FuzzResult, { sent, overSocket, counts, faults }: FuzzResult): void {
  totals.sent += sent
  totals.overSocket += overSocket
  for (const [operation, statuses] of counts) {
    const known = totals.counts.get(operation) ?? new Map<number, number>()
    for (const [status, count] of statuses) known.set(status, (known.get(status) ?? 0) + count)
    totals.counts.set(operation, known)
  }
  const news = faults.filter(({ signature }) => !totals.faults.some((one) => one.signature === signature))
  totals.faults.push(...news)
  for (const { message, request } of news) console.log(`\nFAULT ${message}\n  ${request}\n`)
}

function report({ sent, overSocket, counts, faults }: FuzzResult): void {
  for (const [operation, statuses] of [...counts].sort(([a], [b]) => a.localeCompare(b))) {
    const line = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}×${count}`)
    console.log(`${operation.padEnd(28)} ${line.join(' ')}`)
  }
  const refused = refusedOnly(counts)
  console.log(`${refused.length} of ${counts.size} operations were refused every time: ${refused.join(', ')}`)
  console.log(`${sent} requests, ${overSocket} of them over a socket, ${faults.length} kinds of faults`)
}

async function prepareTemplate(): Promise<void> {
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL })
  await client.connect()
  await client.query(`create database ${templateName}`)
  await client.end()
  await migrate(databaseUrl(templateName))
  const db = createDb(createPool({ url: databaseUrl(templateName), max: 1 }))
  await loadReferenceData(db, systemClock.now())
  await db.destroy()
}

process.exitCode = await main()
