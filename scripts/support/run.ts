// What every script here shares: it ends by itself, and whatever it started ends with it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What was opened, closed in the opposite order. Nothing can be opened once the closing has begun: `defer` throws then. */
export type Closing = AsyncDisposableStack

/** Runs `main`, then closes what it opened: also after a failure, on Ctrl-C and when it takes too long. Answers false or throws: exit code 1. */
export async function runScript(limitMs: number, main: (closing: Closing) => Promise<boolean>): Promise<void> {
  const closing = new AsyncDisposableStack()
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= closing.disposeAsync().catch((error: unknown) => {
      console.error(error)
      process.exitCode = 1
    })
    return closed
  }
  const interrupt = (why: string, code: number) => {
    if (closed !== undefined) return
    console.error(`\n${why}: ending what was started`)
    void close().then(() => process.exit(code))
  }
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => interrupt(signal, code))
  }
  const limit = setTimeout(() => interrupt(`Not done within ${limitMs / 1000} s`, 1), limitMs)
  try {
    if (!(await main(closing))) process.exitCode = 1
  } catch (error) {
    // What breaks because of an interruption says nothing new.
    if (closed === undefined) console.error(error)
    process.exitCode = 1
  } finally {
    clearTimeout(limit)
    await close()
    // What `main` left under way has nothing to talk to any more.
    process.exit()
  }
}

/** A directory that is gone at the end. */
export async function temporaryDirectory(closing: Closing, name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `pre-sessions-${name}-`))
  closing.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}
