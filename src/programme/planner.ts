import type { ProgrammeInput, ProgrammeSlot } from '../domain/programme.ts'
import { firstFit } from '../domain/programme-first-fit.ts'
import { type Block, type Grid, gridOf } from '../domain/programme-grid.ts'
import { missingIn, personsAtNight, slotsOf } from '../domain/programme-layout.ts'
import { blocksOf, modelOf } from '../domain/programme-model.ts'
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

/** A whole programme out of what is given; the same input gives the same programme. Takes seconds of one core. */
export async function planProgramme(input: ProgrammeInput): Promise<Plan> {
  const grid = gridOf(input)
  const plain = firstFit(grid)
  const model = modelOf(grid)
  const solution = model.columns.places.length === 0 ? undefined : await solve(model, wishesOf(grid, model))
  const found = solution === undefined ? plain : blocksOf(grid, model, solution.values)
  const blocks = isBetter(grid, plain, found) ? plain : found
  const missing = missingIn(grid, blocks)
  return {
    slots: slotsOf(grid, blocks),
    atNight: personsAtNight(grid, blocks).size,
    isFewest: solution === undefined ? blocks.length === 0 : solution.burden === solution.leastBurden,
    firstFit: { atNight: personsAtNight(grid, plain).size, missing: missingIn(grid, plain).length },
    compromises: [...missingReasons(grid, missing), ...nightReasons(grid, blocks)],
  }
}

/** Only where the solver stopped before its proof can the plain way be the better one. */
function isBetter(grid: Grid, a: readonly Block[], b: readonly Block[]): boolean {
  const missing = missingIn(grid, a).length - missingIn(grid, b).length
  return missing < 0 || (missing === 0 && personsAtNight(grid, a).size < personsAtNight(grid, b).size)
}
