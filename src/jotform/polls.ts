import type { PollKind } from '../db/tables-jotform.ts'
import type { Deps } from '../deps.ts'
import { addSeconds, secondsBetween } from '../domain/instant.ts'
import { duePolls } from '../domain/poll-schedule.ts'
import { reservedCalls } from './budget.ts'
import { type JotformClient, JotformError } from './client.ts'
import { clientOf } from './context.ts'
import { toEastern } from './eastern.ts'
import { refreshForm } from './form-watch.ts'
import { withFormLock } from './poll-lock.ts'
import { projectSubmission } from './projection.ts'
import { listFailedOwners, retryFiles } from './queries-files.ts'
import {
  type FormRow,
  findForm,
  findPollFacts,
  finishPollRun,
  insertPollRun,
  listClosings,
  listFormRows,
  updateForm,
} from './queries-forms.ts'
import { findLockedSubmission } from './queries-submissions.ts'
import { reconcile, reconcileAll } from './reconcile.ts'
import { stoppable } from './stoppable.ts'
import { verifyPending } from './verification.ts'

interface Poll {
  kind: PollKind
  /** The window begins here; without it the whole list is read. */
  since?: string
  closesAt?: string
}

/** After a failure, and when the daily budget runs out, Jotform is left alone for this long of real time. */
const restAfterFailureMs = 60_000
const restWhenShortMs = 5 * 60_000
/** Jotform's own delay between storing a row and listing it, and what two clocks may differ: windows overlap by more than that. */
const windowOverlapSeconds = 60

interface Tried {
  atMs: number
  offsetMs: number
}

interface PollerState {
  /** Passes of one process follow each other, so that whoever asks for one knows that it began after the asking. */
  last: Promise<void>
  offsetMs: number
  hasStarted: boolean
  tried: Map<string, Tried>
}

const states = new WeakMap<Deps, PollerState>()
/** The service's clock runs as fast as the real one; a difference beyond this means that somebody moved it. */
const clockMovedMs = 1_000

/**
 * Makes the polls that have fallen due by the service's clock, form by form. After the clock was moved it also waits for another process that
 * polls just now, and does not rest after a failure: so a moved sandbox clock settles everything before it answers.
 */
export function runDuePolls(deps: Deps, signal?: AbortSignal): Promise<void> {
  if (clientOf(deps) === undefined) return Promise.resolve()
  const state = stateOf(deps)
  const pass = state.last.catch(() => {}).then(() => runPass(deps, state, signal))
  state.last = pass
  return pass
}

function stateOf(deps: Deps): PollerState {
  let state = states.get(deps)
  if (state === undefined) {
    state = { last: Promise.resolve(), offsetMs: offsetOf(deps), hasStarted: false, tried: new Map() }
    states.set(deps, state)
  }
  return state
}

function offsetOf(deps: Deps): number {
  return Date.parse(deps.clock.now()) - Date.now()
}

async function runPass(deps: Deps, state: PollerState, signal: AbortSignal | undefined): Promise<void> {
  const offsetMs = offsetOf(deps)
  const hasMoved = Math.abs(offsetMs - state.offsetMs) > clockMovedMs
  const isStart = !state.hasStarted
  Object.assign(state, { offsetMs, hasStarted: true })
  for (const { form_id: formId } of await listFormRows(deps.db)) {
    await withFormLock(deps, formId, { wait: hasMoved, signal }, async () => {
      const form = await findForm(deps.db, formId)
      if (form === undefined || isResting(form, state)) return
      const due = await listDue(deps, form)
      if (isStart && !due.some((poll) => poll.kind === 'window')) due.unshift(await startupPoll(deps, form))
      for (const poll of due) {
        state.tried.set(formId, { atMs: Date.now(), offsetMs })
        if (!(await runPoll(deps, form, poll, signal))) return
      }
    })
  }
}

