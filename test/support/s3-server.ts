import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'

const script = join(dirname(createRequire(import.meta.url).resolve('s3rver/package.json')), 'bin/s3rver.js')
const bucket = 'pre-sessions'

/** A server that speaks S3, as a process of its own, with a bucket; it can be stopped and started again at its port. */
export async function startS3(t: Test) {
  const directory = await mkdtemp(join(tmpdir(), 'pre-sessions-s3-'))
  const start = async (port: number) => {
    const args = [script, '-d', directory, '-a', '127.0.0.1', '-p', String(port), '-s', '--configure-bucket', bucket]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(child, 'close')
    let said = ''
    child.stdout.setEncoding('utf8')
    while (!/listening on .*:(\d+)/.test(said)) {
      const [text] = await Promise.race([once(child.stdout, 'data'), ended.then(() => [undefined])])
      if (text === undefined) throw new Error(`The S3 server ended: ${said}`)
      said += text
    }
    const listening = Number(/listening on .*:(\d+)/.exec(said)?.[1])
    const stop = async () => {
      child.kill('SIGKILL')
      await ended
    }
    return { port: listening, stop }
  }
  let running = await start(0)
  const { port } = running
  t.teardown(async () => {
    await running.stop()
    await rm(directory, { recursive: true, force: true })
  })
  return {
    directory,
    port,
    env: {
      STORAGE_URL: `s3://${bucket}/files?endpoint=http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'S3RVER',
      AWS_SECRET_ACCESS_KEY: 'S3RVER',
    },
    stop: () => running.stop(),
    start: async () => {
      running = await start(port)
    },
  }
}
