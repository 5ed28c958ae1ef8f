import { Worker } from 'node:worker_threads'
import type { ProgrammeInput } from '../domain/programme.ts'
import type { Plan } from './planner.ts'

/** A model of the largest input that is taken needs far less; a solver that does not come back must not hold a core for ever. */
const longestMs = 120_000

let last: Promise<unknown> = Promise.resolve()

/** Plans in a thread of its own, one programme at a time, so that nobody else waits for the solver. Undefined: it did not come back in time. */
export function planInThread(input: ProgrammeInput): Promise<Plan | undefined> {
  const plan = last.then(() => run(input))
  last = plan.catch(() => {})
  return plan
}

function run(input: ProgrammeInput): Promise<Plan | undefined> {
  const worker = new Worker(new URL('./planner-thread.ts', import.meta.url), { workerData: input })
  return new Promise<Plan | undefined>((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), longestMs)
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`The planner ended with ${code}.`)))
    worker.once('exit', () => clearTimeout(timer))
  }).finally(() => worker.terminate())
}
