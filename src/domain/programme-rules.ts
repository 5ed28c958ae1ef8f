import { DateTime } from 'luxon'
import type { Frame, ProgrammeSlot, ProgrammeSpeaker } from './programme.ts'
import { slotMinutes } from './programme.ts'
import { halfDaysOf, isAvailable, millisOf, overlaps } from './programme-time.ts'
import { sayInstant } from './wording.ts'

/** A hard rule that a programme breaks, with the places of the slots concerned in the list. */
export interface Breach {
  code:
    | 'slot_length'
    | 'outside_hours'
    | 'lunch_taken'
    | 'unknown_room'
    | 'room_overlap'
    | 'country_overlap'
    | 'speaker_overlap'
    | 'speaker_unavailable'
    | 'qa_before_screening'
  slots: number[]
  message: string
}

type Facts = Frame & { speakers: readonly ProgrammeSpeaker[] }
interface Placed extends ProgrammeSlot {
  index: number
  from: number
  to: number
}

const minute = 60_000

/** R26, R27: every hard rule that a programme breaks, whoever made it; none where it can be published. Knows nothing of how it was found. */
export function breachesOf(facts: Facts, slots: readonly ProgrammeSlot[]): Breach[] {
  const placed = slots.map((slot, index) => ({ ...slot, index, ...millisOf(slot) }))
  const persons = new Map(facts.speakers.map(({ id, person }) => [id, person]))
  return [
    ...placed.flatMap((slot) => [
      ...lengthBreaches(slot),
      ...placeBreaches(slot, facts),
      ...availabilityBreaches(slot, facts),
    ]),
    ...overlapBreaches(placed, 'room_overlap', ({ room }) => [room], 'The room'),
    ...overlapBreaches(placed, 'country_overlap', ({ countries }) => countries, 'The country'),
    ...overlapBreaches(
      placed,
      'speaker_overlap',
      ({ speakers }) => [...new Set(speakers.map((id) => persons.get(id) ?? id))],
      'A speaker',
    ),
    ...orderBreaches(placed, facts.timeZone),
  ]
}

/** R26: a slot takes 20 to 60 minutes. */
function lengthBreaches({ index, from, to }: Placed): Breach[] {
  const minutes = (to - from) / minute
  if (minutes >= slotMinutes.min && minutes <= slotMinutes.max) return []
  const message = `A slot takes ${slotMinutes.min} to ${slotMinutes.max} minutes; this one takes ${minutes}.`
  return [{ code: 'slot_length', slots: [index], message }]
}

/** R26: within the hours of one of the days, outside lunch, in a room that there is. */
function placeBreaches({ index, from, to, room }: Placed, frame: Frame): Breach[] {
  const breaches: Breach[] = []
  const tell = (code: Breach['code'], message: string) => breaches.push({ code, slots: [index], message })
  const days = halfDaysOf({ ...frame, lunch: null })
  if (!days.some((day) => day.from <= from && to <= day.to)) {
    tell('outside_hours', `A slot lies between ${frame.hours.from} and ${frame.hours.to} on one of the days.`)
  }
  if (frame.lunch !== null) {
    const lunches = halfDaysOf({ ...frame, hours: frame.lunch, lunch: null })
    if (lunches.some((lunch) => overlaps(lunch, { from, to }))) {
      tell('lunch_taken', `Lunch, ${frame.lunch.from} to ${frame.lunch.to}, stays free.`)
    }
  }
  if (!frame.rooms.includes(room)) tell('unknown_room', `There is no room "${room}".`)
  return breaches
}

/** Whoever said when they can be there is asked for no other time. */
function availabilityBreaches({ index, from, to, speakers, startsAt }: Placed, { speakers: known, timeZone }: Facts) {
  return known
    .filter((speaker) => speakers.includes(speaker.id) && !isAvailable(speaker, from, to))
    .map((speaker): Breach => {
      const message = `The speaker ${speaker.id} on ${speaker.country} cannot be there at ${sayInstant(startsAt, timeZone)}.`
      return { code: 'speaker_unavailable', slots: [index], message }
    })
}

/** R26: nothing and nobody is in two places at once. */
function overlapBreaches(
  placed: Placed[],
  code: Breach['code'],
  keysOf: (slot: Placed) => readonly string[],
  subject: string,
): Breach[] {
  const byKey = new Map<string, Placed[]>()
  for (const slot of placed) for (const key of keysOf(slot)) byKey.set(key, [...(byKey.get(key) ?? []), slot])
  return [...byKey].flatMap(([key, slots]) =>
    pairs(slots)
      .filter(([a, b]) => overlaps(a, b))
      .map(([a, b]): Breach => {
        const what = subject === 'A speaker' ? subject : `${subject} ${key}`
        const message = `${what} would be in two slots at once, from ${a.startsAt} and from ${b.startsAt}.`
        return { code, slots: [a.index, b.index], message }
      }),
  )
}

function pairs(slots: Placed[]): [Placed, Placed][] {
  return slots.flatMap((a, index) => slots.slice(index + 1).map((b): [Placed, Placed] => [a, b]))
}

/** The questions on a country come after a screening of its statements, on the same day of the place. */
function orderBreaches(placed: Placed[], timeZone: string): Breach[] {
  const dayOf = (at: number) => DateTime.fromMillis(at, { zone: timeZone }).toISODate()
  const screeningsOf = (country: string) =>
    placed.filter(({ kind, countries }) => kind === 'screening' && countries.includes(country))
  const faultOf = (qa: Placed, country: string): Breach[] => {
    const screenings = screeningsOf(country)
    const isBefore = ({ from, to }: Placed) => to <= qa.from && dayOf(from) === dayOf(qa.from)
    if (screenings.length === 0 || screenings.some(isBefore)) return []
    const message = `The questions on ${country} come after its screening and on the same day; they begin at ${qa.startsAt}, the screening ends at ${screenings[0]?.endsAt}.`
    return [{ code: 'qa_before_screening', slots: [...screenings.map(({ index }) => index), qa.index], message }]
  }
  return placed
    .filter(({ kind }) => kind === 'qa')
    .flatMap((qa) => qa.countries.flatMap((country) => faultOf(qa, country)))
}
