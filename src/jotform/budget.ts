import type { Deps } from '../deps.ts'
import { addSeconds, compareInstants } from '../domain/instant.ts'
import type { JotformClient } from './client.ts'

/** Calls of the day that are kept for polls, whatever arrives: they alone find and confirm all that is real. */
export const reservedCalls = 200
/** Verification takes at most this part of what is left above the reserve, per window by the service's clock: a flood of forged deliveries cannot end the day's calls. */
const share = 50
const windowSeconds = 600
/** Before the first answer of a process tells how many are left. */
const assumedLeft = 1_000

/** By what a client shares with those made of it (`stoppable`). */
const windows = new WeakMap<JotformClient['limitLeft'], { from: string; spent: number }>()

/** Takes calls out of the budget of verification; false where it has not that many now. */
export function takeCalls(
  deps: Deps,
  client: JotformClient,
  { calls, left }: { calls: number; left: number | null },
): boolean {
  const now = deps.clock.now()
  let window = windows.get(client.limitLeft)
  const isCurrent =
    window !== undefined &&
    compareInstants(window.from, now) <= 0 &&
    compareInstants(now, addSeconds(window.from, windowSeconds)) < 0
  if (window === undefined || !isCurrent) {
    window = { from: now, spent: 0 }
    windows.set(client.limitLeft, window)
  }
  const allowed = Math.floor(((client.limitLeft() ?? left ?? assumedLeft) - reservedCalls) / share)
  if (window.spent + calls > allowed) return false
  window.spent += calls
  return true
}
