import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { enqueue } from '../jobs/queue.ts'
import { requestVerification } from './admission.ts'
import { JotformError } from './client.ts'
import { clientOf, isApiConfigured } from './context.ts'
import { parseDelivery } from './delivery.ts'
import { type Drift, findDrift, hashQuestions, type Question } from './drift.ts'
import { checkMapping } from './mapping-check.ts'
import type { Mapping } from './mapping-format.ts'
import { projectSubmission } from './projection.ts'
import { findRawBody, listWebhookDeliveries } from './queries-deliveries.ts'
import { type FormRow, findForm, insertMapping, insertOrLockForm, updateForm } from './queries-forms.ts'
import { findLockedSubmission, listSubmissionIds, updateSubmission } from './queries-submissions.ts'
import { findTestMark } from './test-rules.ts'
import { canonicalJson } from './text.ts'

export interface Check {
  /** False without an API key, or when Jotform could not be asked: `uncheckedBecause` says which. */
  checked: boolean
  uncheckedBecause?: string
  drift: Drift[]
  questions?: Question[]
}

/** A person waits for the answer; a Jotform that hangs must not hold it up. */
const liveCheckTimeoutMs = 5_000

/** A mapping against the form as it is in Jotform now. */
export async function checkAgainstJotform(deps: Deps, mapping: Mapping): Promise<Check> {
  const client = clientOf(deps)
  if (client === undefined) return { checked: false, uncheckedBecause: 'No Jotform API key is configured.', drift: [] }
  try {
    const questions = await client.getQuestions(mapping.formId, { timeoutMs: liveCheckTimeoutMs })
    return { checked: true, drift: findDrift(mapping, questions), questions }
  } catch (error) {
    if (error instanceof JotformError) return { checked: false, uncheckedBecause: error.message, drift: [] }
    throw error
  }
}

/** Refuses a mapping that contradicts itself or the address it is sent to. */
export function requireSoundMapping(mapping: Mapping, formId: string): void {
  const faults = checkMapping(mapping)
  if (mapping.formId !== formId) {
    faults.unshift({ pointer: '/formId', code: 'form_mismatch', message: `The address names form ${formId}.` })
  }
  if (faults.length > 0)
    throw new AppError('invalid_request', { detail: 'The mapping contradicts itself.', errors: faults })
}

export interface SavedForm {
  form: FormRow
  check: Check
}

/** Creates or replaces the mapping of a form; every version is kept, and what is stored is mapped anew. */
export async function saveMapping(
  deps: Deps,
  mapping: Mapping,
  { formId, actor }: { formId: string; actor: string },
): Promise<SavedForm> {
  requireSoundMapping(mapping, formId)
  const round = await deps.db
    .selectFrom('pre_session')
    .select('number')
    .where('number', '=', mapping.preSession)
    .executeTakeFirst()
  if (round === undefined) {
    throw new AppError('invalid_request', {
      detail: `There is no Pre-sessions round ${mapping.preSession}.`,
      errors: [
        { pointer: '/preSession', code: 'pre_session_not_found', message: `There is no round ${mapping.preSession}.` },
      ],
    })
  }
  // Jotform is asked before the transaction begins: no row is locked while we wait for another service.
  const check = await checkAgainstJotform(deps, mapping)
  await deps.db.transaction().execute(async (tx) => {
    const now = deps.clock.now()
    const before = await insertOrLockForm(tx, { formId, preSession: mapping.preSession, now })
    const present = before.mapping_version === 0 ? undefined : await findForm(tx, formId)
    const isSame = present !== undefined && canonicalJson(present.mapping) === canonicalJson(mapping)
    const version = isSame ? before.mapping_version : before.mapping_version + 1
    if (!isSame) await insertMapping(tx, { formId, version, mapping, now, actor })
    await updateForm(tx, formId, {
      pre_session: mapping.preSession,
      mapping_version: version,
      drift: JSON.stringify(check.drift),
      updated_at: isSame ? before.updated_at : now,
      ...(check.questions === undefined
        ? {}
        : {
            questions: JSON.stringify(check.questions),
            questions_hash: hashQuestions(check.questions),
            questions_at: now,
          }),
    })
    if (!isSame) await enqueue(tx, 'jotform-remap', { formId }, { jobKey: `jotform-remap:${formId}` })
  })
  return { form: (await findForm(deps.db, formId)) as FormRow, check }
}

/** Maps everything stored of a form with its present mapping; nothing is fetched again. */
export async function remapForm(deps: Deps, formId: string): Promise<void> {
  const form = await findForm(deps.db, formId)
  if (form === undefined) return
  for (const { submission_id: submissionId } of await listSubmissionIds(deps.db, formId)) {
    await deps.db.transaction().execute(async (tx) => {
      const row = await findLockedSubmission(tx, formId, submissionId)
      if (row === undefined) return
      await updateSubmission(tx, row, { test_mark: (await findMarkInDeliveries(tx, deps, form, submissionId)) ?? null })
      await projectSubmission(tx, deps, { formId, submissionId })
    })
  }
  if (isApiConfigured(deps)) await deps.db.transaction().execute((tx) => requestVerification(tx, formId))
}

async function findMarkInDeliveries(
  tx: Tx,
  deps: Deps,
  form: FormRow,
  submissionId: string,
): Promise<string | undefined> {
  for (const delivery of await listWebhookDeliveries(tx, form.form_id, submissionId)) {
    const body = await findRawBody(deps, tx, delivery.id)
    const mark = findTestMark(form.mapping.testRules, await parseDelivery(delivery.content_type ?? undefined, body))
    if (mark !== undefined) return mark
  }
  return undefined
}

/** A poll on request; the answer does not wait for it. */
export async function requestPoll(deps: Deps, formId: string): Promise<void> {
  if ((await findForm(deps.db, formId)) === undefined) throw new AppError('form_not_found')
  if (!isApiConfigured(deps)) throw new AppError('jotform_not_configured')
  await enqueue(deps.db, 'jotform-poll', { formId }, { jobKey: `jotform-poll:${formId}` })
}
