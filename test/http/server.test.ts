import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { aCompleteApplication } from '../support/builders.ts'
import { type Service, startScript } from '../support/process.ts'

async function folder(t: Test): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'pre-sessions-server-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const logLines = (service: Service): { msg: string; level: number }[] =>
  service
    .stdout()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** A request whose body is half sent, so that it is in flight for as long as the test wants. */
async function halfSent(address: string) {
  const body = JSON.stringify(aCompleteApplication())
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk
  })
  await once(socket, 'connect')
  const head = [
    'POST /v1/pre-sessions/38/countries/BEL/assessments HTTP/1.1',
    'Host: service',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 50)}`)
  return {
    async finish() {
      socket.write(body.slice(50))
      await once(socket, 'close')
      return answer
    },
  }
}

t.test('the service of the README’s first line: first start, drain, second start', async (t) => {
  const dataDir = await folder(t)
  const env = { DATA_DIR: dataDir, PORT: '0' }

  const first = startScript('src/server.ts', env)
  t.teardown(() => first.stop())
  const address = await first.address()
  const round = await fetch(`${address}/v1/pre-sessions/38`)
  t.equal(round.status, 200)
  t.match(await round.json(), { number: 38, format: 'virtual', status: 'callOpen' })
  await first.says(/kept in/)
  t.match(first.stderr(), /docs +http:\/\/localhost:\d+\/docs\n/)
  const key = /admin key +(\S+)\n/.exec(first.stderr())?.[1] ?? ''
  t.match(key, /^upr_[\w-]{43}$/)
  const kept = join(dataDir, 'admin-api-key')
  t.equal((await readFile(kept, 'utf8')).trim(), key)
  t.equal((await stat(kept)).mode & 0o777, 0o600)
  const asAdmin = await fetch(`${address}/v1/applications`, { headers: { authorization: `Bearer ${key}` } })
  t.equal(asAdmin.status, 200)
  t.equal((await fetch(`${address}/v1/audit-log`)).status, 401)
  t.equal((await fetch(`${address}/docs/`)).status, 200)
  t.equal((await fetch(`${address}/health/ready`)).status, 200)

  await t.test('SIGTERM lets a request in flight finish', async (t) => {
    const request = await halfSent(address)
    await fetch(`${address}/health/live`)
    const ended = first.stop('SIGTERM')
    await first.says(/shutting down/)
    const answer = await request.finish()
    t.match(answer, /^HTTP\/1\.1 200 /)
    t.match(answer, '"outcome":')
    t.equal(await ended, 0)
    await t.rejects(fetch(address), 'it listens no more')
    const loud = logLines(first).filter(({ level }) => level >= 50)
    t.same(loud, [], 'nothing went wrong')
  })

  await t.test('the second start keeps the data and names only the file of the key', async (t) => {
    const long = new Date(Date.now() - 3_600_000)
    for (const name of ['w-killed', 'w-of-a-replica'])
      await mkdir(join(dataDir, 'work', name), { recursive: true, mode: 0o700 })
    await utimes(join(dataDir, 'work', 'w-killed'), long, long)
    const second = startScript('src/server.ts', env)
    t.teardown(() => second.stop())
    const address = await second.address()
    await second.says(/admin-api-key/)
    t.match(second.stderr(), new RegExp(`admin key +in ${kept}`))
    for (const output of [second.stderr(), second.stdout(), first.stdout()])
      t.equal(output.includes(key), false, 'the key is shown once')
    t.equal((await fetch(`${address}/v1/applications`, { headers: { authorization: `Bearer ${key}` } })).status, 200)
    t.same(await readdir(join(dataDir, 'work')), ['w-of-a-replica'], 'and removes what a killed one was working at')

    const third = startScript('src/server.ts', env)
    t.equal(await third.ended, 1)
    t.match(third.stderr(), /another instance \(pid \d+\)/)
    t.notMatch(third.stderr(), / {4}at /, 'no stack for the person at the terminal')
    t.equal(await second.stop('SIGINT'), 0)
  })
})

t.test('a bad configuration is told whole, and nothing is started', async (t) => {
  const dataDir = join(await folder(t), 'never-made')
  const service = startScript('src/server.ts', {
    DATA_DIR: dataDir,
    PORT: 'http',
    WORKER: 'yes',
    JOTFORM_HOOK_SECRETS: 'short',
    ADMIN_API_KEY: 'tiny-key',
  })
  t.equal(await service.ended, 1)
  t.equal(service.stdout(), '')
  t.match(service.stderr(), /4 problem\(s\)/)
  for (const name of ['PORT', 'WORKER', 'JOTFORM_HOOK_SECRETS', 'ADMIN_API_KEY'])
    t.match(service.stderr(), new RegExp(`^ {2}- ${name}`, 'm'))
  t.notMatch(service.stderr(), /tiny-key|"short"| {4}at /)
  await t.rejects(stat(join(dataDir, 'postgres')), 'no database was made')
})

t.test('a database that cannot be reached ends the start with a sentence', async (t) => {
  const dataDir = await folder(t)
  const service = startScript('src/server.ts', {
    DATA_DIR: dataDir,
    PORT: '0',
    DATABASE_URL: 'postgres://somebody:db-secret@127.0.0.1:1/x',
  })
  t.equal(await service.ended, 1)
  t.match(service.stderr(), /ECONNREFUSED/)
  t.notMatch(service.stderr() + service.stdout(), /db-secret/)
})
