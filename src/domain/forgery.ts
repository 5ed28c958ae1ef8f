import { compareInstants, type Instant, secondsBetween } from './instant.ts'

/** A submission is held to be forged when Jotform has denied it three times or more, over half an hour or more. */
export function isForged(refusals: Instant[], now: Instant): boolean {
  const past = refusals.filter((at) => compareInstants(at, now) <= 0).sort(compareInstants)
  const [first, last] = [past.at(0), past.at(-1)]
  return past.length >= 3 && first !== undefined && last !== undefined && secondsBetween(first, last) >= 30 * 60
}
