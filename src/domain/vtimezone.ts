import { DateTime, IANAZone } from 'luxon'
import { type Instant, toMillis } from './instant.ts'

const hour = 3_600_000
const day = 24 * hour
/** Calendars that are moved by hand later on still need the rules of the weeks around. */
const margin = 370 * day

/**
 * RFC 5545 §3.6.5: what clocks in a zone did and do around these instants, each change by itself and not as a rule, so that it holds for zones whose
 * rules ended since. Lines end in CRLF.
 */
export function vtimezoneOf(timeZone: string, from: Instant, to: Instant): string {
  const zone = IANAZone.create(timeZone)
  const start = toMillis(from) - margin
  const changes = changesBetween(zone, start, toMillis(to) + margin)
  const before = zone.offset(start)
  const observances = [
    observance('STANDARD', { at: 0, before, after: before }, { zone, nameAt: start }),
    ...changes.map((change) => {
      // What matters to clients are the offsets; which of both is called summer time does not.
      const kind = change.after > change.before ? 'DAYLIGHT' : 'STANDARD'
      return observance(kind, change, { zone, nameAt: change.at })
    }),
  ]
  return ['BEGIN:VTIMEZONE', `TZID:${timeZone}`, ...observances.flat(), 'END:VTIMEZONE', ''].join('\r\n')
}

interface Change {
  /** Milliseconds since 1970. */
  at: number
  /** Minutes from UTC. */
  before: number
  after: number
}

function changesBetween(zone: IANAZone, from: number, to: number): Change[] {
  const changes: Change[] = []
  for (let at = from; at < to; at += day) {
    if (zone.offset(at) === zone.offset(at + day)) continue
    let [low, high] = [at, at + day]
    while (high - low > 60_000) {
      const middle = low + Math.floor((high - low) / 120_000) * 60_000
      if (zone.offset(middle) === zone.offset(low)) low = middle
      else high = middle
    }
    // Clocks change on a full minute, wherever the search began.
    const change = Math.floor(high / 60_000) * 60_000
    changes.push({ at: change, before: zone.offset(low), after: zone.offset(high) })
  }
  return changes
}

function observance(kind: string, { at, before, after }: Change, { zone, nameAt }: { zone: IANAZone; nameAt: number }) {
  return [
    `BEGIN:${kind}`,
    `DTSTART:${wallOf(at + before * 60_000)}`,
    `TZOFFSETFROM:${offsetText(before)}`,
    `TZOFFSETTO:${offsetText(after)}`,
    `TZNAME:${zone.offsetName(nameAt, { format: 'short', locale: 'en' })}`,
    `END:${kind}`,
  ]
}

/** `19700101T000000`, for a number that is the wall clock as if it were UTC. */
const wallOf = (wall: number): string => DateTime.fromMillis(wall, { zone: 'utc' }).toFormat("yyyyLLdd'T'HHmmss")

function offsetText(minutes: number): string {
  const size = Math.abs(Math.round(minutes))
  const digits = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0'))
  return `${minutes < 0 ? '-' : '+'}${digits.join('')}`
}
