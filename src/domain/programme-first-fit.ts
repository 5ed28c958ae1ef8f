import { type Block, type Grid, loadOf } from './programme-grid.ts'

/**
 * The plain way, for comparison: countries in their order, as many to a block as it takes, each block at the first time at which its speakers
 * can be there. It keeps every hard rule and looks at no clock of a speaker.
 */
export function firstFit(grid: Grid): Block[] {
  const blocks: Block[] = []
  const waiting = grid.input.countries.map((_, country) => country)
  grid.sessions.forEach((session, index) => {
    let freeFrom = session.from
    for (;;) {
      const block = firstBlock(grid, waiting, { session: index, freeFrom, blocks })
      if (block === undefined) return
      blocks.push(block)
      for (const country of block.countries) waiting.splice(waiting.indexOf(country), 1)
      freeFrom = block.start + grid.qa
    }
  })
  return blocks
}

interface Place {
  session: number
  freeFrom: number
  blocks: readonly Block[]
}

function firstBlock(grid: Grid, waiting: readonly number[], place: Place): Block | undefined {
  let found: Block | undefined
  for (const country of waiting) {
    if (found?.countries.length === grid.input.countriesPerQa) break
    found = at([...(found?.countries ?? []), country]) ?? found
  }
  return found

  function at(countries: number[]): Block | undefined {
    const { starts = [] } = grid.sessions[place.session] ?? {}
    const start = starts.find(
      (one) =>
        one >= place.freeFrom + loadOf(grid, countries) &&
        countries.every((country) => grid.choice(country, one).isPossible) &&
        !isTwice(grid, countries, one, place.blocks),
    )
    return start === undefined ? undefined : { session: place.session, start, freeFrom: place.freeFrom, countries }
  }
}

/** Would somebody be in this block and in another one at the same time? */
function isTwice(grid: Grid, countries: readonly number[], start: number, blocks: readonly Block[]): boolean {
  const personsOf = (list: readonly number[]) => list.flatMap((one) => grid.speakersOf(one).map(({ person }) => person))
  const here = new Set(personsOf(countries))
  return blocks.some(
    (other) =>
      other.start < start + grid.qa &&
      start < other.start + grid.qa &&
      personsOf(other.countries).some((one) => here.has(one)),
  )
}
