/** The one clock of a process. Rules never read it: they take `now`. */
export interface Clock {
  /** The present instant, RFC 3339 in UTC. */
  now(): string
}

/** Instants have three decimals only when they are not zero, as everywhere in the service. */
export const toInstant = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('.000Z', 'Z')

export const systemClock: Clock = { now: () => toInstant(Date.now()) }

/** A clock that can be set and then runs on from there (sandbox, tests). */
export interface SettableClock extends Clock {
  set(instant: string): void
  offsetMs(): number
  setOffsetMs(offset: number): void
}

export function settableClock(offset = 0): SettableClock {
  let offsetMs = offset
  return {
    now: () => toInstant(Date.now() + offsetMs),
    set: (instant) => {
      offsetMs = Date.parse(instant) - Date.now()
    },
    offsetMs: () => offsetMs,
    setOffsetMs: (next) => {
      offsetMs = next
    },
  }
}
