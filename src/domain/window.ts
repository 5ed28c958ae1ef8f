import { type Instant, isEarlier, secondsBetween } from './instant.ts'

/** R4: what arrives before the closing instant is on time; what arrives at that very instant, or after it, is late. */
export function isBeforeClosing(at: Instant, closesAt: Instant): boolean {
  return isEarlier(at, closesAt)
}

/** R4: the seconds that were left when it arrived; zero or less is late. */
export function marginSeconds(receivedAt: Instant, closesAt: Instant): number {
  return secondsBetween(receivedAt, closesAt)
}

/** R4: within one minute of the closing instant, on either side, a person should look twice. */
export function isBorderline(receivedAt: Instant, closesAt: Instant): boolean {
  return Math.abs(secondsBetween(receivedAt, closesAt)) <= 60
}
