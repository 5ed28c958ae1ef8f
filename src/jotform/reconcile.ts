import type { Deps } from '../deps.ts'
import { secondsBetween } from '../domain/instant.ts'
import { appendHistory } from '../history/queries.ts'
import { isUnavailable } from '../http/problems.ts'
import { type Admitted, admitApiRow } from './admission.ts'
import { answersFromApi } from './answers.ts'
import { takeCalls } from './budget.ts'
import { type ApiSubmission, type JotformClient, JotformError } from './client.ts'
import { hashContent } from './content.ts'
import { projectSubmission, reportTrouble } from './projection.ts'
import type { FormRow } from './queries-forms.ts'
import {
  findLockedSubmission,
  type KnownSubmission,
  listKnownSubmissions,
  updateSubmission,
} from './queries-submissions.ts'
import { storedAt } from './versions.ts'

export interface PollCounts {
  listed: number
  created: number
  recovered: number
  changed: number
  vanished: number
}

/** A webhook comes within two seconds; what is older than this and never came was not delivered. */
export const deliveryGraceSeconds = 120

/** A window: what is new and what was edited since. */
export async function reconcile(deps: Deps, client: JotformClient, form: FormRow, from: string): Promise<PollCounts> {
  const created = await client.listSubmissions(form.form_id, { 'created_at:gt': from })
  const edited = await client.listSubmissions(form.form_id, { 'updated_at:gt': from })
  const rows = new Map([...created, ...edited].map((row) => [row.id, row]))
  const known = indexById(await listKnownSubmissions(deps.db, form.form_id))
  return admitRows(deps, form, [...rows.values()], known)
}

/** The whole list: also what the window missed (a back-dated entry) and what is no longer there. */
export async function reconcileAll(deps: Deps, client: JotformClient, form: FormRow): Promise<PollCounts> {
  const known = indexById(await listKnownSubmissions(deps.db, form.form_id))
  const rows = await client.listSubmissions(form.form_id)
  const counts = await admitRows(deps, form, rows, known)
  const listed = new Set(rows.map((row) => row.id))
  for (const submission of known.values()) {
    const isGone = submission.verification === 'verified' && !listed.has(submission.submission_id)
    if (!isGone || submission.vanished_at !== null || submission.state === 'test') continue
    // A list that came out short must not cost a call for each that it lacks; the next one asks on.
    if (!takeCalls(deps, client, { calls: 1, left: form.limit_left })) break
    if (await isReallyGone(client, form.form_id, submission.submission_id)) {
      await markVanished(deps, form, submission.submission_id)
      counts.vanished += 1
    }
  }
  return counts
}

async function admitRows(
  deps: Deps,
  form: FormRow,
  rows: ApiSubmission[],
  known: Map<string, KnownSubmission>,
): Promise<PollCounts> {
  const counts: PollCounts = { listed: rows.length, created: 0, recovered: 0, changed: 0, vanished: 0 }
  const now = deps.clock.now()
  for (const row of rows) {
    if (row.formId !== '' && row.formId !== form.form_id) continue
    const before = known.get(row.id)
    if (before !== undefined && isUnchanged(before, row)) continue
    const admitted = await admitOrReport(deps, form.form_id, row, now)
    if (admitted === 'erased') continue
    if (admitted === 'changed') counts.changed += 1
    if (admitted === 'created' && before === undefined) counts.created += 1
    if (row.status === 'DELETED' && before?.vanished_at === null) counts.vanished += 1
    if (isRecovered(before, row, now)) counts.recovered += 1
  }
  return counts
}

/** One row that the service cannot work must not hide those after it. */
async function admitOrReport(
  deps: Deps,
  formId: string,
  row: ApiSubmission,
  now: string,
): Promise<Admitted | 'failed'> {
  try {
    return await admitApiRow(deps, formId, row, { at: now, by: 'poll' })
  } catch (error) {
    if (isUnavailable(error)) throw error
    deps.log.error({ err: error, formId, submissionId: row.id }, 'a submission could not be worked')
    await reportTrouble(deps, { formId, submissionId: row.id }, now)
    return 'failed'
  }
}

/** Most rows of most polls: compared with what is known already, they cost no transaction. */
function isUnchanged(before: KnownSubmission, row: ApiSubmission): boolean {
  return (
    before.verification === 'verified' &&
    before.poll_at !== null &&
    before.jotform_status === row.status &&
    (before.vanished_at !== null) === (row.status === 'DELETED') &&
    before.jotform_updated_at === (row.updatedAt ?? null) &&
    before.jotform_created_at === (row.createdAt ?? null) &&
    before.content_sha256 === hashContent(answersFromApi(row.answers))
  )
}

function isRecovered(before: KnownSubmission | undefined, row: ApiSubmission, now: string): boolean {
  if (before !== undefined || row.createdAt === undefined) return false
  const at = storedAt({ jotform_created_at: row.createdAt, submission_id: row.id })
  return at !== undefined && secondsBetween(at, now) > deliveryGraceSeconds
}

/** A list may be short for many reasons; the submission's own address tells. */
async function isReallyGone(client: JotformClient, formId: string, submissionId: string): Promise<boolean> {
  try {
    const row = await client.getSubmission(submissionId)
    return row.formId !== formId || row.status === 'DELETED'
  } catch (error) {
    if (error instanceof JotformError && error.failure === 'notFound') {
      await client.getUser()
      return true
    }
    throw error
  }
}

async function markVanished(deps: Deps, form: FormRow, submissionId: string): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const row = await findLockedSubmission(tx, form.form_id, submissionId)
    if (row === undefined || row.vanished_at !== null) return
    const at = deps.clock.now()
    await updateSubmission(tx, row, { vanished_at: at })
    await projectSubmission(tx, deps, { formId: form.form_id, submissionId })
    if (row.application_id === null) return
    await appendHistory(tx, {
      preSession: form.pre_session,
      applicationId: row.application_id,
      action: 'application.vanishedInJotform',
      at,
      actor: 'jotform',
      details: { formId: form.form_id, submissionId },
    })
  })
}

function indexById(rows: KnownSubmission[]): Map<string, KnownSubmission> {
  return new Map(rows.map((row) => [row.submission_id, row]))
}
