// Measures reads and deliveries as ratios to a bare Fastify route that does the same statement, in one run on one database.
// npm run bench [-- --quick]
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import pg from 'pg'
import { systemClock } from '../src/clock.ts'
import { createDb, createPool } from '../src/db/database.ts'
import { startEmbeddedPostgres } from '../src/db/embedded.ts'
import { migrate } from '../src/db/migrate.ts'
import { encodeCursor } from '../src/db/page.ts'
import { loadReferenceData } from '../src/reference/load.ts'
import { seedApplications } from './seed.ts'

const quick = process.argv.includes('--quick')
const seconds = quick ? 2 : 5
const rounds = quick ? 2 : 3
/** --profile writes a CPU profile of the service to the present folder. */
const profiling = process.argv.includes('--profile') ? ['--cpu-prof'] : []
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice(7)
/** --size=N measures one size only. */
const given = process.argv.find((argument) => argument.startsWith('--size='))?.slice(7)
const sizes = given !== undefined ? [Number(given)] : quick ? [20_000] : [100_000, 1_000_000]
const adminKey = 'bench-admin-key-0123456789-0123456789-0123456789'
const secret = 'bench-hook-secret-0123456789'

interface Scenario {
  name: string
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: Buffer
  /** What the ratio should reach. */
  aim: number
}

interface Result {
  perSecond: number
  p50: number
  p99: number
  errors: number
}

