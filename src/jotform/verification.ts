import { sql } from 'kysely'
import type { Deps } from '../deps.ts'
import { isForged } from '../domain/forgery.ts'
import { addSeconds, secondsBetween } from '../domain/instant.ts'
import { submissionIdToUtc } from '../domain/receipt.ts'
import { nextAttemptDelaySeconds } from '../domain/retry.ts'
import { isUnavailable } from '../http/problems.ts'
import { enqueue } from '../jobs/queue.ts'
import { admitApiRow } from './admission.ts'
import { takeCalls } from './budget.ts'
import { type ApiSubmission, type JotformClient, JotformError } from './client.ts'
import { clientOf } from './context.ts'
import { toEastern } from './eastern.ts'
import { projectSubmission, reportTrouble } from './projection.ts'
import { type FormRow, findForm, updateForm } from './queries-forms.ts'
import { findLockedSubmission, listUnverified, type SubmissionRow, updateSubmission } from './queries-submissions.ts'
import { stoppable } from './stoppable.ts'

const maxPerRun = 1_000
/** A submission that Jotform denied is not asked about by itself again before this has passed: four calls in half an hour settle that it is forged. */
const denialRestSeconds = 595
/** Without budget nothing is asked for this long of real time; meanwhile polls confirm what is real. */
const budgetRestSeconds = 600

/** Asks Jotform about every submission of a form that it has not confirmed. `onlyDue` keeps to the back-off, which runs in real time. */
export async function verifyPending(
  deps: Deps,
  formId: string,
  { onlyDue, signal }: { onlyDue: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  const known = clientOf(deps)
  const client = known && stoppable(known, signal)
  const form = client && (await findForm(deps.db, formId))
  if (client === undefined || form === undefined) return
  const pending = await listUnverified(deps.db, formId, { onlyDue, limit: maxPerRun })
  if (pending.length === 0) return
  try {
    await verifyAll(deps, client, form, { pending, onlyDue })
  } catch (error) {
    if (!(error instanceof JotformError)) throw error
    deps.log.warn({ formId, failure: error.failure }, error.message)
    for (const row of pending) await postpone(deps, row, error)
    await updateForm(deps.db, formId, {
      poll_error: error.message,
      poll_failure: error.failure,
      poll_failed_at: deps.clock.now(),
    })
  }
  await scheduleRetry(deps, formId)
}

/** One list call confirms all that is real; only what it does not show costs a call of its own. */
async function verifyAll(
  deps: Deps,
  client: JotformClient,
  form: FormRow,
  { pending, onlyDue }: { pending: SubmissionRow[]; onlyDue: boolean },
): Promise<void> {
  const { form_id: formId, limit_left: left } = form
  if (!takeCalls(deps, client, { calls: 1, left })) return restUnasked(deps, pending)
  const listed = await listAround(client, formId, pending)
  const unlisted = pending.filter((row) => !listed.has(row.submission_id))
  for (const row of pending) {
    const found = listed.get(row.submission_id)
    if (found !== undefined) await admitConfirmed(deps, row, found)
  }
  let keyWorks = false
  for (const [index, row] of unlisted.entries()) {
    if (isResting(row, deps.clock.now())) {
      if (onlyDue) await updateSubmission(deps.db, row, nextAttempt(row.attempts + 1))
      continue
    }
    if (!takeCalls(deps, client, { calls: keyWorks ? 1 : 2, left })) return restUnasked(deps, unlisted.slice(index))
    const found = await findAtJotform(client, formId, row.submission_id)
    if (found !== undefined) {
      await admitConfirmed(deps, row, found)
      continue
    }
    // A dead key is answered like a foreign id: only a working key makes a refusal of it.
    if (!keyWorks) await client.getUser()
    keyWorks = true
    await recordRefusal(deps, row)
  }
}

function isResting({ refusals }: SubmissionRow, now: string): boolean {
  const last = refusals.at(-1)
  if (last === undefined) return false
  const since = secondsBetween(last, now)
  return since >= 0 && since < denialRestSeconds
}

async function restUnasked(deps: Deps, rows: SubmissionRow[]): Promise<void> {
  for (const row of rows) await updateSubmission(deps.db, row, { next_attempt_at: inSeconds(budgetRestSeconds) })
}

async function admitConfirmed(deps: Deps, row: SubmissionRow, found: ApiSubmission): Promise<void> {
  try {
    await admitApiRow(deps, row.form_id, found, { at: deps.clock.now(), by: 'verification' })
  } catch (error) {
    if (isUnavailable(error)) throw error
    const key = { formId: row.form_id, submissionId: row.submission_id }
    deps.log.error({ err: error, ...key }, 'a submission could not be worked')
    await reportTrouble(deps, key, deps.clock.now())
    await updateSubmission(deps.db, row, nextAttempt(row.attempts + 1))
  }
}

async function listAround(
  client: JotformClient,
  formId: string,
  pending: SubmissionRow[],
): Promise<Map<string, ApiSubmission>> {
  const times = pending
    .map((row) => submissionIdToUtc(row.submission_id) ?? row.first_seen_at)
    .sort((a, b) => Date.parse(a) - Date.parse(b))
  const from = toEastern(addSeconds(times[0] as string, -600))
  // A form that is not ours has no list: then each number is asked for, and a working key makes a refusal of the answer.
  const rows = await client.listSubmissions(formId, { 'created_at:gt': from }).catch((error: unknown) => {
    if (error instanceof JotformError && (error.failure === 'notFound' || error.failure === 'unauthorised')) return []
    throw error
  })
  return new Map(rows.filter((row) => row.formId === formId).map((row) => [row.id, row]))
}

/** A number that belongs to another form is as good as unknown. */
async function findAtJotform(
  client: JotformClient,
  formId: string,
  submissionId: string,
): Promise<ApiSubmission | undefined> {
  try {
    const row = await client.getSubmission(submissionId)
    return row.formId === formId && row.id === submissionId ? row : undefined
  } catch (error) {
    if (error instanceof JotformError && error.failure === 'notFound') return undefined
    throw error
  }
}

async function recordRefusal(
  deps: Deps,
  { form_id: formId, submission_id: submissionId }: SubmissionRow,
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const row = await findLockedSubmission(tx, formId, submissionId)
    if (row === undefined || row.verification !== 'unverified') return
    const now = deps.clock.now()
    const refusals = [...row.refusals, now].slice(-50)
    await updateSubmission(tx, row, {
      refusals: JSON.stringify(refusals),
      last_error: 'Jotform does not know this submission yet.',
      verification: isForged(refusals, now) ? 'forged' : 'unverified',
      ...nextAttempt(row.attempts + 1),
    })
    await projectSubmission(tx, deps, { formId, submissionId })
  })
}

