import type { Db } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { compareInstants, latest, parseInstant } from '../domain/instant.ts'
import type { Interval } from '../domain/slots.ts'
import { isGeographicTimeZone } from '../domain/zone.ts'
import { AppError, type InputFault } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import * as queries from './queries-availability.ts'
import type { AvailabilityInput } from './speaker-schemas.ts'

/** A speaker says when it can speak; what touches or overlaps becomes one window. */
export async function stateAvailability(
  { db }: Deps,
  applicationId: string,
  input: AvailabilityInput,
  { caller, now }: Act,
) {
  const windows = readWindows(input)
  return db.transaction().execute(async (tx) => {
    const preSession = await queries.shareApplication(tx, applicationId)
    if (preSession === undefined) throw new AppError('application_not_found')
    await queries.putAvailability(tx, {
      application_id: applicationId,
      time_zone: input.timeZone ?? null,
      windows: JSON.stringify(windows),
      stated_at: now,
      stated_by: caller.id,
    })
    await appendHistory(tx, {
      preSession,
      applicationId,
      action: 'application.availabilityStated',
      at: now,
      actor: caller.id,
    })
    return readAvailability(tx, applicationId)
  })
}

export async function readAvailability(db: Db, applicationId: string) {
  const row = await queries.findAvailability(db, applicationId)
  return { timeZone: row?.time_zone ?? null, windows: row?.windows ?? null, statedAt: row?.stated_at ?? null }
}

function readWindows({ timeZone, windows }: AvailabilityInput): Interval[] {
  const faults: InputFault[] = []
  if (timeZone !== undefined && !isGeographicTimeZone(timeZone))
    faults.push({
      pointer: '/timeZone',
      code: 'invalid_time_zone',
      message: `${timeZone} is not a time zone of a place that is known here.`,
    })
  const read = windows.map((window, index): Interval => {
    const [startsAt, endsAt] = (['startsAt', 'endsAt'] as const).map((name) => {
      const at = parseInstant(window[name])
      if (at === undefined)
        faults.push({
          pointer: `/windows/${index}/${name}`,
          code: 'wrong_format',
          message: 'This is not an RFC 3339 instant.',
        })
      return at ?? ''
    }) as [string, string]
    if (startsAt !== '' && endsAt !== '' && compareInstants(endsAt, startsAt) <= 0)
      faults.push({
        pointer: `/windows/${index}/endsAt`,
        code: 'not_after_start',
        message: 'The end must be after the beginning.',
      })
    return { startsAt, endsAt }
  })
  if (faults.length > 0) throw new AppError('invalid_request', { detail: faults[0]?.message ?? '', errors: faults })
  return joined(read)
}

function joined(windows: Interval[]): Interval[] {
  const result: Interval[] = []
  for (const window of [...windows].sort((a, b) => compareInstants(a.startsAt, b.startsAt))) {
    const last = result.at(-1)
    if (last !== undefined && compareInstants(window.startsAt, last.endsAt) <= 0)
      last.endsAt = latest(last.endsAt, window.endsAt) as string
    else result.push({ ...window })
  }
  return result
}
