import type { Deps } from '../deps.ts'
import type { Task } from '../jobs/worker.ts'
import { createScanner } from '../malware/scanner.ts'
import { type Checking, checkVersion, scanVersion } from './checking.ts'
import { makeRenditions } from './renditions.ts'

/** One file at a time in a process too: reading one takes a core, and requests need the other. */
export function videoCheckTasks(deps: Deps): Record<string, Task> {
  const scanner = createScanner(deps.config.clamd)
  const inTurn = takingTurns()
  const task =
    (work: (checking: Checking, versionId: string) => Promise<void>): Task =>
    (payload, signal) =>
      inTurn(async () => {
        signal?.throwIfAborted()
        await work({ deps, scanner, signal }, (payload as { versionId: string }).versionId)
      })
  return { 'video-check': task(checkVersion), 'video-scan': task(scanVersion), 'video-rendition': task(makeRenditions) }
}

function takingTurns(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return turn
  }
}
