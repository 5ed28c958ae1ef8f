import { isWithinOwnLimits, visibilityFor } from '../applications/reading.ts'
import type { Db } from '../db/database.ts'
import type { Consent } from '../domain/application.ts'
import { type DocumentView, documentViewOf } from '../domain/document-access.ts'
import { awaitsScan } from '../domain/scan.ts'
import type { RecordFacts } from '../domain/visibility.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import { type DocumentRow, listPlacedDocuments, type PlacedDocument } from './queries-shown.ts'

export interface Seen {
  view: Exclude<DocumentView, 'none'>
  document: DocumentRow
  /** Who is reviewed was selected: the review is told when the selection is (R20). */
  showsReview: boolean
}

function viewOf(caller: Caller, row: PlacedDocument, document: DocumentRow, now: string): DocumentView {
  if (!isWithinOwnLimits(caller, row)) return 'none'
  const record: RecordFacts = {
    country: row.country,
    status: row.application_status,
    decision: row.decision,
    emails: row.emails,
    consents: row.consents as Consent[],
    atRisk: row.at_risk,
    releaseAt: row.release_at,
  }
  const shown = {
    kind: document.kind,
    isAccepted: document.review_status === 'accepted',
    hasCleanCopy: document.copy_sha256 !== null && document.scan?.status !== 'infected' && !awaitsScan(document.scan),
  }
  return documentViewOf(caller, record, shown, now)
}

/** The documents that a caller may see; none where the application is seen without them, and no application where it is not. */
export async function readDocuments(db: Db, applicationId: string, caller: Caller, now: string): Promise<Seen[]> {
  const { seen, view } = await look(db, applicationId, caller, now)
  if (seen.length === 0 && view === 'none') throw new AppError('application_not_found')
  return seen
}

/** One of them. Others are told the same of one that they may not see as of an application that never was. */
export async function readDocument(
  db: Db,
  { applicationId, id }: { applicationId: string; id: string },
  caller: Caller,
  now: string,
): Promise<Seen> {
  const { seen, view } = await look(db, applicationId, caller, now)
  const found = seen.find(({ document }) => document.id === id)
  if (found !== undefined) return found
  throw new AppError(view === 'staff' || view === 'applicant' ? 'document_not_found' : 'application_not_found')
}

const nobody = { view: 'none', showsDecision: false } as const

async function look(db: Db, applicationId: string, caller: Caller, now: string) {
  const rows = await listPlacedDocuments(db, applicationId)
  const [row] = rows
  const { view, showsDecision: showsReview } =
    row === undefined ? nobody : visibilityFor(caller, { ...row, status: row.application_status }, now)
  const seen = rows.flatMap((one): Seen[] => {
    const view = one.document === null ? 'none' : viewOf(caller, one, one.document, now)
    return view === 'none' ? [] : [{ view, document: one.document as DocumentRow, showsReview }]
  })
  return { seen, view }
}
