import { openApplication } from '../applications/opening.ts'
import type { Deps } from '../deps.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { findDocument } from './queries.ts'
import { type DocumentRow, updateDocument } from './queries-shown.ts'

export interface DocumentReview {
  decision: 'accept' | 'requestChanges' | 'reject'
  reasons?: string[] | undefined
}

const outcomes = { accept: 'accepted', requestChanges: 'changesRequested', reject: 'rejected' } as const
const whyNot: Record<string, string> = {
  notPdf: 'Only a PDF can be shown to others: ask for one.',
  encrypted: 'The PDF is protected by a password: ask for one that is not.',
  unreadable: 'The PDF could not be read whole: ask for another one.',
  infected: 'The scan found malware in it.',
}

/** R21, R25: as a video is reviewed. What is accepted is shown to whom the speaker consents, from the release on. */
export async function reviewDocument(
  { db }: Deps,
  { applicationId, id }: { applicationId: string; id: string },
  { decision, reasons = [] }: DocumentReview,
  act: Act,
): Promise<DocumentRow> {
  const { caller, now } = act
  return db.transaction().execute(async (tx) => {
    const { row } = await openApplication(tx, applicationId, act)
    const document = await findDocument(tx, applicationId, id)
    if (document === undefined) throw new AppError('document_not_found')
    if (document.review_status === null) throw new AppError('nothing_to_review')
    if (decision !== 'accept' && reasons.length === 0)
      throw invalidInput('/reasons', 'required', 'The speaker needs to know why.')
    if (decision === 'accept' && document.copy_sha256 === null)
      throw new AppError('no_copy', { detail: whyNot[document.copy_failure ?? ''] ?? 'The copy is still being made.' })
    const status = outcomes[decision]
    const change = { review_status: status, review_reasons: reasons, reviewed_by: caller.id, reviewed_at: now }
    const updated = await updateDocument(tx, id, change)
    await appendHistory(tx, {
      preSession: row.pre_session,
      applicationId,
      action: 'application.documentReviewed',
      at: now,
      actor: caller.id,
      reason: reasons.join('\n') || undefined,
      details: { documentId: id, kind: document.kind, decision, from: document.review_status, to: status },
    })
    return updated as DocumentRow
  })
}
