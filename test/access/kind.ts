import type { CallerName } from './callers.ts'
import type { World } from './world.ts'

/** A verdict on a caller and a record: refused by a status, absent, or the name of the view that it gets (`~`: behind a pseudonym, `*`: the decision is told). */
export type Verdict = string

/** A record as it was prepared for one situation. */
export interface PreparedRecord {
  /** What fills the parameters of a path. */
  params: Record<string, string>
  /** The address that makes a caller its applicant, and the State that makes a mission the one under review. */
  email: string
  country: string
  /** Words that stand in its fields, by the field's name: lower case, found nowhere else. */
  canaries: Record<string, string>
}

/** What one view shows of a record. */
export interface Shown {
  /** The canaries that it shows when the record is shown whole; everything else stays hidden. */
  canaries: readonly string[] | 'all'
  /** Names that the record may have at its top. */
  keys?: readonly string[]
}

/** A sort of record whose visibility depends on its situation. */
export interface Kind {
  name: string
  /** What the record is, and why its views are what they are: printed above the table. */
  about: string
  /** Each situation in words. */
  situations: Record<string, string>
  /** The verdict of each situation and caller. */
  verdicts: Record<string, Record<CallerName, Verdict>>
  shows: Record<string, Shown>
  /** Parameters of one that never was, of the same form as the others. */
  never: Record<string, string>
  /** The path names another record, in whose list this one is met. */
  isMetElsewhere?: true
  /** Kinds whose records are there before. */
  after?: Kind[]
  prepare(world: World, prepared: Map<Kind, Record<string, PreparedRecord>>): Promise<Record<string, PreparedRecord>>
  /** A copy that a write may change. */
  copy(world: World, record: PreparedRecord): Promise<PreparedRecord>
  /** The record within the answer of a list, or undefined. */
  findIn(answer: unknown, record: PreparedRecord): unknown
}

/**
 * Reads a table written as text: callers in the first line, a situation in each other one. `everyone` says what those get that no
 * column names; `= public` is what stands in that column.
 */
export function tableOf(
  text: string,
  everyone: Record<CallerName, Verdict>,
): Record<string, Record<CallerName, Verdict>> {
  const [head = [], ...lines] = text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
  return Object.fromEntries(
    lines.map(([situation = '', ...cells]) => {
      const named = head.slice(1).map((caller, index) => [caller, cells[index] as Verdict])
      const unknown = named.filter(([caller]) => !Object.hasOwn(everyone, caller as string))
      if (unknown.length > 0 || cells.length !== head.length - 1) throw new Error(`A broken line: ${situation}`)
      const cellsOf = Object.fromEntries(named) as Record<string, Verdict>
      const others = Object.entries(everyone).map(([caller, verdict]) => [
        caller,
        verdict.startsWith('= ') ? cellsOf[verdict.slice(2)] : verdict,
      ])
      return [situation, { ...Object.fromEntries(others), ...cellsOf }]
    }),
  )
}
