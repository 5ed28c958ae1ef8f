import { DateTime } from 'luxon'

/** An instant as Jotform's filters want it: US Eastern wall time without an offset. */
export function toEastern(instant: string): string {
  return DateTime.fromISO(instant, { zone: 'America/New_York' }).toFormat('yyyy-MM-dd HH:mm:ss')
}

/** One instant in the three zones an operator compares. */
export function inZones(instant: string): { utc: string; geneva: string; eastern: string } {
  const at = DateTime.fromISO(instant, { zone: 'utc' })
  const text = (zone: string) => at.setZone(zone).toFormat("yyyy-MM-dd HH:mm:ss ZZ '('z')'")
  return { utc: instant, geneva: text('Europe/Zurich'), eastern: text('America/New_York') }
}
