import type { ProgrammeSlot } from './programme.ts'
import { type Block, type Grid, loadOf } from './programme-grid.ts'
import { toSpan } from './programme-time.ts'

/** The slots of some blocks: the screenings one after the other, then their Q&A, all in one room; by time, then by room. */
export function slotsOf(grid: Grid, blocks: readonly Block[]): ProgrammeSlot[] {
  const slots = blocks.flatMap((block) => slotsOfBlock(grid, block))
  const room = (slot: ProgrammeSlot) => grid.input.rooms.indexOf(slot.room)
  return slots.sort((a, b) => (a.startsAt < b.startsAt ? -1 : a.startsAt > b.startsAt ? 1 : room(a) - room(b)))
}

function slotsOfBlock(grid: Grid, block: Block): ProgrammeSlot[] {
  const { input, sessions, lengths, qa } = grid
  const { from = 0, room = 0 } = sessions[block.session] ?? {}
  const where = input.rooms[room] ?? ''
  const nameOf = (country: number) => input.countries[country]?.iso3 ?? ''
  const step = input.gridMinutes * 60_000
  const latest = block.start - loadOf(grid, block.countries)
  let at = Math.max(block.freeFrom, from + Math.floor((latest - from) / step) * step)
  const screenings = block.countries.flatMap((country): ProgrammeSlot[] => {
    const length = lengths[country] ?? 0
    if (length === 0) return []
    const span = toSpan(at, at + length)
    at += length
    return [{ kind: 'screening', countries: [nameOf(country)], room: where, speakers: [], ...span }]
  })
  const speakers = block.countries.flatMap((country) => grid.speakersOf(country).map(({ id }) => id))
  const span = toSpan(block.start, block.start + qa)
  return [...screenings, { kind: 'qa', countries: block.countries.map(nameOf), room: where, speakers, ...span }]
}

/** The persons who speak between 22:00 and 07:00 of their own clock. */
export function personsAtNight(grid: Grid, blocks: readonly Block[]): Set<string> {
  const speakers = blocks.flatMap(({ countries, start }) =>
    countries.flatMap((country) => grid.choice(country, start).atNight),
  )
  return new Set(speakers.map(({ person }) => person))
}

/** The countries that have no place in it. */
export const missingIn = (grid: Grid, blocks: readonly Block[]): number[] =>
  grid.input.countries.flatMap((_, country) =>
    blocks.some(({ countries }) => countries.includes(country)) ? [] : [country],
  )