async function postpone(
  deps: Deps,
  { form_id: formId, submission_id: submissionId }: SubmissionRow,
  error: JotformError,
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const row = await findLockedSubmission(tx, formId, submissionId)
    if (row === undefined || row.verification !== 'unverified') return
    const reason =
      error.failure === 'unauthorised'
        ? 'Jotform refuses the API key. Check JOTFORM_API_KEY.'
        : 'Jotform could not be asked; it will be tried again.'
    await updateSubmission(tx, row, { last_error: reason, ...nextAttempt(row.attempts + 1) })
    await projectSubmission(tx, deps, { formId, submissionId })
  })
}

function nextAttempt(attempts: number) {
  const delay = nextAttemptDelaySeconds(attempts)
  return {
    attempts,
    next_attempt_at: delay === undefined ? null : inSeconds(delay),
  }
}

/** Real time, which only the database's clock shares among replicas. */
const inSeconds = (seconds: number) => sql<string>`now() + ${seconds}::float8 * interval '1 second'`

/** A key of its own: a retry that lies ahead must not push back the job of a delivery that just came. */
async function scheduleRetry(deps: Deps, formId: string): Promise<void> {
  const [row] = await listUnverified(deps.db, formId, { onlyDue: false, limit: 1 })
  if (row === undefined) return
  const { rows } = await sql<{
    seconds: number
  }>`select greatest(1, extract(epoch from min(coalesce(next_attempt_at, now())) - now()))::float8 as seconds
    from jotform_submission where form_id = ${formId} and verification = 'unverified' and state not in ('test', 'unreadable')
    and (next_attempt_at is not null or attempts = 0)`.execute(deps.db)
  const seconds = rows[0]?.seconds
  if (seconds != null)
    await enqueue(
      deps.db,
      'jotform-verify',
      { formId },
      { jobKey: `jotform-verify-retry:${formId}`, delaySeconds: seconds },
    )
}
