import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { AppError, invalidInput } from '../errors.ts'
import { admit, keepVersion, requestVerification } from './admission.ts'
import { JotformError } from './client.ts'
import { hashContent, sha256 } from './content.ts'
import { clientOf, isApiConfigured } from './context.ts'
import type { Question } from './drift.ts'
import { isErased } from './erased.ts'
import { type ExportedSubmission, type ExportFile, parseCsvExport, parseJsonExport } from './export-file.ts'
import { projectSubmission } from './projection.ts'
import { insertDelivery } from './queries-deliveries.ts'
import { type FormRow, findForm } from './queries-forms.ts'
import { listVersions, updateSubmission } from './queries-submissions.ts'
import type { ImportReport } from './schemas-status.ts'

type Report = Static<typeof ImportReport>
type Result = 'created' | 'changed' | 'unchanged'

/** Takes in a file that an operator exported from Jotform: the last resort when neither webhook nor API works. */
export async function importExport(
  deps: Deps,
  text: string,
  { formId, dryRun, now }: { formId: string | undefined; dryRun: boolean; now: string },
): Promise<Report> {
  const isJson = /^\ufeff?\s*[[{]/.test(text)
  const json = isJson ? parseJsonExport(text) : undefined
  const wanted = formId ?? json?.submissions.find((row) => row.formId !== undefined)?.formId
  if (wanted === undefined)
    throw invalidInput('/query/formId', 'required', 'A CSV does not say which form it is of: give formId.')
  const form = await findForm(deps.db, wanted)
  if (form === undefined) throw new AppError('form_not_found')
  const file = json ?? parseCsvExport(text, form.mapping, await questionsOf(deps, form))
  if (file.submissions.length === 0) refuseEmpty(file)

  const report: Report = {
    dryRun,
    formId: wanted,
    format: isJson ? 'json' : 'csv',
    rows: file.submissions.length,
    created: 0,
    changed: 0,
    unchanged: 0,
    faults: file.faults,
    unknownColumns: file.unknownColumns,
  }
  for (const [row, submission] of file.submissions.entries()) {
    if (submission.formId !== undefined && submission.formId !== wanted) {
      report.faults.push({
        row,
        message: `Submission ${submission.submissionId} belongs to form ${submission.formId}.`,
      })
      continue
    }
    if (await isErased(deps.db, deps, { formId: wanted, submissionId: submission.submissionId })) {
      report.faults.push({ row, message: `Submission ${submission.submissionId} was erased and stays out.` })
      continue
    }
    const result = dryRun ? await compare(deps, wanted, submission) : await importOne(deps, wanted, submission, now)
    report[result] += 1
  }
  if (!dryRun && isApiConfigured(deps)) await deps.db.transaction().execute((tx) => requestVerification(tx, wanted))
  return report
}

function refuseEmpty(file: ExportFile): never {
  const [first] = file.faults
  throw invalidInput('', 'unreadable', first === undefined ? 'There is no submission in the file.' : first.message)
}

async function questionsOf(deps: Deps, form: FormRow): Promise<Question[]> {
  if (form.questions !== null) return form.questions
  try {
    return (await clientOf(deps)?.getQuestions(form.form_id)) ?? []
  } catch (error) {
    if (error instanceof JotformError) return []
    throw error
  }
}

async function compare(deps: Deps, formId: string, submission: ExportedSubmission): Promise<Result> {
  const versions = await listVersions(deps.db, formId, submission.submissionId)
  if (versions.length === 0) return 'created'
  const hash = hashContent(submission.answers)
  return versions.some((version) => version.content_sha256 === hash) ? 'unchanged' : 'changed'
}

async function importOne(deps: Deps, formId: string, submission: ExportedSubmission, now: string): Promise<Result> {
  const rawBody = Buffer.from(JSON.stringify(submission.raw))
  const key = { formId, submissionId: submission.submissionId }
  return deps.db.transaction().execute(async (tx) => {
    const result = await compare({ ...deps, db: tx }, formId, submission)
    const row = await admit(tx, deps, { ...key, at: now, source: 'import' })
    if (row === undefined) return 'unchanged'
    await keepVersion(tx, row, {
      source: 'import',
      answers: submission.answers,
      observedAt: now,
      ...(submission.updatedAt === undefined ? {} : { updatedAt: submission.updatedAt }),
    })
    await insertDelivery(deps, tx, {
      receivedAt: now,
      source: 'import',
      format: 'import',
      contentType: 'application/json',
      rawBody,
      rawSha256: sha256(rawBody),
      interpretedAt: now,
      ...key,
    })
    await updateSubmission(tx, row, {
      jotform_created_at: row.jotform_created_at ?? submission.createdAt ?? null,
      imported_at: row.imported_at ?? now,
    })
    await projectSubmission(tx, deps, key)
    return result
  })
}
