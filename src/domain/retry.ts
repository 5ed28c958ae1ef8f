const minute = 60
const first = [10, minute, 5 * minute, 15 * minute]
const longest = 72 * 60 * minute

/** How long to wait before asking Jotform again after so many tries: 10 s, 1, 5 and 15 minutes, then every 15 minutes for 72 hours. */
export function nextAttemptDelaySeconds(attempt: number): number | undefined {
  if (attempt <= 0) return 0
  const delay = delayAfter(attempt)
  return waitedAfter(attempt - 1) + delay <= longest ? delay : undefined
}

function delayAfter(attempt: number): number {
  return first[attempt - 1] ?? 15 * minute
}

function waitedAfter(attempt: number): number {
  const early = first.slice(0, attempt).reduce((sum, delay) => sum + delay, 0)
  return early + Math.max(0, attempt - first.length) * 15 * minute
}
