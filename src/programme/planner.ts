import type { ProgrammeInput, ProgrammeSlot } from '../domain/programme.ts'
import { firstFit } from '../domain/programme-first-fit.ts'
import { type Block, type Grid, gridOf } from '../domain/programme-grid.ts'
import { missingIn, personsAtNight, slotsOf } from '../domain/programme-layout.ts'
import { blocksOf, leastBurden, modelOf, partOf } from '../domain/programme-model.ts'
import { type Compromise, missingReasons, nightReasons } from '../domain/programme-reasons.ts'
import { wishesOf } from '../domain/programme-wishes.ts'
import { solve } from './solver.ts'

export interface Plan {
  slots: ProgrammeSlot[]
  /** Persons who speak between 22:00 and 07:00 of their own clock. */
  atNight: number
  /** It is proven that no programme of this kind has fewer of them. */
  isFewest: boolean
  /** What a plain first-fit programme of the same input would have. */
  firstFit: { atNight: number; missing: number }
  compromises: Compromise[]
}

interface Found {
  /** The part of the grid that its blocks lie in. */
  grid: Grid
  blocks: Block[]
  isFewest: boolean
}

/** A whole programme out of what is given; the same input gives the same programme. Takes seconds of one core. */
export async function planProgramme(input: ProgrammeInput): Promise<Plan> {
  const grid = gridOf(input)
  const plain = firstFit(grid)
  const found = await search(grid)
  const isPlain = found === undefined || isBetter(grid, plain, found.blocks)
  const blocks = isPlain ? plain : found.blocks
  const missing = missingIn(grid, blocks)
  return {
    slots: slotsOf(isPlain ? grid : found.grid, blocks),
    atNight: personsAtNight(grid, blocks).size,
    isFewest: found?.isFewest ?? true,
    firstFit: { atNight: personsAtNight(grid, plain).size, missing: missingIn(grid, plain).length },
    compromises: [...missingReasons(grid, missing), ...nightReasons(grid, blocks)],
  }
}

/** Few days and one room first: a programme there that cannot be better need not be looked for in all of them, and is what is wished for. */
async function search(grid: Grid): Promise<Found | undefined> {
  const { days, rooms } = grid.input
  const whole = { days: days.length, rooms: rooms.length }
  const parts = [{ days: Math.ceil(days.length / 2), rooms: 1 }, { days: days.length, rooms: 1 }, whole]
  const target = leastBurden(grid)
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    const next = parts[index + 1]
    if (!isLast && part.days === next?.days && part.rooms === next?.rooms) continue
    const own = partOf(grid, part)
    const model = modelOf(own)
    if (model.columns.places.length === 0) continue
    const solution = await solve(model, wishesOf(own, model), { target, isLast })
    if (solution === undefined) continue
    const { values, burden, leastBurden: least } = solution
    return { grid: own, blocks: blocksOf(own, model, values), isFewest: burden === least }
  }
  return undefined
}

/** Only where the solver stopped before its proof can the plain way be the better one. */
function isBetter(grid: Grid, a: readonly Block[], b: readonly Block[]): boolean {
  const missing = missingIn(grid, a).length - missingIn(grid, b).length
  return missing < 0 || (missing === 0 && personsAtNight(grid, a).size < personsAtNight(grid, b).size)
}
