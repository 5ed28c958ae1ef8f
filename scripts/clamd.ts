// Runs the malware scan against a real clamd (Debian: clamav-daemon) with one signature of our own; nothing is downloaded.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readConfig } from '../src/config.ts'
import { createScanner, type ScanVerdict } from '../src/malware/scanner.ts'
import { eicar } from '../test/support/clamd.ts'
import { boxAt, insertBox } from './support/mp4-surgery.ts'

const binary = '/usr/sbin/clamd'
const video = join(import.meta.dirname, '../test/fixtures/media/right.mp4')
const folder = await mkdtemp(join(tmpdir(), 'clamd-'))
let failures = 0

async function main() {
  if (!existsSync(binary)) throw new Error(`${binary} is not here: apt-get install clamav-daemon`)
  const scan = (url: string | undefined, path: string) => createScanner(readConfig({ CLAMD_URL: url }).clamd).scan(path)
  const file = async (name: string, content: string | Buffer) => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }
  const socket = `unix:${join(folder, 'clamd.ctl')}`
  const infectedVideo = insertBox(await readFile(video), boxAt('free', Buffer.from(eicar)), 'ftyp')
  const overFileLimit = await file('1.5-MB.mp4', Buffer.alloc(1_500_000, 1))
  const overStreamLimit = await file('3-MB.mp4', Buffer.alloc(3_000_000, 1))

  expect('without an address', await scan(undefined, video), { state: 'notScanned', reason: 'notConfigured' })
  expect('with clamd stopped', await scan(socket, video), { state: 'notScanned', reason: 'scannerUnavailable' })
  const clamd = await start()
  expect('a video', await scan(socket, video), { state: 'clean' })
  expect('EICAR', await scan(socket, await file('eicar.com', eicar)), {
    state: 'infected',
    signature: 'Eicar-Test-Signature.UNOFFICIAL',
  })
  expect('EICAR inside a video', await scan(socket, await file('eicar.mp4', infectedVideo)), {
    state: 'infected',
    signature: 'Eicar-Test-Signature.UNOFFICIAL',
  })
  expect('above MaxFileSize', await scan(socket, overFileLimit), { state: 'notScanned', reason: 'scannerLimit' })
  expect('above StreamMaxLength', await scan(socket, overStreamLimit), { state: 'notScanned', reason: 'scannerLimit' })
  expect('above maxBytes', await scan(`${socket}?maxBytes=1000000`, overFileLimit), {
    state: 'notScanned',
    reason: 'tooLarge',
  })
  clamd.kill('SIGKILL')
  await once(clamd, 'exit')
  expect('after clamd was killed', await scan(socket, video), { state: 'notScanned', reason: 'scannerUnavailable' })
}

async function start(): Promise<ChildProcess> {
  const database = join(folder, 'database')
  await mkdir(database)
  await writeFile(join(database, 'local.ndb'), `Eicar-Test-Signature:0:*:${Buffer.from(eicar).toString('hex')}\n`)
  const settings = [
    `DatabaseDirectory ${database}`,
    `LocalSocket ${join(folder, 'clamd.ctl')}`,
    'Foreground yes',
    'StreamMaxLength 2M',
    'MaxFileSize 1M',
    'MaxScanSize 1M',
    'AlertExceedsMax yes',
  ]
  await writeFile(join(folder, 'clamd.conf'), `${settings.join('\n')}\n`)
  const clamd = spawn(binary, ['--config-file', join(folder, 'clamd.conf')], { stdio: ['ignore', 'pipe', 'pipe'] })
  clamd.stderr.pipe(process.stderr)
  for (let tries = 0; tries < 100; tries++) {
    if (clamd.exitCode !== null) throw new Error('clamd did not start.')
    if (await answers()) return clamd
    await delay(100)
  }
  throw new Error('clamd does not answer.')
}

const answers = () =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection(join(folder, 'clamd.ctl'))
    socket.once('error', () => resolve(false))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString().startsWith('PONG'))
    })
    socket.write('zPING\0')
  })

function expect(what: string, found: ScanVerdict, wanted: ScanVerdict) {
  const right = JSON.stringify(found) === JSON.stringify(wanted)
  if (!right) failures += 1
  console.log(`${right ? 'ok' : 'NOT OK'} - ${what}: ${JSON.stringify(found)}`)
}

await main().finally(() => rm(folder, { recursive: true, force: true }))
console.log(failures === 0 ? 'clamd: all as expected' : `clamd: ${failures} not as expected`)
process.exit(failures === 0 ? 0 : 1)
