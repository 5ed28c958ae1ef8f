import type { Place } from '../support/document.ts'
import { type CallerName, describe } from './callers.ts'
import type { Verdict } from './kind.ts'
import type { Row } from './rows.ts'

/** A credential for another round is no credential for what stands below this one. */
export const isOutside = (caller: CallerName, { path }: Pick<Place, 'path'>): boolean =>
  describe(caller).isElsewhere === true && path.includes('{number}')

/** Whether the operation is for the caller at all: `ok`, 401 or 403. */
export function gateOf(row: Row, caller: CallerName, place: Pick<Place, 'path'>): 'ok' | '401' | '403' {
  if (row.roles === 'public') return 'ok'
  const { role } = describe(caller)
  if (role === 'public') return '401'
  const isLimitedKey = describe(caller).isElsewhere === true && !['applicant', 'mission', 'moderator'].includes(role)
  const isRefused = isOutside(caller, place) || (row.isWhole === true && isLimitedKey)
  return row.roles.includes(role) && !isRefused ? 'ok' : '403'
}

/** What a caller gets of a record in a situation; without a record, `ok` where it may call. */
export function verdictOf(row: Row, caller: CallerName, place: Pick<Place, 'path'>, situation?: string): Verdict {
  const gate = gateOf(row, caller, place)
  if (gate !== 'ok' || row.about === undefined || situation === undefined) return gate
  // Where everybody may look, a credential that does not reach is worth no more than none.
  const asWhom = row.roles === 'public' && isOutside(caller, place) ? 'public' : caller
  const verdict = row.about.verdicts[situation]?.[asWhom] as Verdict
  return row.views !== undefined && !row.views.includes(viewIn(verdict)) ? '404' : verdict
}

/** `mission~*` → `mission`. */
export const viewIn = (verdict: Verdict): string => verdict.replace(/[~*]/g, '')
export const isRefused = (verdict: Verdict): boolean => /^\d/.test(verdict)
