import type { Deps } from '../deps.ts'
import type { Consent } from '../domain/application.ts'
import { type Reader, type View, type Visibility, visibilityOf } from '../domain/visibility.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import { type ApplicationDetailRow, findVisibleApplication } from './queries.ts'
import type { Assigned } from './queries-visible.ts'

/** What a row says about who may see it. */
export interface VisibleRow {
  pre_session: number
  country: string | null
  status: ApplicationDetailRow['status']
  decision: string
  emails: string[]
  consents: string[]
  at_risk: boolean
  release_at: string | null
  assignment?: { seesIdentities: boolean } | undefined
}

/** The one place where a caller and a record meet (docs/decisions/0004). */
export function visibilityFor(caller: Caller, row: VisibleRow, now: string): Visibility {
  if (!isWithinOwnLimits(caller, row)) return { view: 'none', isPseudonymous: true, showsDecision: false }
  const reader: Reader = { role: caller.role, state: caller.state, email: caller.email }
  return visibilityOf(
    reader,
    {
      country: row.country,
      status: row.status,
      decision: row.decision as 'undecided',
      emails: row.emails,
      consents: row.consents as Consent[],
      atRisk: row.at_risk,
      releaseAt: row.release_at,
      assignment: row.assignment,
    },
    now,
  )
}

/** R19: that a speaker was prevented is closed to all but the secretariat; to its applicant the application goes on as it was. */
export const statusToldTo = (
  role: string,
  { status, told_status }: Pick<ApplicationDetailRow, 'status' | 'told_status'>,
): ApplicationDetailRow['status'] => (role === 'applicant' ? (told_status ?? status) : status)

/** A credential for some rounds or countries is blind for all others. */
export function isWithinOwnLimits(
  { preSessions, countries }: Caller,
  row: Pick<VisibleRow, 'pre_session' | 'country'>,
): boolean {
  if (preSessions !== undefined && !preSessions.includes(row.pre_session)) return false
  return countries === undefined || (row.country !== null && countries.includes(row.country))
}

/** Null where nothing is assigned, absent where nobody was asked for. */
export const assignmentIn = ({ sees_identities: sees }: Assigned) =>
  sees === undefined || sees === null ? undefined : { seesIdentities: sees }

/** The application as far as this caller may see it; what it may not see is, to it, not there. */
export async function readApplication({ db }: Deps, id: string, caller: Caller, now: string) {
  const row = await findVisibleApplication(db, id, caller, now)
  if (row === undefined) throw new AppError('application_not_found')
  // The statement asked the same already: this is the second wall.
  const visibility = visibilityFor(caller, { ...row, assignment: assignmentIn(row) }, now)
  if (visibility.view === 'none') throw new AppError('application_not_found')
  return { row, visibility }
}

/** Parts of an application are for those who see the whole of it. Staff without limits need no look. */
export async function requireReadable(
  deps: Deps,
  id: string,
  caller: Caller,
  now: string,
  views: readonly View[] = ['staff', 'applicant'],
): Promise<void> {
  const isFree = caller.preSessions === undefined && caller.countries === undefined
  if (isFree && (caller.role === 'admin' || caller.role === 'secretariat')) return
  const { visibility } = await readApplication(deps, id, caller, now)
  if (!views.includes(visibility.view)) throw new AppError('application_not_found')
}