/** "Check now": everything of one form, whatever is due, and files whose copy had failed. */
export async function pollNow(deps: Deps, formId: string, signal?: AbortSignal): Promise<void> {
  await withFormLock(deps, formId, { wait: true, signal }, async () => {
    const form = await findForm(deps.db, formId)
    if (form === undefined || !(await runPoll(deps, form, { kind: 'manual' }, signal))) return
    for (const owner of await listFailedOwners(deps.db, formId)) {
      await deps.db.transaction().execute(async (tx) => {
        await findLockedSubmission(tx, owner.form_id, owner.submission_id)
        await retryFiles(tx, owner, deps.clock.now())
        await projectSubmission(tx, deps, { formId, submissionId: owner.submission_id })
      })
    }
  })
}

function isResting(form: FormRow, { tried, offsetMs }: PollerState): boolean {
  const last = tried.get(form.form_id)
  if (last === undefined || Math.abs(offsetMs - last.offsetMs) > clockMovedMs) return false
  const sinceMs = Date.now() - last.atMs
  if (form.poll_failures > 0 && sinceMs < restAfterFailureMs) return true
  return (form.limit_left ?? reservedCalls) < reservedCalls && sinceMs < restWhenShortMs
}

async function listDue(deps: Deps, form: FormRow): Promise<Poll[]> {
  const facts = await findPollFacts(deps.db, form.form_id)
  const due = duePolls({
    now: deps.clock.now(),
    deadlines: await listClosings(deps.db, form.pre_session),
    lastWindowPollAt: facts.last_window_at ?? undefined,
    lastFullPollAt: facts.last_full_at ?? undefined,
    closingRunsDone: facts.closings,
  })
  return [...due]
}

async function startupPoll(deps: Deps, form: FormRow): Promise<Poll> {
  const { last_window_at: last } = await findPollFacts(deps.db, form.form_id)
  const now = deps.clock.now()
  const isUsable = last !== null && secondsBetween(last, now) > 0
  return { kind: 'startup', since: addSeconds(isUsable ? last : now, isUsable ? -3_600 : -6 * 3_600) }
}

/** Answers whether it worked. A failed poll is never an empty one: it is kept with its reason and alarms. */
async function runPoll(deps: Deps, form: FormRow, poll: Poll, signal: AbortSignal | undefined): Promise<boolean> {
  const client = stoppable(clientOf(deps) as JotformClient, signal)
  const formId = form.form_id
  const startedAt = deps.clock.now()
  const windowFrom = poll.since === undefined ? undefined : toEastern(addSeconds(poll.since, -windowOverlapSeconds))
  const id = await insertPollRun(deps.db, { formId, kind: poll.kind, startedAt, closesAt: poll.closesAt, windowFrom })
  try {
    const counts =
      windowFrom === undefined
        ? await reconcileAll(deps, client, form)
        : await reconcile(deps, client, form, windowFrom)
    await verifyPending(deps, formId, { onlyDue: false, signal })
    if (windowFrom === undefined) await refreshForm(deps, client, form)
    await finishPollRun(deps.db, id, { finishedAt: deps.clock.now(), ...counts })
    await updateForm(deps.db, formId, {
      poll_failures: 0,
      poll_error: null,
      poll_failure: null,
      poll_failed_at: null,
      limit_left: client.limitLeft() ?? null,
    })
    if (counts.recovered > 0)
      deps.log.warn({ formId, recovered: counts.recovered }, 'Jotform never delivered what the poll found')
    return true
  } catch (error) {
    if (!(error instanceof JotformError)) throw error
    deps.log.error({ formId, kind: poll.kind, failure: error.failure }, `The poll of Jotform failed: ${error.message}`)
    await finishPollRun(deps.db, id, { finishedAt: deps.clock.now(), error: error.message })
    await updateForm(deps.db, formId, {
      poll_failures: form.poll_failures + 1,
      poll_error: error.message,
      poll_failure: error.failure,
      poll_failed_at: deps.clock.now(),
      ...(client.limitLeft() === undefined ? {} : { limit_left: client.limitLeft() as number }),
    })
    return false
  }
}
