import { DateTime, IANAZone } from 'luxon'

const areas = [
  'Africa',
  'America',
  'Antarctica',
  'Arctic',
  'Asia',
  'Atlantic',
  'Australia',
  'Europe',
  'Indian',
  'Pacific',
]
const listed = new Set(Intl.supportedValuesOf('timeZone'))
const longestOffset = 15 * 3_600_000

/** R5: a zone that names a place on Earth, such as Europe/Zurich, and that the time zone database knows. */
export function isGeographicTimeZone(timeZone: string): boolean {
  if (!areas.some((area) => timeZone.startsWith(`${area}/`))) return false
  return listed.has(timeZone) || IANAZone.isValidZone(timeZone)
}

/** R5: zones in which a time may be shown: every place, and UTC. */
export function isDisplayTimeZone(timeZone: string): boolean {
  return timeZone === 'UTC' || isGeographicTimeZone(timeZone)
}

/** The number that stands for a wall-clock reading, as if it were UTC; a day that is not in the calendar gives nothing. */
export function readWall(iso: string): number | undefined {
  const wall = DateTime.fromISO(iso, { zone: 'utc' })
  return wall.isValid ? wall.toMillis() : undefined
}

/** Every instant at which clocks in the zone show this reading: none in a spring gap, two in the repeated hour of autumn. */
export function instantsOfWall(wall: number, timeZone: string): number[] {
  const zone = IANAZone.create(timeZone)
  const offset = (at: number) => Math.round(zone.offset(at) * 60_000)
  // A reading is at most 15 hours away from UTC, so the offsets on both sides of that span are all that can apply to it.
  const offsets = new Set([offset(wall - longestOffset), offset(wall), offset(wall + longestOffset)])
  const candidates = [...offsets].map((ms) => wall - ms)
  return candidates.filter((at) => at + offset(at) === wall).sort((a, b) => a - b)
}

/** The distance of the zone from UTC at an instant, written `+01:00`. */
export function offsetAt(millis: number, timeZone: string): string {
  return IANAZone.create(timeZone).formatOffset(millis, 'short')
}
