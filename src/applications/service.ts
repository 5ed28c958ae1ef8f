import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { isAtRisk } from '../domain/application.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import { type Act, isStaff } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { enqueue } from '../jobs/queue.ts'
import { assessAndKeep } from './assessing.ts'
import { setConsents } from './consents.ts'
import { normaliseContent } from './content.ts'
import { requireOwnAddress } from './editing.ts'
import { loadTerms } from './judge.ts'
import { detail, openApplication, refuseClosed, requireOpenRound } from './opening.ts'
import { type ApplicationDetailRow, insertApplication, putVersion, updateApplication } from './queries.ts'
import { isWithinOwnLimits, statusToldTo } from './reading.ts'
import type { ApplicationInputBody } from './schemas-content.ts'
import { derivedColumns } from './search.ts'
import { viewFor } from './views-by-caller.ts'

/** Begins an application as a draft. */
export async function createApplication(
  { db }: Deps,
  input: ApplicationInputBody,
  { caller, now }: Act,
): Promise<ApplicationDetailRow> {
  const body = normaliseContent(input)
  if (body.uprSubmission?.documentIds?.length)
    throw invalidInput(
      '/uprSubmission/documentIds',
      'unknown_document',
      'A new application has no documents yet; upload them to it.',
    )
  requireOwnAddress(caller, body)
  if (!isWithinOwnLimits(caller, { pre_session: body.preSession, country: body.country ?? null }))
    throw new AppError('forbidden', { detail: 'This credential is for other rounds or countries.' })
  return db.transaction().execute(async (tx) => {
    const terms = await loadTerms(tx, body.preSession, [body.country], { lock: true }).catch(refuseUnknownRound)
    // A round in preparation is known to staff alone.
    if (!terms.isPublic && !isStaff(caller)) throw unknownRound()
    requireOpenRound(terms)
    const { id } = await insertApplication(tx, {
      pre_session: body.preSession,
      country: body.country ?? null,
      outcome: null,
      source: 'api',
      form_id: null,
      submission_id: null,
      body: JSON.stringify(body),
      latest_version: 1,
      submitted_version: null,
      assessed_version: null,
      received_at: null,
      received_basis: null,
      closes_at: null,
      receipt: null,
      assessment: null,
      withdrawal_reason: null,
      outcome_override: null,
      decision_reason: null,
      decided_at: null,
      at_risk: isAtRisk(body),
      ...derivedColumns(body),
      created_at: now,
      updated_at: now,
    })
    await putVersion(tx, id, { n: 1, body, receivedAt: now, recordedAt: now })
    await setConsents(tx, { id, consents: [] }, body.consents ?? [], { at: now, recordedBy: caller.id })
    await appendHistory(tx, {
      preSession: body.preSession,
      applicationId: id,
      action: 'application.created',
      at: now,
      actor: caller.id,
    })
    return detail(tx, id)
  })
}

function refuseUnknownRound(error: unknown): never {
  throw error instanceof AppError && error.code === 'pre_session_not_found' ? unknownRound() : error
}

const unknownRound = () => invalidInput('/preSession', 'unknown_pre_session', 'There is no such round.')

/** Hands a draft in. Late or incomplete is no error: it is kept and answered with its outcome (R4, R7, R8). */
export async function submitApplication({ db, keys }: Deps, id: string, act: Act): Promise<ApplicationDetailRow> {
  return db.transaction().execute(async (tx) => {
    const { row, terms } = await openApplication(tx, id, act)
    if (act.ifMatch !== undefined)
      requireMatch(act.ifMatch, viewFor(keys.pseudonym, act.caller, await detail(tx, id), act.now).view)
    const { caller, now } = act
    if (statusToldTo(caller.role, row) === 'submitted') throw new AppError('already_submitted')
    if (row.status !== 'draft') throw new AppError('application_closed')
    requireOpenRound(terms)
    const receipt = { kind: 'request' as const, receivedAt: now }
    await updateApplication(tx, id, {
      status: 'submitted',
      submitted_version: row.latest_version,
      receipt: JSON.stringify(receipt),
      updated_at: now,
    })
    await appendHistory(tx, {
      preSession: row.pre_session,
      applicationId: id,
      action: 'application.submitted',
      at: now,
      actor: caller.id,
      details: { version: row.latest_version },
    })
    await assessAndKeep(
      tx,
      { ...row, status: 'submitted', submitted_version: row.latest_version, receipt },
      { terms, now, actor: caller.id, cause: 'submission' },
    )
    return detail(tx, id)
  })
}

export async function withdrawApplication(
  { db, keys }: Deps,
  id: string,
  reason: string | undefined,
  act: Act,
): Promise<ApplicationDetailRow> {
  return db.transaction().execute(async (tx) => {
    const { row } = await openApplication(tx, id, act)
    if (act.ifMatch !== undefined)
      requireMatch(act.ifMatch, viewFor(keys.pseudonym, act.caller, await detail(tx, id), act.now).view)
    const { caller, now } = act
    refuseClosed(caller, row)
    const withdrawn =
      row.status === 'prevented' ? { told_status: 'withdrawn' as const } : { status: 'withdrawn' as const }
    await updateApplication(tx, id, { ...withdrawn, withdrawal_reason: reason ?? null, updated_at: now })
    await appendHistory(tx, {
      preSession: row.pre_session,
      applicationId: id,
      action: 'application.withdrawn',
      at: now,
      actor: caller.id,
      reason,
    })
    await leaveSlots(tx, id)
    return detail(tx, id)
  })
}

/** Whoever speaks no more leaves its slots, by a job: slots are locked before applications, and this one is locked now. */
export const leaveSlots = (tx: Tx, applicationId: string): Promise<void> =>
  enqueue(tx, 'slot-release', { applicationId }, { jobKey: `slot-release:${applicationId}` })
