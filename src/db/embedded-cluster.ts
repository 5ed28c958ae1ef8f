import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import {
  chmod,
  chown,
  copyFile,
  link,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { command, programEnv, type Runner } from './embedded-account.ts'
import type { Binaries } from './embedded-binaries.ts'

/** What the files of one data directory say; nothing here holds a connection. */
export interface Cluster {
  dataDir: string
  dir: string
  binaries: Binaries
  runner: Runner
  settings: Record<string, string>
  log(line: string): void
}

export interface Launched {
  pid: number
  /** Set when the process ended: the lines it wrote. */
  failure(): Promise<string | undefined>
  /** Stops a server that nobody has connected to. */
  end(): Promise<void>
}

const LOG_LIMIT = 8 * 1024 * 1024
const WORKSHOP = 'postgres.new-'
const NO_SUCH_PID = 2_147_483_646

const defaultSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '128MB',
  max_connections: '60',
  // Room for a burst of writes between two checkpoints, and slow, even checkpoints.
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  wal_compression: 'pglz',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Applications are personal data: neither statements nor key values belong in a log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

const logFile = (cluster: Cluster) => join(cluster.dataDir, 'postgres.log')
const pidFile = (cluster: Pick<Cluster, 'dir'>) => join(cluster.dir, 'postmaster.pid')

/** The password is made once and never replaced: `link` lets the first of two writers win. */
export async function ensurePassword(dataDir: string, clusterExists: boolean): Promise<string> {
  const path = join(dataDir, 'postgres.password')
  const read = () => readFile(path, 'utf8').catch((error) => (error.code === 'ENOENT' ? '' : Promise.reject(error)))
  const known = (await read()).trim()
  if (known) {
    if ((await stat(path)).mode & 0o077) await chmod(path, 0o600)
    return known
  }
  if (clusterExists)
    throw new Error(`${path} is missing or empty: put the password of the database in ${dataDir} back.`)
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    await link(draft, path).catch((error) => (error.code === 'EEXIST' ? undefined : Promise.reject(error)))
  } finally {
    await rm(draft)
  }
  return (await read()).trim()
}

function run(runner: Runner, program: string, args: string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const [file, rest, options] = command(runner, program, args)
    const child = spawn(file, rest, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
    child.stderr?.on('data', (chunk) => chunks.push(chunk))
    child.once('error', (error: NodeJS.ErrnoException) => {
      const hint = error.code === 'ENOENT' ? ' (its programs need a Linux with glibc, such as Debian)' : ''
      reject(
        new Error(`The embedded PostgreSQL cannot run here: ${error.message}${hint}. Set DATABASE_URL to use another.`),
      )
    })
    child.once('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString().trim() }))
  })
}

/** Removes what a start that was killed has left. Its initdb may still be writing: then the next start removes the rest. */
export async function clearWorkshops(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(WORKSHOP)) await rm(join(dataDir, name), { recursive: true, maxRetries: 3 }).catch(() => {})
  }
}

/** initdb works in a sibling directory, which gets its name when it is complete: there is no half-made cluster. */
export async function initialise(cluster: Cluster, password: string): Promise<void> {
  const { dataDir, dir, runner } = cluster
  const workshop = await mkdtemp(join(dataDir, WORKSHOP))
  try {
    const passwordFile = join(workshop, 'password')
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
    if (runner.owner) {
      await chown(passwordFile, runner.owner.uid, runner.owner.gid)
      await chown(workshop, runner.owner.uid, runner.owner.gid)
    }
    const made = join(workshop, 'cluster')
    const { ok, output } = await run(runner, cluster.binaries.initdb, [
      ...['--pgdata', made, '--username', 'postgres', '--auth', 'scram-sha-256', '--pwfile', passwordFile],
      ...['--encoding', 'UTF8', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'],
      ...['--data-checksums', '--no-instructions'],
    ])
    if (!ok) throw new Error(`The database could not be created in ${dataDir}:\n${output}`)
    await rename(made, dir).catch((error) =>
      error.code === 'ENOTEMPTY' || error.code === 'EEXIST' ? undefined : Promise.reject(error),
    )
    const parent = await open(dataDir)
    await parent.sync().finally(() => parent.close())
  } finally {
    await rm(workshop, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Is this process the server of this cluster? The number alone proves nothing: the system gives numbers out again. */
export async function isServer(cluster: Pick<Cluster, 'dir'>, pid: number): Promise<boolean> {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'command='], { env: programEnv, encoding: 'utf8' })
    return stdout?.includes(`-D ${cluster.dir} `) ?? false
  }
  const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
  if (!args[0]?.endsWith('/postgres')) return false
  if (args[args.indexOf('-D') + 1] === cluster.dir) return true
  return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === cluster.dir
}

/** The running server that the cluster's pid file names. A server that has just begun has no port yet. */
export async function findServer(
  cluster: Pick<Cluster, 'dir'>,
): Promise<{ pid: number; port: number | undefined } | undefined> {
  const lines = (await readFile(pidFile(cluster), 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  if (!(pid > 0) || !(await isServer(cluster, pid))) return undefined
  return { pid, port: Number(lines[3]) || undefined }
}

/**
 * PostgreSQL does not start while the process its pid file names exists, whatever that process is. We write a number that
 * no process has, rather than remove the file: its other lines let PostgreSQL find left-over children of the dead server.
 */
async function disownPidFile(cluster: Cluster): Promise<void> {
  const text = await readFile(pidFile(cluster), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  if (!(pid > 0) || (await isServer(cluster, pid))) return
  await writeFile(pidFile(cluster), text.replace(/^\d+/, String(NO_SUCH_PID)))
}

export async function freePort(): Promise<number> {
  // Below the range for outgoing connections: a client that waits for the server must not take its port.
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(15_000, 32_000)
    const probe = createServer()
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
  throw new Error('No free port was found for the embedded PostgreSQL on 127.0.0.1.')
}

/** The server appends to this file as long as it lives, so it is cut, not renamed. */
export async function boundLog(cluster: Cluster): Promise<void> {
  const path = logFile(cluster)
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  if (size < LOG_LIMIT) return
  await copyFile(path, `${path}.1`)
  await truncate(path, 0)
}

/** Starts the server so that it outlives this process: its own session, its output in a file. */
export async function launch(cluster: Cluster, port: number): Promise<Launched> {
  if ((await stat(cluster.dir)).mode & 0o077) await chmod(cluster.dir, 0o700)
  await disownPidFile(cluster)
  await boundLog(cluster)
  const file = await open(logFile(cluster), 'a', 0o600)
  const from = (await file.stat()).size
  const settings = { ...defaultSettings, ...cluster.settings, port: String(port) }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [program, rest, options] = command(cluster.runner, cluster.binaries.postgres, ['-D', cluster.dir, ...args])
  let child: ChildProcess
  try {
    child = spawn(program, rest, { ...options, detached: true, stdio: ['ignore', file.fd, file.fd] })
  } finally {
    await file.close()
  }
  let problem: string | undefined
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      problem = `${error.message}\n`
      resolve()
    })
    child.once('exit', () => {
      problem ??= ''
      resolve()
    })
  })
  child.unref()
  return {
    pid: child.pid ?? 0,
    failure: async () => {
      if (problem === undefined) return undefined
      const written = (await readFile(logFile(cluster))).subarray(from).toString()
      return `${problem}${written.slice(-4000)}`.trim()
    },
    end: async () => {
      if (problem === undefined) child.kill('SIGINT')
      await gone
    },
  }
}
