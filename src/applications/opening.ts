import type { Tx } from '../db/database.ts'
import { AppError } from '../errors.ts'
import type { Act, Caller } from '../http/access.ts'
import { loadTerms, type Terms } from './judge.ts'
import {
  type ApplicationDetailRow,
  type ApplicationRow,
  findApplication,
  findPlace,
  findVisiblePlace,
  lockApplication,
} from './queries.ts'
import { statusToldTo, visibilityFor } from './reading.ts'

/** Before the call and after the end of a round nothing is taken; late is taken and judged late (R4). */
const closedStatuses = new Set(['draft', 'cancelled', 'closed', 'archived'])

export function requireOpenRound(terms: Terms): void {
  if (closedStatuses.has(terms.roundStatus))
    throw new AppError('call_not_open', {
      detail: `Pre-sessions ${terms.preSession} has the status ${terms.roundStatus}.`,
    })
}

export async function detail(tx: Tx, id: string): Promise<ApplicationDetailRow> {
  const row = await findApplication(tx, id)
  if (row === undefined) throw new AppError('application_not_found')
  return row
}

/** Locks the round and every country that a version names (shared), then the application: the one order in which locks are taken. */
export async function openApplication(
  tx: Tx,
  id: string,
  { caller, now }: Act,
  /** The country that a change brings in. */
  next?: string,
): Promise<{ row: ApplicationRow; terms: Terms }> {
  const place = await findVisiblePlace(tx, id, caller, now)
  if (place === undefined) throw new AppError('application_not_found')
  const terms = await loadTerms(tx, place.pre_session, [...place.countries, next], { lock: true })
  const row = await lockApplication(tx, id)
  const found = row && (await findPlace(tx, id))
  if (row === undefined || found === undefined) throw new AppError('application_not_found')
  // Somebody named another country or round meanwhile, whose lock may not be taken after the application's.
  if (found.pre_session !== place.pre_session || found.countries.some((iso3) => !terms.countries.has(iso3)))
    throw new AppError('unavailable', { headers: { 'retry-after': '1' } })
  const { view } = visibilityFor(caller, { ...row, release_at: null }, now)
  // Others read at most; to them the application is not there.
  if (view !== 'staff' && view !== 'applicant') throw new AppError('application_not_found')
  return { row, terms }
}

/** What is over takes no changes. Its applicant is refused by what it is told, or a refusal would tell more. */
export function refuseClosed({ role }: Caller, row: ApplicationRow): void {
  if (['withdrawn', 'prevented'].includes(statusToldTo(role, row))) throw new AppError('application_closed')
}
