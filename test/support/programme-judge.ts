import { Temporal } from 'temporal-polyfill'
import type { ProgrammeInput, ProgrammeSlot } from '../../src/domain/programme.ts'
import { breachesOf } from '../../src/domain/programme-rules.ts'
import type { Plan } from '../../src/programme/planner.ts'

/** How many persons speak between 22:00 and 07:00, counted minute by minute by another library than that of the service. */
export function countAtNight({ speakers }: ProgrammeInput, slots: readonly ProgrammeSlot[]): number {
  const persons = new Set<string>()
  for (const slot of slots) {
    for (const { id, person, timeZone } of speakers) {
      if (timeZone !== null && slot.speakers.includes(id) && isAtNight(slot, timeZone)) persons.add(person)
    }
  }
  return persons.size
}

function isAtNight({ startsAt, endsAt }: ProgrammeSlot, timeZone: string): boolean {
  const end = Temporal.Instant.from(endsAt)
  for (let at = Temporal.Instant.from(startsAt); Temporal.Instant.compare(at, end) < 0; at = at.add({ minutes: 1 })) {
    const { hour } = at.toZonedDateTimeISO(timeZone)
    if (hour >= 22 || hour < 7) return true
  }
  return false
}

/** Everything that is wrong with a plan: a broken rule, a country lost or twice, a count that another library does not find. */
export function faultsOfPlan(input: ProgrammeInput, plan: Plan): string[] {
  const { slots, compromises, atNight, firstFit } = plan
  const faults = breachesOf(input, slots).map(({ code, message }) => `${code}: ${message}`)
  const missing = compromises.filter(({ speaker }) => speaker === undefined).map(({ country }) => country)
  for (const { iso3, screeningMinutes } of input.countries) {
    const of = (kind: string) => slots.filter((slot) => slot.kind === kind && slot.countries.includes(iso3)).length
    const times = missing.includes(iso3) ? 0 : 1
    if (of('qa') !== times || of('screening') !== (screeningMinutes === 0 ? 0 : times))
      faults.push(`${iso3} twice or lost`)
  }
  for (const slot of slots.filter(({ kind }) => kind === 'qa')) {
    const expected = input.speakers.filter(({ country }) => slot.countries.includes(country)).map(({ id }) => id)
    if ([...slot.speakers].sort().join() !== expected.sort().join()) faults.push(`speakers of ${slot.startsAt}`)
    if (slot.countries.length > input.countriesPerQa) faults.push(`${slot.countries.length} countries in one block`)
  }
  if (countAtNight(input, slots) !== atNight) faults.push(`${atNight} at night, counted ${countAtNight(input, slots)}`)
  if (missing.length > firstFit.missing) faults.push('first-fit has a place for more countries')
  if (missing.length === firstFit.missing && atNight > firstFit.atNight) faults.push('first-fit has fewer at night')
  return faults
}
