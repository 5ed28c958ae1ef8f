import { Readable } from 'node:stream'
import type { Deps } from '../deps.ts'
import { eraseFiles, keepFile } from '../documents/erasing.ts'
import { enqueueScan } from '../documents/scans.ts'
import { nextAttemptDelaySeconds } from '../domain/retry.ts'
import { enqueue } from '../jobs/queue.ts'
import { downloadUpload, FileFailure } from './files.ts'
import type { Mapping } from './mapping-format.ts'
import { projectSubmission } from './projection.ts'
import { type FileRow, findFile, settleDocument, updateFile } from './queries-files.ts'
import { findForm } from './queries-forms.ts'
import { findLockedSubmission } from './queries-submissions.ts'

export interface FileKey {
  formId: string
  submissionId: string
  url: string
}

/** Copies one upload into our own storage. Jotform may delete the oldest submissions when its storage is full, so nothing waits. */
export async function copyFile(deps: Deps, key: FileKey): Promise<void> {
  const { formId, submissionId, url } = key
  const file = await findFile(deps.db, { form_id: formId, submission_id: submissionId }, url)
  const form = await findForm(deps.db, formId)
  if (file === undefined || file.document_id === null || file.status !== 'pending' || form === undefined) return
  const { apiKey, apiUrl, filesUrl } = deps.config.jotform
  try {
    const { bytes, mediaType } = await downloadUpload(url, key, acceptedTypes(form.mapping), {
      apiKey,
      apiUrl,
      filesUrl,
    })
    const stored = await deps.storage.put(Readable.from([bytes]))
    await settle(deps, key, file, { ...stored, mediaType })
  } catch (error) {
    if (!(error instanceof FileFailure)) throw error
    const attempts = file.attempts + 1
    const delay = error.permanent ? undefined : nextAttemptDelaySeconds(attempts)
    if (delay === undefined) await settle(deps, key, file, { failure: error.message })
    else await postpone(deps, key, file, { attempts, delay, error: error.message })
  }
}

function acceptedTypes(mapping: Mapping): string[] | undefined {
  return mapping.fields.find((field) => field.as === 'files')?.accept
}

type Result = { sha256: string; sizeBytes: number; mediaType: string } | { failure: string }

/** The document, the file and the assessment change together. */
async function settle(
  deps: Deps,
  { formId, submissionId, url }: FileKey,
  file: FileRow,
  result: Result,
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const row = await findLockedSubmission(tx, formId, submissionId)
    const current = row && (await findFile(tx, row, url))
    const isFailure = 'failure' in result
    // Meanwhile set aside as a test, copied by another run, or erased: a copy that nobody names goes.
    if (row === undefined || current?.document_id !== file.document_id || current?.status !== 'pending')
      return isFailure ? undefined : eraseFiles(tx, [result.sha256], deps.clock.now())
    if (!isFailure) await keepFile(tx, deps, result.sha256)
    await settleDocument(tx, file.document_id as string, result)
    if (!isFailure) await enqueueScan(tx, file.document_id as string)
    await updateFile(tx, row, url, {
      status: isFailure ? 'failed' : 'stored',
      attempts: file.attempts + 1,
      error: isFailure ? result.failure : null,
      updated_at: deps.clock.now(),
    })
    await projectSubmission(tx, deps, { formId, submissionId })
  })
}

async function postpone(
  deps: Deps,
  key: FileKey,
  file: FileRow,
  { attempts, delay, error }: { attempts: number; delay: number; error: string },
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    if ((await findLockedSubmission(tx, key.formId, key.submissionId)) === undefined) return
    await updateFile(tx, file, key.url, { status: 'pending', attempts, error, updated_at: deps.clock.now() })
    await enqueue(tx, 'jotform-file', { ...key }, { jobKey: `jotform-file:${file.document_id}`, delaySeconds: delay })
  })
}
