import { setTimeout as delay } from 'node:timers/promises'

export interface WaitOptions {
  limitMs: number
  everyMs?: number
}

/** Asks until there is an answer; says what was waited for when there is none in time. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { limitMs, everyMs = 10 }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs / 1000} s`)
    await delay(everyMs)
  }
}
