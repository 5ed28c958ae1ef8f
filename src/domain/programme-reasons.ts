import type { ProgrammeSpeaker } from './programme.ts'
import { type Block, type Grid, loadOf } from './programme-grid.ts'

/** Why somebody speaks at night, or a country has no place. */
export interface Compromise {
  code: 'no_daytime' | 'not_available' | 'co_speakers' | 'other_countries' | 'no_common_time' | 'no_room'
  country: string
  /** Who speaks at night; absent where a country has no place. */
  speaker?: string
  message: string
}

/** One reason for each speaker at night, the most telling one first found. */
export function nightReasons(grid: Grid, blocks: readonly Block[]): Compromise[] {
  return blocks.flatMap(({ countries, start }) =>
    countries.flatMap((country) => {
      const { atNight } = grid.choice(country, start)
      return atNight.map((speaker): Compromise => {
        const { iso3: name = '' } = grid.input.countries[country] ?? {}
        return { country: name, speaker: speaker.id, ...nightReason(grid, country, speaker, atNight.length) }
      })
    }),
  )
}

type Reason = Pick<Compromise, 'code' | 'message'>

function nightReason(grid: Grid, country: number, speaker: ProgrammeSpeaker, count: number): Reason {
  const { input } = grid
  const isDay = (start: number) => !grid.choice(country, start).atNight.some(({ id }) => id === speaker.id)
  const days = startsOf(grid).filter(isDay)
  const place = `${input.hours.from} and ${input.hours.to} in ${input.timeZone}`
  if (days.length === 0) {
    const message = `Between ${place} there is no time for questions that is not between 22:00 and 07:00 in ${speaker.timeZone}.`
    return { code: 'no_daytime', message }
  }
  const possible = days.filter((start) => grid.choice(country, start).isPossible)
  if (possible.length === 0) {
    const message = `Times that are by day in ${speaker.timeZone} exist, but at none of them can all speakers on this country be there.`
    return { code: 'not_available', message }
  }
  const fewest = Math.min(...possible.map((start) => grid.choice(country, start).atNight.length))
  if (fewest >= count) {
    const message = `At every time that is by day in ${speaker.timeZone}, at least ${fewest} of the ${grid.speakersOf(country).length} speakers on this country would speak at night; now it is ${count}.`
    return { code: 'co_speakers', message }
  }
  const message = `A time that is by day in ${speaker.timeZone} would suit this country better, but a programme that gives it such a time and keeps every rule has no fewer speakers at night in all.`
  return { code: 'other_countries', message }
}

const startsOf = ({ sessions }: Grid): number[] => [...new Set(sessions.flatMap(({ starts }) => starts))]

/** Why each of these countries has no place. */
export function missingReasons(grid: Grid, missing: readonly number[]): Compromise[] {
  return missing.map((country): Compromise => {
    const { iso3 = '' } = grid.input.countries[country] ?? {}
    const load = loadOf(grid, [country])
    const hasTime = grid.sessions.some(({ from, starts }) =>
      starts.some((start) => start >= from + load && grid.choice(country, start).isPossible),
    )
    if (hasTime) {
      const message =
        'The days, hours and rooms have no place for this country beside the others, with its screening before its questions in the same half of a day.'
      return { code: 'no_room', country: iso3, message }
    }
    const message = `There is no time in the hours of the programme, after a screening in the same half of a day, at which all ${grid.speakersOf(country).length} speakers on this country can be there.`
    return { code: 'no_common_time', country: iso3, message }
  })
}
