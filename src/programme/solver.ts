import highsModule, { type Highs, type InitOptions, type Model, type VariableType } from 'highs'
import { type ProgrammeModel, type Row, unusableColumns } from '../domain/programme-model.ts'

// The package declares its types for CommonJS, but is loaded as an ES module.
const loadHighs = highsModule as unknown as (options?: InitOptions) => Promise<Highs>

export interface Solution {
  values: number[]
  /** Countries without a place, weighted, and people at night. */
  burden: number
  /** No programme of the model has less. */
  leastBurden: number
}

interface Search {
  /** Less is not possible: whoever finds it need not prove it. */
  target: number
  /** Whether a programme with more than the target is worth having. */
  isLast: boolean
}

/** Limits are counted in nodes, never in seconds: the same model gives the same programme on any machine. */
const limits = { part: 20, whole: 2000, wishes: 5 }
/** The option takes finite numbers only. */
const noTarget = -1e20

/** First the fewest people at night, proven where the nodes suffice; then, with no more of them, as much of the wishes as is found soon. */
export async function solve(
  model: ProgrammeModel,
  wishes: number[],
  { target, isLast }: Search,
): Promise<Solution | undefined> {
  const highs = await loadHighs()
  return highs.withModel(toHighs(model), (solver) => {
    solver.options.set({
      output_flag: false,
      random_seed: 0,
      mip_rel_gap: 0,
      mip_abs_gap: 0.999,
      mip_max_nodes: isLast ? limits.whole : limits.part,
      objective_target: target + 0.5,
    })
    const first = run(solver)
    if (first === undefined) return undefined
    const burden = model.burden.reduce((sum, [column, weight]) => sum + weight * (first[column] ?? 0), 0)
    if (burden > target && !isLast) return undefined
    const proven = Math.ceil(Number(solver.info.get('mip_dual_bound')) - 1e-6)
    const leastBurden = Math.min(burden, Math.max(target, proven))
    return { values: fulfil(solver, model, { first, burden, wishes }) ?? first, burden, leastBurden }
  })
}

function run(solver: Model): number[] | undefined {
  solver.run()
  return solver.info.get('primal_solution_status') === 2
    ? Array.from(solver.getSolution().colValue, Math.round)
    : undefined
}

interface Found {
  first: number[]
  burden: number
  wishes: number[]
}

function fulfil(solver: Model, model: ProgrammeModel, { first, burden, wishes }: Found): number[] | undefined {
  const [indices, values] = split(model.burden)
  solver.addRow(Number.NEGATIVE_INFINITY, burden, { indices, values })
  const unusable = unusableColumns(model, burden).sort((a, b) => a - b)
  const zeros = unusable.map(() => 0)
  if (unusable.length > 0) solver.changeColsBounds({ kind: 'set', indices: unusable }, zeros, zeros)
  solver.changeColsCost({ kind: 'range', from: 0, to: wishes.length - 1 }, wishes)
  solver.options.set({ mip_max_nodes: limits.wishes, mip_rel_gap: 0.1, objective_target: noTarget })
  solver.setSolution({ colValue: first })
  return run(solver)
}

function toHighs({ costs, upper, rows }: ProgrammeModel) {
  const shape = { numRows: rows.length, numCols: costs.length }
  const starts = [0]
  for (const { terms } of rows) starts.push((starts.at(-1) ?? 0) + terms.length)
  const [indices, values] = split(rows.flatMap(({ terms }) => terms))
  return {
    ...shape,
    colCost: costs,
    colLower: costs.map(() => 0),
    colUpper: upper,
    rowLower: rows.map(({ lower }) => lower),
    rowUpper: rows.map((row) => row.upper),
    matrix: { format: 'csr' as const, ...shape, starts, indices, values },
    integrality: costs.map((): VariableType => 1),
  }
}

const split = (terms: Row['terms']): [number[], number[]] => [terms.map(([column]) => column), terms.map(([, f]) => f)]
