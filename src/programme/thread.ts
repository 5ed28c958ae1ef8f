import { Worker } from 'node:worker_threads'
import type { ProgrammeInput } from '../domain/programme.ts'
import { AppError } from '../errors.ts'
import type { Plan } from './planner.ts'

/** Below the time for which a transaction may stand idle: a request with an `Idempotency-Key` holds one. */
const longestMs = 50_000
/** One is planned and one waits; whoever comes then comes again. */
const mostAtOnce = 2

let last: Promise<unknown> = Promise.resolve()
let atOnce = 0

/** Plans in a thread of its own, one programme at a time, so that nobody else waits for the solver. Undefined: it did not come back in time. */
export async function planInThread(input: ProgrammeInput): Promise<Plan | undefined> {
  if (atOnce >= mostAtOnce)
    throw new AppError('unavailable', {
      detail: 'Other programmes are being planned.',
      headers: { 'retry-after': '10' },
    })
  atOnce += 1
  const plan = last.then(() => run(input))
  last = plan.catch(() => {})
  return plan.finally(() => {
    atOnce -= 1
  })
}

function run(input: ProgrammeInput): Promise<Plan | undefined> {
  const worker = new Worker(new URL('./planner-thread.ts', import.meta.url), { workerData: input })
  return new Promise<Plan | undefined>((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), longestMs)
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`The planner ended with ${code}.`))
    })
  }).finally(() => worker.terminate())
}
