import { easternToUtc, submissionIdToUtc } from '../domain/receipt.ts'
import type { SubmissionDetailRow } from './queries-submissions.ts'
import { toUtc } from './schemas-submissions.ts'
import { storedAt } from './versions.ts'

/** Every instant known about a submission, each with what it is. */
export function listInstants(row: SubmissionDetailRow): { what: string; at: string }[] {
  const known: [string, string | null | undefined][] = [
    ['Stored by Jotform (created_at)', storedAt(row)],
    ['Stored by Jotform (number of the submission)', submissionIdToUtc(row.submission_id)],
    [
      'Edited in Jotform (updated_at)',
      row.jotform_updated_at === null ? null : easternToUtc(row.jotform_updated_at).at(0),
    ],
    ['First webhook here', row.webhook_at],
    ['First seen by poll', row.poll_at],
    ['Imported from a file', row.imported_at],
    ['Confirmed by Jotform', row.verified_at],
    ['No longer in Jotform', row.vanished_at],
    ['Received (what counts)', toUtc(row.application?.receivedAt ?? null)],
    ['Deadline', toUtc(row.application?.closesAt ?? null)],
    ...row.refusals.map((at): [string, string] => ['Denied by Jotform', at]),
  ]
  return known.flatMap(([what, at]) => (at == null ? [] : [{ what, at }]))
}
