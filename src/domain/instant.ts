import { DateTime } from 'luxon'

/** An instant as the whole service writes it: RFC 3339 in UTC with `Z`, milliseconds only where they are not zero. */
export type Instant = string

const shape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** Reads a text as an instant and writes it in the one form of this service; what is no RFC 3339 instant gives nothing. */
export function parseInstant(text: string): Instant | undefined {
  if (!shape.test(text)) return undefined
  const at = DateTime.fromISO(text, { zone: 'utc' })
  return at.isValid ? fromMillis(at.toMillis()) : undefined
}

/** The milliseconds since 1970 of an instant; finer fractions are cut off, never rounded up. */
export function toMillis(instant: Instant): number {
  const at = DateTime.fromISO(instant, { zone: 'utc' })
  if (!at.isValid || !shape.test(instant)) throw new RangeError(`Not an RFC 3339 instant: ${JSON.stringify(instant)}`)
  return at.toMillis()
}

/** The instant that lies so many milliseconds after the start of 1970. */
export function fromMillis(millis: number): Instant {
  const iso = DateTime.fromMillis(millis, { zone: 'utc' }).toISO({ suppressMilliseconds: true })
  if (iso === null) throw new RangeError(`Not a time in milliseconds: ${millis}`)
  return iso
}

/** The instant so many seconds later; a negative number goes back. */
export function addSeconds(instant: Instant, seconds: number): Instant {
  return fromMillis(toMillis(instant) + Math.round(seconds * 1000))
}

/** Below zero when `a` is the earlier one, zero when both are the same instant. */
export function compareInstants(a: Instant, b: Instant): number {
  return toMillis(a) - toMillis(b)
}

const canonical = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/

/** Is `a` before `b`? In the one form of this service instants sort as texts do; only others have to be read. */
export function isEarlier(a: Instant, b: Instant): boolean {
  if (!canonical.test(a) || !canonical.test(b)) return compareInstants(a, b) < 0
  return sortable(a) < sortable(b)
}

const sortable = (instant: Instant): string =>
  instant.length === 20 ? `${instant.slice(0, 19)}.000` : instant.slice(0, 23)

/** The seconds from one instant to another, to the millisecond. */
export function secondsBetween(from: Instant, to: Instant): number {
  return compareInstants(to, from) / 1000
}

/** The earliest of some instants; unknown ones are passed over. */
export function earliest(...instants: (Instant | undefined)[]): Instant | undefined {
  return known(instants).sort(compareInstants).at(0)
}

/** The latest of some instants; unknown ones are passed over. */
export function latest(...instants: (Instant | undefined)[]): Instant | undefined {
  return known(instants).sort(compareInstants).at(-1)
}

function known(instants: (Instant | undefined)[]): Instant[] {
  return instants.filter((instant) => instant !== undefined)
}
