import type { Deps } from '../deps.ts'
import { canMove, legalMoves, lifecycles } from '../domain/lifecycles.ts'
import type { VideoStatus } from '../domain/lifecycles-video.ts'
import { AppError, invalidInput } from '../errors.ts'
import type { Act } from '../http/access.ts'
import { hasStatement, insertReview, type SubmissionDetail, updateSubmission, updateVersion } from './queries.ts'
import { detail, openSubmission, tell } from './service.ts'
import { punctualityIn } from './views.ts'

export const reviewDecisions = ['accept', 'requestChanges', 'reject'] as const

export interface Review {
  decision: (typeof reviewDecisions)[number]
  reasons?: string[] | undefined
}

const outcomes = { accept: 'accepted', requestChanges: 'changesRequested', reject: 'rejected' } as const

/** R23: a person accepts the newest version, asks for another one, or refuses it; always of what was checked, and with reasons where the speaker needs them. */
export async function reviewVideo(deps: Deps, id: string, review: Review, act: Act): Promise<SubmissionDetail> {
  const { caller, now } = act
  const { decision, reasons = [] } = review
  return deps.db.transaction().execute(async (tx) => {
    const row = await openSubmission(deps, tx, id, act)
    const status = outcomes[decision]
    requireMove(row, status)
    if (decision !== 'accept' && reasons.length === 0)
      throw invalidInput('/reasons', 'required', 'The speaker needs to know why.')
    if (decision === 'accept') requireAcceptable(row, reasons)
    if (decision === 'accept' && row.form === 'textOnly' && !(await hasStatement(tx, row.application_id)))
      throw new AppError('statement_missing')
    await insertReview(tx, {
      submission_id: id,
      version_id: row.version_id,
      decision,
      reasons,
      reviewer: caller.id,
      created_at: now,
    })
    if (row.version_id !== null) await updateVersion(tx, row.version_id, { state: status })
    await updateSubmission(tx, id, { status, updated_at: now })
    const details = { submissionId: id, decision, version: row.current_version, from: row.status, to: status }
    await tell(tx, row, act, { action: 'video.reviewed', reason: reasons.join('\n') || undefined, details })
    return detail(tx, id)
  })
}

/** Records that an accepted video was shown. */
export async function recordScreened(deps: Deps, id: string, act: Act): Promise<SubmissionDetail> {
  return deps.db.transaction().execute(async (tx) => {
    const row = await openSubmission(deps, tx, id, act)
    requireMove(row, 'screened')
    await updateSubmission(tx, id, { status: 'screened', updated_at: act.now })
    await tell(tx, row, act, {
      action: 'video.screened',
      details: { submissionId: id, from: row.status, to: 'screened' },
    })
    return detail(tx, id)
  })
}

function requireMove({ status }: SubmissionDetail, to: VideoStatus): void {
  const machine = lifecycles.videoSubmission
  if (canMove(machine, status, to, 'person')) return
  const moves = [...new Set(legalMoves(machine, status, 'person').map((move) => move.to))].join(', ')
  throw new AppError('illegal_transition', { detail: `From ${status} a person can move it to: ${moves || 'nothing'}.` })
}

/** R7, R25: what is infected is never accepted; what is late, or failed a check, only with a reason that stays. */
function requireAcceptable(row: SubmissionDetail, reasons: string[]): void {
  if (row.scan?.status === 'infected') throw new AppError('video_infected')
  const failed = (row.checks ?? []).filter(({ outcome }) => outcome === 'fail').map(({ code }) => code)
  const { isLate } = punctualityIn(row)
  const against = [...(isLate ? ['late'] : []), ...failed]
  if (against.length === 0 || reasons.length > 0) return
  throw new AppError('reason_needed', { detail: `Against it speaks: ${against.join(', ')}.` })
}
