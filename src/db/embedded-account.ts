import { type SpawnOptions, spawnSync } from 'node:child_process'
import { lchown, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './embedded-binaries.ts'

/** Who runs the database's programs: `prefix` goes before every command. */
export interface Runner {
  prefix: string[]
  ids: { uid?: number; gid?: number }
  /** The account that must own the cluster; undefined when it is the service's own. */
  owner: { uid: number; gid: number } | undefined
}

type Log = (line: string) => void

/** The programs get this environment only: nothing of the service's own, above all no secrets. */
export const programEnv = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

const ACCOUNT = 'presessions'

export function command(runner: Runner, program: string, args: string[]): [string, string[], SpawnOptions] {
  const [file = program, ...rest] = [...runner.prefix, program, ...args]
  return [file, rest, { ...runner.ids, cwd: '/', env: programEnv }]
}

async function findAccount(name: string): Promise<{ uid: number; gid: number } | undefined> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find((entry) => entry[0] === name)
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])]
  return uid > 0 && gid > 0 ? { uid, gid } : undefined
}

async function unprivilegedAccount(log: Log): Promise<{ uid: number; gid: number }> {
  const existing = (await findAccount('postgres')) ?? (await findAccount(ACCOUNT))
  if (existing) return existing
  const options = [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
  ]
  spawnSync('useradd', [...options, ACCOUNT], { env: programEnv })
  const created = await findAccount(ACCOUNT)
  if (created) {
    log(`created the system account "${ACCOUNT}" for the embedded PostgreSQL, which refuses to run as root`)
    return created
  }
  const nobody = await findAccount('nobody')
  if (!nobody) {
    throw new Error(
      'PostgreSQL refuses to run as root, and no other account was found or could be created. ' +
        'Run the service as an ordinary user, or create an account named "postgres".',
    )
  }
  log('warning: the embedded PostgreSQL runs as "nobody", an account that other programs may share')
  return nobody
}

/** Asks the kernel, as that account, whether programs and data can be reached. */
function reaches(runner: Runner, binaries: Binaries, dataDir: string): boolean {
  const question = [
    '-r',
    binaries.catalog,
    '-a',
    '-r',
    binaries.postgres,
    '-a',
    '-x',
    binaries.postgres,
    '-a',
    '-x',
    dataDir,
  ]
  const answer = spawnSync(...command(runner, 'test', question))
  const missing = (answer.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
  return missing ? runner.prefix.length === 0 : answer.status === 0
}

/**
 * A process of that account with one capability, to pass directories that only root may enter. Without the securebit
 * access(2), which PostgreSQL asks about its own programs, would ignore the capability.
 */
function withCapability({ uid, gid }: { uid: number; gid: number }, capability: string): string[] {
  const only = `-all,+${capability}`
  return [
    ...['setpriv', '--reuid', String(uid), '--regid', String(gid), '--clear-groups'],
    ...['--inh-caps', only, '--ambient-caps', only, '--bounding-set', only, '--securebits', '+no_setuid_fixup'],
  ]
}

async function chownTree(dir: string, owner: { uid: number; gid: number }): Promise<void> {
  for (const entry of await readdir(dir, { recursive: true })) await lchown(join(dir, entry), owner.uid, owner.gid)
  await lchown(dir, owner.uid, owner.gid)
}

/** Decides under which account, and with which capability, the database's programs run. */
export async function chooseRunner(dataDir: string, clusterDir: string, binaries: Binaries, log: Log): Promise<Runner> {
  const uid = process.getuid?.() ?? 0
  const cluster = await stat(clusterDir).catch(() => undefined)
  if (uid !== 0) {
    if (cluster && cluster.uid !== uid) {
      throw new Error(
        `The database in ${clusterDir} belongs to the account with uid ${cluster.uid}, the service runs with uid ${uid}. ` +
          'Start the service as the account that started it before, or as root.',
      )
    }
    return { prefix: [], ids: {}, owner: undefined }
  }
  const owner = cluster && cluster.uid !== 0 ? { uid: cluster.uid, gid: cluster.gid } : await unprivilegedAccount(log)
  if (cluster?.uid === 0) await chownTree(clusterDir, owner)

  const plain: Runner = { prefix: [], ids: owner, owner }
  if (reaches(plain, binaries, dataDir)) return plain
  for (const capability of ['dac_read_search', 'dac_override']) {
    const runner: Runner = { prefix: withCapability(owner, capability), ids: {}, owner }
    if (!reaches(runner, binaries, dataDir)) continue
    log(`the database's account (uid ${owner.uid}) passes a directory that only root may enter with cap_${capability}`)
    return runner
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and the account it would run as (uid ${owner.uid}) cannot reach ${binaries.postgres} ` +
      `and ${dataDir}: one of the directories above them lets only root in, and "setpriv" (package util-linux) is missing or ` +
      'not permitted here. Move the service to a directory that others may enter, or run "chmod o+x" on the closed directory, ' +
      'or run the service as an ordinary user, or set DATABASE_URL.',
  )
}
