import type { Grid } from './programme-grid.ts'
import type { ProgrammeModel } from './programme-model.ts'

const perBlock = 100
const perFurtherRoom = 20
const perSurplus = 5
const perPlace = 0.1

/** What is wished for and may be given up: few Q&A blocks of equal size, few in a second room, early days, and the countries in their order. */
export function wishesOf({ sessions, input }: Grid, { costs, columns }: ProgrammeModel): number[] {
  const wishes = costs.map(() => 0)
  // The halves of the days, counted through: rooms of the same half are as early as each other.
  const halves = [...new Set(sessions.map(({ from }) => from))].sort((a, b) => a - b)
  const half = (session: number) => halves.indexOf(sessions[session]?.from ?? 0)
  for (const { session, column } of columns.arcs)
    wishes[column] = perBlock + perFurtherRoom * (sessions[session]?.room ?? 0)
  for (const column of columns.surplus) wishes[column] = perSurplus
  for (const { country, session, column } of columns.places)
    wishes[column] = perPlace * (input.countries.length - country) * half(session)
  return wishes
}
