import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

export type Service = ReturnType<typeof startScript>

/** Runs a script of ours as an operator would, with nothing of this process's environment but the path. */
export function startScript(script: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(root, script)], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  /** Resolves at the first output that matches; rejects with everything said so far when the process ends first. */
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    let over = false
    const end = ended.then(() => {
      over = true
    })
    for (;;) {
      const found = pattern.exec(stdout) ?? pattern.exec(stderr)
      if (found !== null) return found
      if (over) throw new Error(`${script} ended without saying ${pattern}:\n${stdout}\n${stderr}`)
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), end])
    }
  }
  return {
    child,
    ended,
    says,
    stdout: () => stdout,
    stderr: () => stderr,
    /** The address that a service announces once it listens. */
    address: async () => `http://127.0.0.1:${(await says(/first look +http:\/\/[^:]+:(\d+)\//))[1]}`,
    stop: async (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}
