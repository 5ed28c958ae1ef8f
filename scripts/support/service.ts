import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../src/db/embedded-cluster.ts'
import type { Closing } from './run.ts'
import { waitFor } from './wait.ts'

const server = join(import.meta.dirname, '../../src/server.ts')
const startLimitMs = 60_000
const stopLimitMs = 40_000

/** Secrets that only this run knows, and a port that was free a moment ago. */
export async function newIdentity() {
  const secret = () => randomBytes(32).toString('base64url')
  return { port: await freePort(), adminKey: secret(), hookSecret: secret(), jotformKey: secret() }
}

export type Identity = Awaited<ReturnType<typeof newIdentity>>

export interface ServiceOptions {
  dataDir: string
  identity: Identity
  /** Configuration beside directory, port, keys. */
  env?: Record<string, string>
}

export interface Service {
  url: string
  pid: number
  /** From the start of the process to the first 200 of /health/ready. */
  readyAfterMs: number
  hasEnded(): boolean
  /** SIGKILL: nothing is shut down, and the database goes on without its service. */
  kill(): Promise<void>
  /** SIGTERM: in phases, the database included. */
  stop(): Promise<void>
}

/** The service as a process of its own, with a database of its own below `dataDir`; ready when this returns. */
export async function startService(
  closing: Closing,
  { dataDir, identity, env = {} }: ServiceOptions,
): Promise<Service> {
  const logFile = join(dataDir, 'service.log')
  const log = await open(logFile, 'a', 0o600)
  const started: { child?: ChildProcess } = {}
  closing.defer(() => end(started.child, dataDir))
  const begunAt = performance.now()
  // A session of its own: Ctrl-C is told to the script, which ends the service in order.
  const child = spawn(process.execPath, [server], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      PATH: process.env.PATH,
      // Everything comes from one address here, and the end of the work is asked for as fast as it goes.
      RATE_LIMIT_PER_MINUTE: '1000000',
      LOG_LEVEL: 'warn',
      DATA_DIR: dataDir,
      PORT: String(identity.port),
      ADMIN_API_KEY: identity.adminKey,
      ...env,
    },
  })
  started.child = child
  tellUnexpectedEnd(child, logFile)
  await log.close()
  const url = `http://127.0.0.1:${identity.port}`
  await waitFor('the service is ready', () => askReady(child, url, logFile), { limitMs: startLimitMs, everyMs: 5 })
  return {
    url,
    pid: child.pid as number,
    readyAfterMs: performance.now() - begunAt,
    hasEnded: () => hasEnded(child),
    kill: () => signalAndWait(child, 'SIGKILL'),
    stop: () => end(child, dataDir),
  }
}

/** What it says of itself when it does not come up is what a person needs to see. */
async function askReady(child: ChildProcess, url: string, logFile: string): Promise<true | undefined> {
  if (hasEnded(child)) throw new Error(`The service did not start:\n${await lastLines(logFile)}`)
  return (await isReady(url)) ? true : undefined
}

/** A service that ends by itself is a finding, and its log is about to be removed. */
function tellUnexpectedEnd(child: ChildProcess, logFile: string): void {
  child.once('exit', (code, signal) => {
    if (asked.has(child)) return
    void lastLines(logFile).then((lines) =>
      console.error(`\nThe service ended by itself (${code ?? signal}):\n${lines}`),
    )
  })
}

async function lastLines(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n')
  return lines.slice(-20).join('\n')
}

export async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

/** Children that were told to end. */
const asked = new WeakSet<ChildProcess>()

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

async function signalAndWait(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return
  asked.add(child)
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

/** In order where that works; otherwise by force, the database too. */
async function end(child: ChildProcess | undefined, dataDir: string): Promise<void> {
  if (child !== undefined) {
    const force = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
    await signalAndWait(child, 'SIGTERM')
    clearTimeout(force)
  }
  const pid = await findDatabase(dataDir)
  if (pid === undefined) return
  process.kill(pid, 'SIGQUIT')
  await waitFor('the database ends', async () => ((await findDatabase(dataDir)) === undefined ? true : undefined), {
    limitMs: stopLimitMs,
  })
}

/** The process of the embedded database below a data directory; undefined while there is none. */
export async function findDatabase(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  if (!(pid > 0)) return undefined
  try {
    process.kill(pid, 0)
  } catch {
    return undefined
  }
  // The system gives numbers out again: only the program and its directory prove that it is ours.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
  return command === undefined || command.includes(join(dataDir, 'postgres')) ? pid : undefined
}

/** Resident memory in bytes, where the system tells it. */
export async function residentMemory(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}