const dataDir = await mkdtemp(join(tmpdir(), 'pre-sessions-bench-'))
const postgres = await startEmbeddedPostgres({ dataDir, log: () => {} })
const children: ChildProcess[] = []
try {
  await migrate(postgres.url)
  const db = createDb(createPool({ url: postgres.url, max: 1 }))
  await loadReferenceData(db, systemClock.now())
  await db.destroy()
  const client = new pg.Client({ connectionString: postgres.url })
  // An error on the way out must not hide the one that led there.
  client.on('error', () => {})
  await client.connect()
  let seeded = 0
  for (const size of sizes) {
    const started = performance.now()
    await seedApplications(client, seeded + 1, size)
    seeded = size
    console.log(
      `\n${size.toLocaleString('en')} applications (seeded in ${Math.round((performance.now() - started) / 1000)} s), 32 connections, ${rounds} × ${seconds} s, medians`,
    )
    await compare(
      (await scenariosFor(client, size)).filter((scenario) => only === undefined || scenario.name.includes(only)),
    )
  }
  await client.end()
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  for (const child of [...children]) {
    child.kill()
    await once(child, 'exit')
  }
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function scenariosFor(client: pg.Client, size: number): Promise<Scenario[]> {
  const headers = { authorization: `Bearer ${adminKey}` }
  const binding = ['applications', '-createdAt', {}]
  const deep = Math.min(200_000, Math.floor(size * 0.9))
  const { rows } = await client.query<{ id: string; at: string }>(
    `select id, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at from application order by created_at desc, id desc offset $1 limit 1`,
    [deep - 1],
  )
  const last = rows[0] as { id: string; at: string }
  const cursor = encodeCursor({ value: last.at, id: last.id }, binding)
  const delivery = await readFile(new URL('../test/fixtures/jotform/round38/deliveries/000.multipart', import.meta.url))
  const boundary = /^--([^\r\n]+)/.exec(delivery.toString('latin1'))?.[1] ?? ''
  return [
    { name: 'list of 20, page 1', method: 'GET', path: '/v1/applications', headers, aim: 0.7 },
    {
      name: `list of 20, page ${(deep / 20).toLocaleString('en')}`,
      method: 'GET',
      path: `/v1/applications?cursor=${cursor}`,
      headers,
      aim: 0.7,
    },
    {
      name: 'list of 20 of one country',
      method: 'GET',
      path: '/v1/applications?preSession=38&country=BEL',
      headers,
      aim: 0.7,
    },
    { name: 'single application', method: 'GET', path: `/v1/applications/${last.id}`, headers, aim: 0.7 },
    { name: 'public country list', method: 'GET', path: '/v1/pre-sessions/38/countries', headers: {}, aim: 0.7 },
    {
      name: 'durable Jotform delivery',
      method: 'POST',
      path: `/v1/integrations/jotform/hooks/${secret}`,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: delivery,
      aim: 0.5,
    },
  ]
}

async function compare(scenarios: Scenario[]): Promise<void> {
  const env = {
    ...process.env,
    DATABASE_URL: postgres.url,
    DATA_DIR: dataDir,
    ADMIN_API_KEY: adminKey,
    JOTFORM_HOOK_SECRETS: secret,
    RATE_LIMIT_PER_MINUTE: '1000000000',
  }
  const capturing = await start('ours.ts', { ...env, BENCH_CAPTURE: 'yes' })
  const cases = []
  for (const scenario of scenarios) {
    // The second call: credentials are known by then.
    await fetchOnce(capturing.port, scenario)
    await ask(capturing.child, 'take')
    await fetchOnce(capturing.port, scenario)
    const { captured } = (await ask(capturing.child, 'take')) as { captured: { text: string; values: unknown[] }[] }
    if (captured.length !== 1)
      throw new Error(
        `${scenario.name} made ${captured.length} statements: ${captured.map((c) => c.text.slice(0, 60)).join(' | ')}`,
      )
    const [{ text, values }] = captured as [{ text: string; values: { type?: string }[] }]
    cases.push({
      path: scenario.path.split('?')[0],
      method: scenario.method,
      text,
      values: values.map((value) => (value?.type === 'Buffer' ? '$body' : value)),
    })
  }
  capturing.child.disconnect()

  const ours = await start('ours.ts', env)
  for (const [index, scenario] of scenarios.entries()) {
    const bare = await start('bare.ts', {
      ...env,
      BENCH_BARE: JSON.stringify({ url: postgres.url, cases: [cases[index]] }),
    })
    const results = { ours: [] as Result[], bare: [] as Result[] }
    for (let round = 0; round < rounds; round += 1) {
      results.bare.push(await load(bare.port, scenario))
      results.ours.push(await load(ours.port, scenario))
    }
    bare.child.disconnect()
    report(scenario, median(results.ours), median(results.bare))
  }
  const { rss } = (await ask(ours.child, 'memory')) as { rss: number }
  console.log(`memory of the service under load: ${Math.round(rss / 1024 / 1024)} MiB`)
  ours.child.disconnect()
}

async function start(file: string, env: NodeJS.ProcessEnv): Promise<{ port: number; child: ChildProcess }> {
  const child = fork(new URL(file, import.meta.url), {
    env,
    execArgv: file === 'ours.ts' && env.BENCH_CAPTURE !== 'yes' ? profiling : [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.push(child)
  child.on('disconnect', () => children.splice(children.indexOf(child), 1))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${file} ended before it listened`)))
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }]
  ended.catch(() => {})
  return { port: message.port, child }
}

async function ask(child: ChildProcess, question: string): Promise<unknown> {
  child.send(question)
  const [answer] = await once(child, 'message')
  return answer
}

async function fetchOnce(port: number, { method, path, headers, body }: Scenario): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  })
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

async function load(port: number, { method, path, headers, body }: Scenario): Promise<Result> {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    connections: 32,
    duration: seconds,
  })
  return {
    perSecond: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    errors: result.errors + result.non2xx,
  }
}

function median(results: Result[]): Result {
  return [...results].sort((a, b) => a.perSecond - b.perSecond)[Math.floor(results.length / 2)] as Result
}

function report({ name, aim }: Scenario, ours: Result, bare: Result): void {
  const ratio = ours.perSecond / bare.perSecond
  const text = `${name.padEnd(28)} ours ${String(Math.round(ours.perSecond)).padStart(6)}/s (p50 ${ours.p50} ms, p99 ${ours.p99} ms)   bare ${String(Math.round(bare.perSecond)).padStart(6)}/s   ratio ${ratio.toFixed(2)} (aim ${aim})`
  console.log(ours.errors + bare.errors > 0 ? `${text}   ERRORS ${ours.errors}/${bare.errors}` : text)
}
