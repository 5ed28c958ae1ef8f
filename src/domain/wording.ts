import { DateTime } from 'luxon'
import { type Instant, toMillis } from './instant.ts'

/** An instant in words: `Friday 8 January 2021, 23:59:58 (Europe/Zurich, UTC+01:00)`. */
export function sayInstant(at: Instant, timeZone: string): string {
  const there = DateTime.fromMillis(toMillis(at), { zone: timeZone, locale: 'en' })
  return `${there.toFormat('cccc d LLLL yyyy, HH:mm:ss')} (${timeZone}, UTC${there.toFormat('ZZ')})`
}

/** A deadline's clock time in words: `23:59 on Friday 8 January 2021`. */
export function sayLocal(local: string): string {
  return DateTime.fromISO(local, { zone: 'utc', locale: 'en' }).toFormat("HH:mm 'on' cccc d LLLL yyyy")
}

const units: [string, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** A length of time in its two largest units: `1 minute 48 seconds`. */
export function sayDuration(seconds: number): string {
  let rest = Math.abs(seconds)
  const parts: string[] = []
  for (const [unit, length] of units) {
    const count = length === 1 ? Math.round(rest * 1000) / 1000 : Math.floor(rest / length)
    if (count !== 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`)
    rest -= count * length
  }
  return parts.length === 0 ? '0 seconds' : parts.slice(0, 2).join(' ')
}
