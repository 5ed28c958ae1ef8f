import { type ChildProcess, spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MediaFacts } from '../domain/media-facts.ts'
import type { StripResult } from './strip.ts'
import type { PdfStripResult } from './strip-pdf.ts'

/** What a file may claim from the machine before it is given up. */
const heapMiB = 256
const largestAnswer = 1024 * 1024

export interface Isolation {
  timeLimitSeconds: number
  signal?: AbortSignal | undefined
}

export type MediaTask =
  | { operation: 'inspect'; path: string }
  | { operation: 'strip' | 'stripPdf'; path: string; output: string }

/** The process ended without an answer: out of memory, out of time, or killed by what it read. */
export class MediaProcessFailed extends Error {
  override name = 'MediaProcessFailed'
}

/** The facts of a file. One that breaks its reader, or takes too much of the machine, is `overLimit`. */
export async function inspectIsolated(path: string, isolation: Isolation): Promise<MediaFacts | undefined> {
  try {
    return (await runIsolated({ operation: 'inspect', path }, isolation)) as MediaFacts
  } catch (error) {
    if (error instanceof MediaProcessFailed) return undefined
    throw error
  }
}

/** Writes a copy of the media alone to `output`. */
export const stripIsolated = (path: string, output: string, isolation: Isolation): Promise<StripResult> =>
  runIsolated({ operation: 'strip', path, output }, isolation) as Promise<StripResult>

/** Writes a copy of the pages alone to `output`. One that breaks its reader is not copied. */
export async function stripPdfIsolated(path: string, output: string, isolation: Isolation): Promise<PdfStripResult> {
  try {
    return (await runIsolated({ operation: 'stripPdf', path, output }, isolation)) as PdfStripResult
  } catch (error) {
    if (error instanceof MediaProcessFailed) return { stripped: false, reason: 'unreadable' }
    throw error
  }
}

/**
 * Runs in a process of its own that has no environment, may read the file and the program, and write the output; a file that makes its
 * reader run for ever or ask for all memory ends that process alone.
 */
function runIsolated(task: MediaTask, { timeLimitSeconds, signal }: Isolation): Promise<unknown> {
  signal?.throwIfAborted()
  const child = spawn(process.execPath, [...permissions(task), fileURLToPath(new URL('process.ts', import.meta.url))], {
    env: { NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify(task)}\n`)
  return answerOf(child, timeLimitSeconds * 1000, signal)
}

function permissions(task: MediaTask): string[] {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const packages = realpathSync(packagesOf(fileURLToPath(import.meta.resolve('mediabunny'))))
  const readable = [
    here,
    join(here, '../domain/'),
    join(here, '../../package.json'),
    // A link to the packages is read where it lies.
    join(here, '../../node_modules'),
    join(packages, sep),
    task.path,
  ]
  const writable = task.operation === 'inspect' ? [] : [task.output]
  return [
    `--max-old-space-size=${heapMiB}`,
    '--disable-warning=ExperimentalWarning',
    '--permission',
    ...[...readable, ...writable].map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${path}`),
  ]
}

const packagesOf = (path: string) =>
  path.slice(0, path.lastIndexOf(`${sep}node_modules${sep}`) + `${sep}node_modules`.length)

function answerOf(child: ChildProcess, limitMs: number, signal: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let answer = ''
    let complaint = ''
    const kill = () => child.kill('SIGKILL')
    const timer = setTimeout(kill, limitMs)
    signal?.addEventListener('abort', kill, { once: true })
    if (child.pid !== undefined) lowerPriority(child.pid)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      answer += text
      if (answer.length > largestAnswer) kill()
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2_000)
    })
    child.once('error', reject)
    child.once('close', (code, killedBy) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', kill)
      if (signal?.aborted) return reject(signal.reason)
      if (code === 0) return resolve(JSON.parse(answer))
      // Whatever is wrong with the file is an answer; an exception is a fault of the program.
      reject(
        killedBy === null
          ? new Error(`The process that reads media failed. ${complaint}`)
          : new MediaProcessFailed(`Ended by ${killedBy}.`),
      )
    })
  })
}

/** Checks wait for requests, not the other way round. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, 10)
  } catch {
    // It has ended already, or the system does not let us.
  }
}
