// Can an id that exists and may not be seen be told by the time of its refusal? Asks for it and for ids that never were, in turns, and says how often
// the one took longer than the other: one half is what chance gives. `npm run timing -- --requests 600`
import { randomBytes } from 'node:crypto'
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
import type { CallerName } from '../test/access/callers.ts'
import type { PreparedRecord } from '../test/access/kind.ts'
import { application } from '../test/access/kinds/application.ts'
import { makeWorld } from '../test/access/world.ts'
import { databaseUrl, templateName } from '../test/support/database.ts'
import { runScript } from './support/run.ts'

/** Twice what chance does to so many requests on a busy machine; a statement more gives 0.9 and above. */
const bound = 0.1

const { values } = parseArgs({ options: { requests: { type: 'string', default: '600' } } })
const requests = Number(values.requests)

const tries: [
  CallerName,
  string,
  (id: string) => { method: 'GET' | 'POST' | 'PATCH'; url: string; payload?: object },
][] = [
  ['public', 'read', (id) => ({ method: 'GET', url: `/v1/applications/${id}` })],
  ['mission', 'read', (id) => ({ method: 'GET', url: `/v1/applications/${id}` })],
  ['missionUnderReview', 'read', (id) => ({ method: 'GET', url: `/v1/applications/${id}` })],
  ['otherApplicant', 'read', (id) => ({ method: 'GET', url: `/v1/applications/${id}` })],
  ['formerReviewer', 'read', (id) => ({ method: 'GET', url: `/v1/applications/${id}` })],
  ['otherApplicant', 'versions', (id) => ({ method: 'GET', url: `/v1/applications/${id}/versions` })],
  ['otherApplicant', 'consents', (id) => ({ method: 'GET', url: `/v1/applications/${id}/consents` })],
  ['otherApplicant', 'withdraw', (id) => ({ method: 'POST', url: `/v1/applications/${id}/withdrawal` })],
  ['otherApplicant', 'edit', (id) => ({ method: 'PATCH', url: `/v1/applications/${id}`, payload: {} })],
]

/** A UUIDv7 of about now: nothing in it says that it never was. */
function freshId(): string {
  const hex = Date.now().toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
  const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** How often a value of the first list is larger than one of the second; ties count half. */
function shareOfLarger(first: number[], second: number[]): number {
  const sorted = [...second].sort((a, b) => a - b)
  const below = (value: number, orEqual: boolean) => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const at = sorted[middle] as number
      if (at < value || (orEqual && at === value)) low = middle + 1
      else high = middle
    }
    return low
  }
  const sum = first.reduce((total, value) => total + (below(value, false) + below(value, true)) / 2, 0)
  return sum / (first.length * second.length)
}

const median = (times: number[]): number => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] as number

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

await runScript(900_000, async (closing) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'pre-sessions-timing-'))
  closing.defer(() => rm(dataDir, { recursive: true, force: true }))
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => {}, settings: { fsync: 'off' } })
  closing.defer(() => postgres.stop())
  process.env.TEST_DATABASE_URL = postgres.url
  await prepareTemplate()
  const test = { teardown: (end: () => Promise<void>) => closing.defer(async () => end()) } as unknown as Test
  const world = await makeWorld(test, [application])
  const hidden = (world.prepared.get(application) as Record<string, PreparedRecord>).selected as PreparedRecord
  let isQuiet = true
  console.log(
    '| caller | operation | hidden, median ms | never was, median ms | hidden took longer |\n| --- | --- | --- | --- | --- |',
  )
  for (const [caller, what, request] of tries) {
    const bearer = await world.bearer(caller, { email: 'x@mail.example', country: 'BEL' })
    const headers = { 'if-match': '*', ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) }
    const ask = async (id: string) => {
      const begun = performance.now()
      const answer = await world.app.inject({ ...request(id), headers })
      const took = performance.now() - begun
      if (answer.statusCode !== 404) throw new Error(`${caller} ${what}: ${answer.statusCode} ${answer.body}`)
      return took
    }
    for (let n = 0; n < 50; n += 1) await ask(n % 2 ? (hidden.params.id as string) : freshId())
    const times = { hidden: [] as number[], never: [] as number[] }
    for (let n = 0; n < requests; n += 1) {
      const turns = n % 2 ? (['hidden', 'never'] as const) : (['never', 'hidden'] as const)
      for (const turn of turns)
        times[turn].push(await ask(turn === 'hidden' ? (hidden.params.id as string) : freshId()))
    }
    const share = shareOfLarger(times.hidden, times.never)
    if (Math.abs(share - 0.5) > bound) isQuiet = false
    console.log(
      `| ${caller} | ${what} | ${median(times.hidden).toFixed(3)} | ${median(times.never).toFixed(3)} | ${share.toFixed(3)} |`,
    )
  }
  console.log(
    isQuiet ? `\nEvery share is within ${bound} of one half.` : `\nA share is further than ${bound} from one half.`,
  )
  return isQuiet
})
