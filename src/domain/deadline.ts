import { DateTime } from 'luxon'
import type { Fault } from './faults.ts'
import { compareInstants, fromMillis, type Instant, parseInstant, toMillis } from './instant.ts'
import { instantsOfWall, isGeographicTimeZone, offsetAt, readWall } from './zone.ts'

export { isDisplayTimeZone } from './zone.ts'

export interface DeadlineInput {
  local: string
  timeZone: string
  wording?: string | undefined
  offset?: string | undefined
  closesAt?: Instant | undefined
}

export interface Deadline {
  local: string
  timeZone: string
  wording?: string
  offset?: string
  /** The first instant that is too late. */
  closesAt: Instant
}

export type Resolved = { deadline: Deadline } | { faults: Fault[] }

const minute = 60_000

/** R4, R5: a deadline is the clock time of a named place, its named minute counts in full, and it closes at the next minute. */
export function resolveDeadline(input: DeadlineInput): Resolved {
  const zoneFault = faultOfTimeZone(input.timeZone)
  const wall = readLocal(input.local)
  const faults = [wall === undefined ? faultOfLocal(input.local) : undefined, zoneFault].filter((f) => f !== undefined)
  if (wall === undefined || faults.length > 0) return { faults }

  const starts = instantsOfWall(wall, input.timeZone)
  const start = chooseStart(starts, input)
  if (typeof start !== 'number') return { faults: [start] }

  const closesAt = fromMillis(start + minute)
  const mismatch = faultOfClosesAt(input.closesAt, closesAt)
  if (mismatch) return { faults: [mismatch] }
  const { local, timeZone, wording, offset } = input
  return {
    deadline: {
      local,
      timeZone,
      ...(wording !== undefined && { wording }),
      ...(offset !== undefined && { offset }),
      closesAt,
    },
  }
}

/** R6: an extension is a deadline that closes later than the one in force; an earlier or equal one is refused. */
export function resolveExtension(current: Deadline, input: DeadlineInput): Resolved {
  const resolved = resolveDeadline(input)
  if ('faults' in resolved || compareInstants(resolved.deadline.closesAt, current.closesAt) > 0) return resolved
  const message = `An extension must close later than the deadline in force, which closes at ${current.closesAt}; this one closes at ${resolved.deadline.closesAt}.`
  return { faults: [{ pointer: '/local', code: 'not_later', message }] }
}

export interface LocalReading {
  /** `YYYY-MM-DDTHH:MM`, with seconds where they are not zero. */
  local: string
  offset: string
  weekday: string
  timeZone: string
}

/** R5: what clocks and calendars in a zone show at an instant, with the weekday, so that nobody has to convert it. */
export function describeInstant(at: Instant, timeZone: string): LocalReading {
  const there = DateTime.fromMillis(toMillis(at), { zone: timeZone })
  const local = there.toFormat(there.second === 0 ? "yyyy-MM-dd'T'HH:mm" : "yyyy-MM-dd'T'HH:mm:ss")
  const weekday = there.setLocale('en').toFormat('cccc').toLowerCase()
  return { local, offset: there.toFormat('ZZ'), weekday, timeZone }
}

function readLocal(local: string): number | undefined {
  return /^2[01]\d{2}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/.test(local) ? readWall(local) : undefined
}

function faultOfLocal(local: string): Fault {
  const message = `"${local}" is not a date and time of this or the next century's calendar; write YYYY-MM-DDTHH:MM, for example 2021-01-08T23:59.`
  return { pointer: '/local', code: 'invalid_local_time', message }
}

function faultOfTimeZone(timeZone: string): Fault | undefined {
  if (isGeographicTimeZone(timeZone)) return undefined
  const name = `"${timeZone}"`
  const place = 'name the place, e.g. Europe/Zurich'
  const reasons: [RegExp, string][] = [
    [/^[CEMW]ET$/, `${name} is a zone with summer time in software; ${place}.`],
    [/^(UTC|GMT|Z|Zulu|UCT)$/i, `${name} can be used to show a time, not to set a deadline; ${place}.`],
    [/^([+-]|UTC[+-]|GMT[+-])\d/i, `${name} is a fixed offset and knows no summer time; ${place}.`],
    [/^Etc\//i, `${name} is a fixed offset whose sign is inverted in software; ${place}.`],
    [/^[A-Z0-9]{2,8}$/, `${name} is an abbreviation that means different things in different places; ${place}.`],
  ]
  const reason = reasons.find(([pattern]) => pattern.test(timeZone))?.[1]
  const message = reason ?? `${name} is not a time zone of a place that is known here; ${place}.`
  return { pointer: '/timeZone', code: 'invalid_time_zone', message }
}

function chooseStart(starts: number[], input: DeadlineInput): number | Fault {
  const { local, timeZone, offset } = input
  if (starts.length === 0) {
    const message = `Clocks in ${timeZone} never show ${local}: it lies in the gap when they are put forward.`
    return { pointer: '/local', code: 'nonexistent_local_time', message }
  }
  const offsets = starts.map((at) => offsetAt(at, timeZone))
  if (offset === undefined) {
    if (starts.length === 1) return starts[0]!
    const message = `Clocks in ${timeZone} show ${local} twice; say which one with offset ${offsets.join(' or ')}.`
    return { pointer: '/offset', code: 'ambiguous_local_time', message }
  }
  const chosen = starts[offsets.indexOf(offset)]
  if (chosen !== undefined) return chosen
  const message = `At ${local} the offset of ${timeZone} is ${offsets.join(' or ')}, not "${offset}".`
  return { pointer: '/offset', code: 'offset_mismatch', message }
}

function faultOfClosesAt(given: string | undefined, closesAt: Instant): Fault | undefined {
  if (given === undefined || parseInstant(given) === closesAt) return undefined
  const message = `The deadline closes at ${closesAt}, because the named minute counts in full; closesAt may be left out.`
  return { pointer: '/closesAt', code: 'closes_at_mismatch', message }
}
