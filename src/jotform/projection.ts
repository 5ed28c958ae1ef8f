import { removeJotformApplication, upsertJotformApplication } from '../applications/jotform.ts'
import type { Tx } from '../db/database.ts'
import type { ReceiptFacts } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { enqueue } from '../jobs/queue.ts'
import { isApiConfigured } from './context.ts'
import { hashErased } from './erased.ts'
import type { MappingNote } from './mapping.ts'
import { listFiles, putFile } from './queries-files.ts'
import { findForm } from './queries-forms.ts'
import {
  findLockedSubmission,
  listVersions,
  lockSubmission,
  type SubmissionRow,
  updateSubmission,
} from './queries-submissions.ts'
import { findTestMark } from './test-rules.ts'
import { type MappedVersion, mapVersions } from './versions.ts'

type Settled = Pick<SubmissionRow, 'state'> &
  Partial<Pick<SubmissionRow, 'state_reason' | 'application_id' | 'test_mark'>> & {
    notes?: MappingNote[]
    extra?: Record<string, unknown>
  }

/**
 * Makes of everything known about a submission what follows from it: an application, or none, and a state for the operator.
 * Takes the submission's lock; repeating it changes nothing.
 */
export async function projectSubmission(
  tx: Tx,
  deps: Deps,
  key: { formId: string; submissionId: string },
): Promise<void> {
  const row = await findLockedSubmission(tx, key.formId, key.submissionId)
  if (row === undefined) return
  const settled = await settle(tx, deps, row)
  const { notes = [], extra = {}, ...change } = settled
  await updateSubmission(tx, row, {
    state_reason: null,
    ...change,
    notes: JSON.stringify(notes),
    extra: JSON.stringify(extra),
    updated_at: deps.clock.now(),
  })
}

/** A submission that makes the service itself fail: a person sees it, and the next poll tries again. */
export async function reportTrouble(
  deps: Deps,
  key: { formId: string; submissionId: string },
  now: string,
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const row = await lockSubmission(tx, key, { at: now, source: 'poll', erasedHash: hashErased(deps, key) })
    if (row === undefined) return
    const reason = 'The service failed at this submission. Its log has the reason; the next poll tries again.'
    await updateSubmission(tx, row, { state: 'needsAttention', state_reason: reason, updated_at: now })
  })
}

async function settle(tx: Tx, deps: Deps, row: SubmissionRow): Promise<Settled> {
  const form = await findForm(tx, row.form_id)
  if (form === undefined) {
    return {
      state: 'unknownForm',
      state_reason: `Form ${row.form_id} has no mapping. Add one with PUT /v1/integrations/jotform/forms/${row.form_id}.`,
    }
  }
  if (row.test_mark !== null) return setAside(tx, row, row.test_mark)
  if (row.verification === 'forged') {
    await remove(tx, row)
    return {
      state: 'needsAttention',
      state_reason: 'Jotform does not know this submission: it was forged or never stored. Nothing was made of it.',
      application_id: null,
    }
  }
  if (isAwaitingJotform(deps, row)) {
    const gaveUp = row.attempts > 0 && row.next_attempt_at === null
    return gaveUp
      ? {
          state: 'needsAttention',
          state_reason:
            'Jotform could not be asked about this submission for three days. Check JOTFORM_API_KEY, then poll the form.',
        }
      : { state: 'verifying', state_reason: row.last_error }
  }
  const versions = await mapVersions(
    tx,
    deps,
    row,
    await listVersions(tx, row.form_id, row.submission_id),
    form.mapping,
  )
  if (versions.length === 0) {
    return {
      state: 'unreadable',
      state_reason:
        'The answers could not be read and no API key is configured. Import the submission from a Jotform export.',
    }
  }
  const mark = versions
    .map(({ answers }) => findTestMark(form.mapping.testRules, { answers }))
    .find((found) => found !== undefined)
  if (mark !== undefined) return setAside(tx, row, mark)
  return importVersions(tx, deps, row, versions)
}

/** With a key only Jotform's word makes an application; an operator who imports an export vouches for it. */
function isAwaitingJotform(deps: Deps, row: SubmissionRow): boolean {
  return isApiConfigured(deps) && row.verification !== 'verified' && row.imported_at === null
}

async function setAside(tx: Tx, row: SubmissionRow, mark: string): Promise<Settled> {
  await remove(tx, row)
  return { state: 'test', state_reason: `Set aside as a test: ${mark}.`, application_id: null, test_mark: mark }
}

const remove = (tx: Tx, row: SubmissionRow) => removeJotformApplication(tx, row.form_id, row.submission_id)

async function importVersions(tx: Tx, deps: Deps, row: SubmissionRow, versions: MappedVersion[]): Promise<Settled> {
  const { applicationId, documents, copiesByHand } = await upsertJotformApplication(tx, {
    formId: row.form_id,
    submissionId: row.submission_id,
    preSession: (versions[0] as MappedVersion).body.preSession,
    receipt: receiptOf(deps, row),
    versions: versions.map(({ mapped: _mapped, answers: _answers, ...version }) => version),
    now: deps.clock.now(),
  })
  for (const document of documents) {
    await putFile(tx, row, { url: document.url, documentId: document.id, now: deps.clock.now() })
    if (document.status === 'pending') {
      await enqueue(
        tx,
        'jotform-file',
        { formId: row.form_id, submissionId: row.submission_id, url: document.url },
        { jobKey: `jotform-file:${document.id}`, jobKeyMode: 'preserve_run_at' },
      )
    }
  }
  const latest = (versions.at(-1) as MappedVersion).mapped
  const notes = versions.flatMap(({ mapped }) => mapped.notes)
  const common = { application_id: applicationId, notes: unique(notes), extra: latest.extra }
  if (row.vanished_at !== null) {
    return {
      state: 'vanished',
      state_reason:
        'Jotform no longer has this submission. Ask the applicant whether it is withdrawn; the application is kept until then.',
      ...common,
    }
  }
  const failed = (await listFiles(tx, row)).filter((file) => file.status === 'failed').at(copiesByHand)
  if (failed !== undefined) return { state: 'needsAttention', state_reason: failed.error, ...common }
  const doubt = notes.find((note) => note.code !== 'unreadable')
  if (doubt !== undefined) return { state: 'needsAttention', state_reason: doubt.message, ...common }
  const isPending = documents.some((document) => document.status === 'pending')
  return { state: isPending ? 'filesPending' : 'imported', ...common }
}

function receiptOf(deps: Deps, row: SubmissionRow): Exclude<ReceiptFacts, { kind: 'request' }> {
  const { submission_id: submissionId, jotform_created_at: created, webhook_at: webhookAt, poll_at: pollAt } = row
  const createdAt = created ?? undefined
  const isVerified = row.verification === 'verified'
  const isImportOnly = webhookAt === null && pollAt === null
  if (row.imported_at !== null && !isVerified && (isImportOnly || isApiConfigured(deps))) {
    return { kind: 'import', evidence: { submissionId, createdAt, importedAt: row.imported_at } }
  }
  return {
    kind: 'jotform',
    evidence: {
      submissionId,
      createdAt,
      webhookAt: webhookAt ?? undefined,
      pollAt: pollAt ?? undefined,
      verified: isVerified,
      apiConfigured: isVerified || isApiConfigured(deps),
    },
  }
}

function unique(notes: MappingNote[]): MappingNote[] {
  return [...new Map(notes.map((note) => [`${note.code} ${note.pointer} ${note.message}`, note])).values()]
}
