import { setTimeout as delay } from 'node:timers/promises'

/** What the work answers, or an error when it takes longer than that; the work itself is not stopped. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = delay(ms, undefined, { signal: done.signal }).then(() => {
    throw new Error(`No answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    late.catch(() => {})
    done.abort()
  }
}
