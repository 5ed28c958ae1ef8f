// The topology of docker-compose.yml as plain processes: PostgreSQL apart, the migration command, two replicas without jobs, one worker
// without HTTP, files shared. Says what it saw and fails when anything is amiss. `npm run test:topology`
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startEmbeddedPostgres } from '../src/db/embedded.ts'
import { aCompleteApplication } from '../test/support/builders.ts'
import { type Service, startScript } from '../test/support/process.ts'

const fixtures = join(import.meta.dirname, '../test/fixtures/jotform/round38')
const adminKey = randomBytes(32).toString('base64url')
const hookSecret = randomBytes(32).toString('base64url')
const authorization = `Bearer ${adminKey}`
const waitMs = 30_000
const running = new Set<Service>()

const say = (line: string) => console.log(`ok  ${line}`)

function start(script: string, env: Record<string, string>): Service {
  const service = startScript(script, env)
  running.add(service)
  service.ended.finally(() => running.delete(service)).catch(() => {})
  return service
}

async function until<T>(what: string, read: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const found = await read()
    if (found !== undefined) return found
    assert.ok(performance.now() < deadline, `${what} did not happen within ${waitMs / 1000} s`)
    await delay(100)
  }
}

async function call(url: string, init: RequestInit = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, { ...init, headers: { authorization, ...init.headers } })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} }
}

const post = (url: string, body: unknown) =>
  call(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

async function migrateOnce(env: Record<string, string>): Promise<void> {
  const early = start('src/server.ts', { ...env, WORKER: 'off' })
  const address = await early.address()
  assert.equal((await call(`${address}/health/ready`)).status, 503)
  assert.equal((await call(`${address}/health/live`)).status, 200)
  assert.equal(await early.stop(), 0)
  say('a service before the migration is alive and not ready')

  const both = [start('src/migrate.ts', env), start('src/migrate.ts', env)]
  for (const one of both) assert.equal(await one.ended, 0, one.stderr())
  assert.ok(both.some((one) => /^Applied:/.test(one.stdout())))
  const again = start('src/migrate.ts', env)
  assert.equal(await again.ended, 0)
  assert.match(again.stdout(), /up to date/)
  say('two migrations at once: one works, both succeed; a third has nothing to do')
}

/** An application made through one replica, completed through the other. */
async function applyThroughBoth(one: string, two: string): Promise<void> {
  for (const address of [one, two]) {
    assert.equal((await call(`${address}/health/ready`)).status, 200)
    const round = await call(`${address}/v1/pre-sessions/38`)
    assert.equal(round.body.number, 38)
  }
  const created = await post(`${one}/v1/applications`, aCompleteApplication())
  assert.equal(created.status, 201)
  const form = new FormData()
  const pdf = `%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n`
  form.set('file', new Blob([pdf], { type: 'application/pdf' }), 'submission.pdf')
  const path = `/v1/applications/${created.body.id}`
  const document = await call(`${two}${path}/documents`, { method: 'POST', body: form })
  assert.equal(document.status, 201, JSON.stringify(document.body))
  const file = await fetch(`${one}${path}/documents/${document.body.id}`, { headers: { authorization } })
  assert.equal(await file.text(), pdf)
  const submitted = await call(`${two}${path}/submission`, { method: 'POST' })
  assert.equal(submitted.status, 200)
  assert.equal(submitted.body.outcome, 'late', 'the real clock is long past the deadline of 2021')
  assert.equal((await call(`${one}${path}`)).body.status, 'submitted')
  say('an application made on one replica is completed on the other; its file is read where it was not written')
}

/** A delivery taken by a replica, interpreted by the worker. */
async function deliver(one: string, two: string): Promise<void> {
  const deliveries = JSON.parse(readFileSync(join(fixtures, 'deliveries.json'), 'utf8')) as {
    file: string
    contentType: string
  }[]
  const [first] = deliveries
  assert.ok(first !== undefined)
  const body = readFileSync(join(fixtures, 'deliveries', first.file))
  const taken = await fetch(`${one}/v1/integrations/jotform/hooks/${hookSecret}`, {
    method: 'POST',
    headers: { 'content-type': first.contentType },
    body,
  })
  assert.equal(taken.status, 200)
  await until('the interpretation of a delivery', async () => {
    const { body } = await call(`${two}/v1/integrations/jotform/deliveries`)
    const [found] = body.data as { state: string }[]
    return found !== undefined && found.state !== 'received' ? found : undefined
  })
  say('a delivery taken by a replica is interpreted by the worker')
}

async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'pre-sessions-topology-'))
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'database'), log: () => {} })
  try {
    const env = {
      NODE_ENV: 'production',
      DATABASE_URL: postgres.url,
      DATA_DIR: join(dir, 'data'),
      STORAGE_URL: `file://${join(dir, 'data/files')}`,
      ADMIN_API_KEY: adminKey,
      JOTFORM_HOOK_SECRETS: hookSecret,
      PORT: '0',
    }
    await migrateOnce(env)
    const replicas = [
      start('src/server.ts', { ...env, WORKER: 'off' }),
      start('src/server.ts', { ...env, WORKER: 'off' }),
    ]
    const worker = start('src/server.ts', { ...env, WORKER: 'only' })
    const [one = '', two = ''] = await Promise.all(replicas.map((replica) => replica.address()))
    await worker.says(/worker started/)
    say('two replicas and a worker are up')
    await applyThroughBoth(one, two)
    await deliver(one, two)
    for (const service of [...replicas, worker]) assert.equal(await service.stop(), 0, service.stdout())
    say('SIGTERM ends all three with 0')
    for (const service of [...replicas, worker]) {
      for (const secret of [adminKey, hookSecret, new URL(postgres.url).password]) {
        assert.ok(!(service.stdout() + service.stderr()).includes(secret), 'no secret is in any output')
      }
    }
    say('no secret is in any output')
  } finally {
    await Promise.all([...running].map((service) => service.stop('SIGKILL')))
    await postgres.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

await main()
