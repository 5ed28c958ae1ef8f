import highsModule, { type Highs, type InitOptions, type VariableType } from 'highs'
import { type ProgrammeModel, type Row, unusableColumns } from '../domain/programme-model.ts'

// The package declares its types for CommonJS, but is loaded as an ES module.
const loadHighs = highsModule as unknown as (options?: InitOptions) => Promise<Highs>

export interface Solution {
  values: number[]
  /** Countries without a place, weighted, and people at night. */
  burden: number
  /** No programme has less. */
  leastBurden: number
}

/** Limits are counted in nodes, never in seconds: the same model gives the same programme on any machine. */
const limits = { burden: 2000, wishes: 5 }

/** First the fewest people at night, proven where the nodes suffice; then, with no more of them, as much of the wishes as is found soon. */
export async function solve(model: ProgrammeModel, wishes: number[]): Promise<Solution | undefined> {
  const highs = await loadHighs()
  return highs.withModel(toHighs(model), (solver) => {
    const read = () => Array.from(solver.getSolution().colValue, Math.round)
    const isSolved = () => solver.info.get('primal_solution_status') === 2
    solver.options.set({
      output_flag: false,
      random_seed: 0,
      mip_rel_gap: 0,
      mip_abs_gap: 0.999,
      mip_max_nodes: limits.burden,
    })
    solver.run()
    if (!isSolved()) return undefined
    const first = read()
    const burden = model.burden.reduce((sum, [column, weight]) => sum + weight * (first[column] ?? 0), 0)
    const leastBurden = Math.ceil(Number(solver.info.get('mip_dual_bound')) - 1e-6)

    const [indices, values] = split(model.burden)
    solver.addRow(Number.NEGATIVE_INFINITY, burden, { indices, values })
    const unusable = unusableColumns(model, burden).sort((a, b) => a - b)
    const zeros = unusable.map(() => 0)
    if (unusable.length > 0) solver.changeColsBounds({ kind: 'set', indices: unusable }, zeros, zeros)
    solver.changeColsCost({ kind: 'range', from: 0, to: wishes.length - 1 }, wishes)
    solver.options.set({ mip_max_nodes: limits.wishes, mip_rel_gap: 0.1 })
    solver.setSolution({ colValue: first })
    solver.run()
    return { values: isSolved() ? read() : first, burden, leastBurden: Math.min(burden, leastBurden) }
  })
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
