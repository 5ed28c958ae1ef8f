import type { Block, Grid } from './programme-grid.ts'

/** A linear model with whole numbers: minimise `costs`, each row within its bounds. */
export interface Model {
  costs: number[]
  upper: number[]
  rows: Row[]
}

export interface Row {
  lower: number
  upper: number
  terms: [column: number, factor: number][]
}

/** The columns of the model that say something: a country's questions at a time, and a Q&A block that follows another. */
export interface Columns {
  places: { country: number; session: number; start: number; column: number }[]
  arcs: { session: number; previous: number | null; start: number; column: number }[]
  missing: number[]
  /** By how many countries a block is larger than blocks of equal size would be. */
  surplus: number[]
}

export interface ProgrammeModel extends Model {
  columns: Columns
  /** What is counted first: countries without a place, then people at night. */
  burden: [column: number, factor: number][]
}

/** More than all speakers together at night: a country without any place is worse than that. */
const weightOfMissing = ({ input }: Grid): number => input.speakers.length + 1

/**
 * Chooses a path of Q&A blocks through every session and a block for every country. The time between two blocks must take the screenings of the
 * later one; persons who speak on two countries are in one place at a time and count once.
 */
export function modelOf(grid: Grid): ProgrammeModel {
  const model: Model = { costs: [], upper: [], rows: [] }
  const add = (cost: number, upper = 1): number => {
    model.upper.push(upper)
    return model.costs.push(cost) - 1
  }
  const columns: Columns = {
    places: [],
    arcs: [],
    missing: grid.input.countries.map(() => add(weightOfMissing(grid))),
    surplus: [],
  }
  grid.sessions.forEach((_, session) => {
    addSession(grid, session, { model, add, columns })
  })
  columns.missing.forEach((missing, country) => {
    const own = columns.places.filter((place) => place.country === country)
    model.rows.push({
      lower: 1,
      upper: 1,
      terms: [[missing, 1], ...own.map(({ column }): [number, number] => [column, 1])],
    })
  })
  addPersons(grid, { model, add, columns })
  const burden = model.costs.flatMap((cost, column): [number, number][] => (cost === 0 ? [] : [[column, cost]]))
  return { ...model, columns, burden }
}

interface Building {
  model: Model
  add(cost: number, upper?: number): number
  columns: Columns
}

function addSession(grid: Grid, session: number, { model, add, columns }: Building): void {
  const { starts = [], from = 0 } = grid.sessions[session] ?? {}
  const { countriesPerQa } = grid.input
  const heaviest = [...grid.lengths].sort((a, b) => b - a).slice(0, countriesPerQa)
  const most = heaviest.reduce((sum, length) => sum + length, 0)
  const least = Math.min(...grid.lengths)
  /** What the screenings of a block can take when its room is free from then on. */
  const room = (freeFrom: number, start: number) => Math.min(most, Math.max(0, start - freeFrom - grid.pause))
  const into = new Map<number, Columns['arcs']>()
  const outOf = new Map<number | null, Columns['arcs']>()
  for (const start of starts) {
    const befores = [null, ...starts.filter((before) => before + grid.qa <= start)]
    for (const previous of befores) {
      const freeFrom = previous === null ? from : previous + grid.qa
      if (room(freeFrom, start) < least) continue
      const arc = { session, previous, start, column: add(0) }
      columns.arcs.push(arc)
      into.set(start, [...(into.get(start) ?? []), arc])
      outOf.set(previous, [...(outOf.get(previous) ?? []), arc])
    }
  }
  const ones = (arcs: Columns['arcs'] = []) => arcs.map(({ column }): [number, number] => [column, 1])
  model.rows.push({ lower: 0, upper: 1, terms: ones(outOf.get(null)) })
  for (const [start, arcs] of into) {
    const minus = arcs.map(({ column }): [number, number] => [column, -1])
    if (outOf.has(start)) model.rows.push({ lower: -1, upper: 0, terms: [...ones(outOf.get(start)), ...minus] })
    const places = grid.input.countries.flatMap((_, country) => {
      const { isPossible, atNight } = grid.choice(country, start)
      if (!isPossible) return []
      const single = atNight.filter((speaker) => !isOnSeveral(grid, speaker.person))
      return [{ country, session, start, column: add(single.length) }]
    })
    columns.places.push(...places)
    const minutes = (millis: number) => millis / 60_000
    const load = places.map(({ country, column }): [number, number] => [column, minutes(grid.lengths[country] ?? 0)])
    const space = arcs.map(({ previous, column }): [number, number] => {
      const freeFrom = previous === null ? from : previous + grid.qa
      return [column, -minutes(room(freeFrom, start))]
    })
    model.rows.push({ lower: -Infinity, upper: 0, terms: [...load.filter(([, factor]) => factor > 0), ...space] })
    const count = arcs.map(({ column }): [number, number] => [column, -countriesPerQa])
    model.rows.push({
      lower: -Infinity,
      upper: 0,
      terms: [...places.map(({ column }): [number, number] => [column, 1]), ...count],
    })
    const surplus = add(0, countriesPerQa)
    columns.surplus.push(surplus)
    model.rows.push({
      lower: Number.NEGATIVE_INFINITY,
      upper: evenSize(grid),
      terms: [...places.map(({ column }): [number, number] => [column, 1]), [surplus, -1]],
    })
  }
}

