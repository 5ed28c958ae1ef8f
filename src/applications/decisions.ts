import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import type { Outcome } from '../domain/assessment.ts'
import { canMove, legalMoves, lifecycles } from '../domain/lifecycles.ts'
import type { Decision } from '../domain/lifecycles-application.ts'
import { isReleased } from '../domain/visibility.ts'
import { AppError } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { readConsents, setConsents } from './consents.ts'
import { detail, openApplication } from './opening.ts'
import { type ApplicationDetailRow, type ApplicationRow, updateApplication } from './queries.ts'
import { statusToldTo } from './reading.ts'
import { leaveSlots } from './service.ts'
import { viewFor } from './views-by-caller.ts'

export interface DecisionInput {
  decision?: Decision | undefined
  outcome?: Outcome | undefined
  reason: string
}

/** Locked, and as the caller believes it to be when it sent `If-Match`. */
async function openMatching({ keys }: Deps, tx: Tx, id: string, act: Act): Promise<ApplicationRow> {
  const { row } = await openApplication(tx, id, act)
  if (act.ifMatch !== undefined)
    requireMatch(act.ifMatch, viewFor(keys.pseudonym, act.caller, await detail(tx, id), act.now).view)
  return row
}

/** R18: a decision, or an outcome set against the rules' own, each by a person and with a reason. */
export async function decideApplication(
  deps: Deps,
  id: string,
  input: DecisionInput,
  act: Act,
): Promise<ApplicationDetailRow> {
  return deps.db.transaction().execute(async (tx) => {
    const row = await openMatching(deps, tx, id, act)
    if (row.status !== 'submitted') throw new AppError('not_submitted')
    const outcome = input.outcome ?? row.outcome
    if (input.outcome !== undefined) await overrideOutcome(tx, row, input.outcome, input.reason, act)
    if (input.decision !== undefined) await takeDecision(tx, { ...row, outcome }, input.decision, input.reason, act)
    return detail(tx, id)
  })
}

async function overrideOutcome(tx: Tx, row: ApplicationRow, outcome: Outcome, reason: string, { caller, now }: Act) {
  const override = { outcome, reason, by: caller.id, at: now }
  await updateApplication(tx, row.id, { outcome, outcome_override: JSON.stringify(override), updated_at: now })
  await appendHistory(tx, {
    preSession: row.pre_session,
    applicationId: row.id,
    action: 'application.outcomeOverridden',
    at: now,
    actor: caller.id,
    reason,
    details: { outcome, previousOutcome: row.outcome },
  })
}

async function takeDecision(tx: Tx, row: ApplicationRow, to: Decision, reason: string, { caller, now }: Act) {
  const from = row.decision as Decision
  if (!canMove(lifecycles.decision, from, to)) {
    const moves = legalMoves(lifecycles.decision, from).join(', ')
    throw new AppError('illegal_transition', { detail: `From ${from} the legal decisions are: ${moves || 'none'}.` })
  }
  if ((to === 'selected' || to === 'reserve') && row.outcome !== 'eligible') {
    throw new AppError('not_eligible', { detail: `The outcome is ${row.outcome ?? 'not known'}.` })
  }
  await updateApplication(tx, row.id, {
    decision: to,
    decision_reason: reason,
    decided_at: now,
    // An answer belongs to the selection it answers.
    answer: 'none',
    staff_updated_at: now,
  })
  await appendHistory(tx, {
    preSession: row.pre_session,
    applicationId: row.id,
    action: 'application.decided',
    at: now,
    actor: caller.id,
    reason,
    details: { decision: to, previousDecision: from },
  })
  if (from === 'selected') await leaveSlots(tx, row.id)
}

/** R19: a selected speaker confirms or declines. Before the release nobody is told that there is something to answer. */
export async function answerSelection(
  deps: Deps,
  id: string,
  answer: 'confirmed' | 'declined',
  act: Act,
): Promise<ApplicationDetailRow> {
  return deps.db.transaction().execute(async (tx) => {
    const row = await openMatching(deps, tx, id, act)
    const isTold = isReleased((await detail(tx, id)).release_at, act.now)
    const mayKnow = act.caller.role !== 'applicant' || isTold
    const status = statusToldTo(act.caller.role, row)
    if (status !== 'submitted' || row.decision !== 'selected' || !mayKnow) throw new AppError('nothing_to_answer')
    if (!canMove(lifecycles.answer, row.answer as 'none', answer)) {
      throw new AppError('illegal_transition', { detail: `The answer was ${row.answer} already.` })
    }
    await updateApplication(tx, id, { answer, [isTold ? 'updated_at' : 'staff_updated_at']: act.now })
    await appendHistory(tx, {
      preSession: row.pre_session,
      applicationId: id,
      action: 'application.answered',
      at: act.now,
      actor: act.caller.id,
      details: { answer },
    })
    if (answer === 'declined') await leaveSlots(tx, id)
    return detail(tx, id)
  })
}

/** R19: a speaker who is kept from taking part, told to nobody but the secretariat. */
export async function recordPrevented(deps: Deps, id: string, reason: string, act: Act): Promise<ApplicationDetailRow> {
  return deps.db.transaction().execute(async (tx) => {
    const row = await openMatching(deps, tx, id, act)
    if (row.status !== 'submitted') throw new AppError('not_submitted')
    await updateApplication(tx, id, {
      status: 'prevented',
      told_status: 'submitted',
      staff_updated_at: act.now,
    })
    await appendHistory(tx, {
      preSession: row.pre_session,
      applicationId: id,
      action: 'application.prevented',
      at: act.now,
      actor: act.caller.id,
      reason,
    })
    await leaveSlots(tx, id)
    return detail(tx, id)
  })
}

/** Invariant 3: consents are the person's own; what is not named is not given, from this moment on, on every surface. */
export async function replaceConsents(deps: Deps, id: string, consents: string[], act: Act): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const { row } = await openApplication(tx, id, act)
    requireMatch(act.ifMatch, { data: await readConsents(tx, id) })
    const change = await setConsents(tx, row, consents, { at: act.now, recordedBy: act.caller.id })
    if (change.given.length + change.withdrawn.length === 0) return
    await updateApplication(tx, id, { updated_at: act.now })
    await appendHistory(tx, {
      preSession: row.pre_session,
      applicationId: id,
      action: 'application.consentsChanged',
      at: act.now,
      actor: act.caller.id,
      details: change,
    })
  })
}
