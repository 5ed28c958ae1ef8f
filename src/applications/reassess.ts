import type { Tx } from '../db/database.ts'
import { assessAndKeepAll } from './assessing.ts'
import { loadTerms } from './judge.ts'
import { listNamedCountries, listRows, lockSubmitted, type SubmittedFilter } from './queries-assessing.ts'

/** So many at once that a statement costs little beside its rows, and so few that they are little memory. */
const chunkSize = 500

export interface Reassessment {
  preSession: number
  now: string
  actor: string
  /** Why; it stands in the history of each application whose outcome changes. */
  cause: string
}

/** What was judged anew, by the country that its content applies for. */
export interface Reassessed {
  country: string | undefined
  receivedAt: string
}

/** After terms of the whole round changed. The round is locked by the caller. */
export const reassessRound = (tx: Tx, change: Reassessment): Promise<Reassessed[]> => reassessAll(tx, {}, change)

/** R6: after terms of a country changed, every submitted application that names it is judged by the new ones, all alike. The country is locked by the caller. */
export const reassessCountry = (tx: Tx, iso3: string, change: Reassessment): Promise<Reassessed[]> =>
  reassessAll(tx, { country: iso3 }, change)

/** R7: after a waiver, that applicant's applications are judged by it. */
export const reassessApplicant = (tx: Tx, iso3: string, email: string, change: Reassessment): Promise<Reassessed[]> =>
  reassessAll(tx, { country: iso3, email: email.toLowerCase() }, change)

/** How many were received from the one end until before the other, and so became timely. */
export function countBetween(
  reassessed: Reassessed[],
  ends: (country: string | undefined) => [string, string] | undefined,
) {
  return reassessed.filter(({ country, receivedAt }) => {
    const [from, to] = (ends(country) ?? []).map((instant) => Date.parse(instant))
    if (from === undefined || to === undefined) return false
    const at = Date.parse(receivedAt)
    return at >= Math.min(from, to) && at < Math.max(from, to)
  }).length
}

async function reassessAll(
  tx: Tx,
  filter: Omit<SubmittedFilter, 'preSession'>,
  { preSession, now, actor, cause }: Reassessment,
): Promise<Reassessed[]> {
  const ids = await lockSubmitted(tx, { preSession, ...filter })
  // Other countries need no lock: whoever changes one waits for these applications, which name it, and judges them after us.
  const terms = await loadTerms(tx, preSession, await listNamedCountries(tx, ids), { lock: false })
  const reassessed: Reassessed[] = []
  for (let from = 0; from < ids.length; from += chunkSize) {
    const rows = await listRows(tx, ids.slice(from, from + chunkSize))
    for (const { assessed, receipt } of await assessAndKeepAll(tx, rows, { terms, now, actor, cause })) {
      reassessed.push({ country: assessed.body.country, receivedAt: receipt.receivedAt })
    }
  }
  return reassessed
}