/** Countries in each block where the fewest blocks share them evenly. */
const evenSize = ({ input: { countries, countriesPerQa } }: Grid): number =>
  Math.floor(countries.length / Math.ceil(countries.length / countriesPerQa))

const isOnSeveral = ({ input }: Grid, person: string): boolean =>
  new Set(input.speakers.filter((one) => one.person === person).map(({ country }) => country)).size > 1

/**
 * Less than this no programme has, wherever its blocks lie: each country at its best time, whoever speaks on several only where no time is better. A part
 * of the days and rooms in which it is reached need not be searched any further.
 */
export function leastBurden(grid: Grid): number {
  const starts = [...new Set(grid.sessions.flatMap((session) => session.starts))]
  const cheapest = grid.input.countries.map((_, country) => {
    const costs = starts
      .map((start) => grid.choice(country, start))
      .filter(({ isPossible }) => isPossible)
      .map(({ atNight }) => atNight.filter(({ person }) => !isOnSeveral(grid, person)).length)
    return Math.min(weightOfMissing(grid), ...costs)
  })
  return cheapest.reduce((sum, cost) => sum + cost, 0)
}

/** The part of a grid with its first days and rooms. */
export const partOf = (grid: Grid, { days, rooms }: { days: number; rooms: number }): Grid => ({
  ...grid,
  sessions: grid.sessions.filter(({ day, room }) => day < days && room < rooms),
})

function addPersons(grid: Grid, { model, add, columns }: Building): void {
  const persons = [...new Set(grid.input.speakers.map(({ person }) => person))].filter((one) => isOnSeveral(grid, one))
  for (const person of persons) {
    const countries = grid.input.countries.flatMap((_, country) =>
      grid.speakersOf(country).some((speaker) => speaker.person === person) ? [country] : [],
    )
    const own = columns.places.filter(({ country }) => countries.includes(country))
    const isNight = ({ country, start }: (typeof own)[number]) =>
      grid.choice(country, start).atNight.some((speaker) => speaker.person === person)
    const nights = own.filter(isNight)
    if (nights.length > 0) {
      const night = add(1)
      for (const country of countries) {
        const places = nights.filter((place) => place.country === country)
        const terms = places.map(({ column }): [number, number] => [column, 1])
        if (terms.length > 0) model.rows.push({ lower: -Infinity, upper: 0, terms: [...terms, [night, -1]] })
      }
    }
    addPresence(grid, model, own, countries)
  }
}

/** At no moment in two blocks: whoever speaks on two countries has them in one block, or in blocks one after the other. */
function addPresence(grid: Grid, model: Model, own: Columns['places'], countries: number[]): void {
  const moments = [...new Set(own.map(({ start }) => start))]
  const sessionsAt = (moment: number) => own.filter(({ start }) => start <= moment && moment < start + grid.qa)
  for (const moment of moments) {
    const running = sessionsAt(moment)
    for (const first of countries) {
      for (const second of countries.filter((one) => one > first)) {
        for (const session of new Set(running.map((place) => place.session))) {
          const here = running.filter((place) => place.country === first && place.session === session)
          const there = running.filter((place) => place.country === second && place.session !== session)
          if (here.length === 0 || there.length === 0) continue
          const terms = [...here, ...there].map(({ column }): [number, number] => [column, 1])
          model.rows.push({ lower: -Infinity, upper: 1, terms })
        }
      }
    }
  }
}

/**
 * Columns that no programme with this burden can use: each country costs at least its cheapest choice, and what is left over does not pay for these.
 * Leaving them out makes the second search several times as fast.
 */
export function unusableColumns({ costs, columns }: ProgrammeModel, burden: number): number[] {
  const choices = columns.missing.map((missing, country) => [
    missing,
    ...columns.places.filter((place) => place.country === country).map(({ column }) => column),
  ])
  const cheapest = choices.map((own) => Math.min(...own.map((column) => costs[column] ?? 0)))
  const spare = burden - cheapest.reduce((sum, cost) => sum + cost, 0)
  return choices.flatMap((own, country) =>
    own.filter((column) => (costs[column] ?? 0) - (cheapest[country] ?? 0) > spare),
  )
}

/** The blocks that a solution of the model stands for, in the order of their beginnings. */
export function blocksOf(grid: Grid, { columns }: ProgrammeModel, values: readonly number[]): Block[] {
  const isOn = ({ column }: { column: number }) => (values[column] ?? 0) > 0.5
  return columns.arcs
    .filter(isOn)
    .map(({ session, previous, start }) => ({
      session,
      start,
      freeFrom: previous === null ? (grid.sessions[session]?.from ?? 0) : previous + grid.qa,
      countries: columns.places
        .filter((place) => isOn(place) && place.session === session && place.start === start)
        .map(({ country }) => country),
    }))
    .filter(({ countries }) => countries.length > 0)
    .sort((a, b) => a.start - b.start || a.session - b.session)
}
