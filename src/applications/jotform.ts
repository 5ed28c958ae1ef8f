import { isDeepStrictEqual } from 'node:util'
import type { Tx } from '../db/database.ts'
import type { ReceiptFacts } from '../db/schema.ts'
import { type ApplicationBody, isAtRisk } from '../domain/application.ts'
import { appendHistory } from '../history/queries.ts'
import { sharePreSession } from '../pre-sessions/queries.ts'
import { assessAndKeep } from './assessing.ts'
import { consentsAfterEdit, setConsents } from './consents.ts'
import { loadTerms, type Terms } from './judge.ts'
import {
  type ApplicationRow,
  deleteJotformApplication,
  findJotformPlace,
  insertJotformApplication,
  lockJotformApplication,
  putVersion,
  updateApplication,
} from './queries.ts'
import { derivedColumns } from './search.ts'

export interface IncomingVersion {
  n: number
  receivedAt: string
  /** Mapped answers, without the ids of documents. */
  body: ApplicationBody
  /** Choices whose value the mapping does not know. */
  undecided: { pointer: string; value: string }[]
  files: { pointer: string; url: string; name: string }[]
  contentSha256: string
}

export interface IncomingApplication {
  formId: string
  submissionId: string
  preSession: number
  receipt: Exclude<ReceiptFacts, { kind: 'request' }>
  /** All versions of the content, in order, each mapped with the present mapping. */
  versions: IncomingVersion[]
  now: string
}

export interface IncomingResult {
  applicationId: string
  documents: { id: string; url: string; status: 'stored' | 'pending' | 'failed' }[]
  /** UPR submissions that staff gave beside the content: each stands for a file whose copy failed. */
  copiesByHand: number
}

/** Makes or updates the application of a Jotform submission from everything known about it. Repeating it changes nothing. */
export async function upsertJotformApplication(tx: Tx, incoming: IncomingApplication): Promise<IncomingResult> {
  const { formId, submissionId, preSession, now } = incoming
  const first = incoming.versions[0]
  if (first === undefined) throw new Error(`Jotform submission ${submissionId} has no content.`)
  const terms = await lockTerms(tx, incoming)
  const inserted = await insertJotformApplication(tx, {
    pre_session: preSession,
    country: first.body.country ?? null,
    status: 'submitted',
    outcome: null,
    source: incoming.receipt.kind,
    form_id: formId,
    submission_id: submissionId,
    body: JSON.stringify(first.body),
    latest_version: first.n,
    submitted_version: first.n,
    assessed_version: null,
    received_at: null,
    received_basis: null,
    closes_at: null,
    receipt: JSON.stringify(incoming.receipt),
    assessment: null,
    withdrawal_reason: null,
    outcome_override: null,
    decision_reason: null,
    decided_at: null,
    ...derivedColumns(first.body),
    created_at: now,
    updated_at: now,
  })
  const row = await lockJotformApplication(tx, formId, submissionId)
  if (row === undefined) throw new Error(`The application of Jotform submission ${submissionId} vanished.`)
  const { documents, copiesByHand } = await putDocuments(tx, row.id, incoming)
  await keepConsents(tx, row, incoming, inserted === undefined ? row.latest_version : 0)
  for (const version of incoming.versions) {
    await putVersion(tx, row.id, { ...version, body: withDocumentIds(version, documents), recordedAt: now })
  }
  const latest = incoming.versions.at(-1)?.n ?? first.n
  const atRisk = isAtRisk(incoming.versions.at(-1)?.body ?? first.body)
  if (atRisk !== row.at_risk) await updateApplication(tx, row.id, { at_risk: atRisk })
  if (!isDeepStrictEqual(row.receipt, JSON.parse(JSON.stringify(incoming.receipt))))
    await updateApplication(tx, row.id, { receipt: JSON.stringify(incoming.receipt) })
  if (row.pre_session !== preSession) await moveToRound(tx, row, incoming)
  if (inserted !== undefined) {
    await appendHistory(tx, {
      preSession,
      applicationId: row.id,
      action: 'application.submitted',
      at: now,
      actor: 'jotform',
      details: { formId, submissionId },
    })
  } else if (latest > row.latest_version) {
    await appendHistory(tx, {
      preSession,
      applicationId: row.id,
      action: 'application.edited',
      at: now,
      actor: 'jotform',
      details: { version: latest },
    })
  }
  await assessAndKeep(
    tx,
    { ...row, pre_session: preSession, receipt: incoming.receipt },
    { terms, now, actor: 'jotform', cause: 'jotform' },
  )
  return { applicationId: row.id, documents, copiesByHand }
}

/** Everything that its versions name is locked before the application: rounds by their number, then countries. */
async function lockTerms(tx: Tx, { formId, submissionId, preSession, versions }: IncomingApplication): Promise<Terms> {
  const before = await findJotformPlace(tx, formId, submissionId)
  const rounds = new Set([preSession, before?.pre_session ?? preSession])
  for (const number of [...rounds].sort((a, b) => a - b)) await sharePreSession(tx, number)
  const countries = [...versions.map(({ body }) => body.country), ...(before?.countries ?? [])]
  return loadTerms(tx, preSession, countries, { lock: true })
}

/** The mapping of the form names another round than before. */
async function moveToRound(tx: Tx, row: ApplicationRow, { preSession, now }: IncomingApplication): Promise<void> {
  await updateApplication(tx, row.id, { pre_session: preSession, updated_at: now })
  await appendHistory(tx, {
    preSession,
    applicationId: row.id,
    action: 'application.preSessionChanged',
    at: now,
    actor: 'jotform',
    details: { from: row.pre_session, to: preSession },
  })
}

/** Consents follow each version that is new, in order: a withdrawal in Jotform counts at once, whatever the deadline says of the content. */
async function keepConsents(
  tx: Tx,
  row: ApplicationRow,
  { versions }: IncomingApplication,
  known: number,
): Promise<void> {
  let present = row.consents
  for (const [index, version] of versions.entries()) {
    if (version.n <= known) continue
    const wanted = consentsAfterEdit(present, versions[index - 1]?.body, version.body)
    await setConsents(tx, { id: row.id, consents: present }, wanted, { at: version.receivedAt, recordedBy: 'jotform' })
    present = wanted
  }
}

async function putDocuments(
  tx: Tx,
  applicationId: string,
  { versions, now }: IncomingApplication,
): Promise<Pick<IncomingResult, 'documents' | 'copiesByHand'>> {
  const files = new Map(versions.flatMap((version) => version.files).map((file) => [file.url, file]))
  if (files.size > 0) {
    await tx
      .insertInto('document')
      .values(
        [...files.values()].map((file) => ({
          application_id: applicationId,
          kind: file.pointer.startsWith('/uprSubmission') ? ('uprSubmission' as const) : ('other' as const),
          file_name: file.name,
          media_type: null,
          size_bytes: null,
          sha256: null,
          status: 'pending' as const,
          failure: null,
          source_url: file.url,
          created_at: now,
        })),
      )
      .onConflict((conflict) => conflict.constraint('document_source_once').doNothing())
      .execute()
  }
  const rows = await tx
    .selectFrom('document')
    .select(['id', 'kind', 'source_url', 'status', 'added_by_hand'])
    .where('application_id', '=', applicationId)
    .execute()
  return {
    documents: rows.flatMap(({ id, source_url: url, status }) => (url === null ? [] : [{ id, url, status }])),
    copiesByHand: rows.filter((row) => row.added_by_hand === 'staff' && row.kind === 'uprSubmission').length,
  }
}

function withDocumentIds({ body, files }: IncomingVersion, documents: IncomingResult['documents']): ApplicationBody {
  const urls = new Set(files.filter((file) => file.pointer.startsWith('/uprSubmission')).map((file) => file.url))
  const documentIds = documents.filter((document) => urls.has(document.url)).map((document) => document.id)
  return documentIds.length === 0 ? body : { ...body, uprSubmission: { ...body.uprSubmission, documentIds } }
}

/** A test submission leaves nothing behind but its record in the intake. */
export async function removeJotformApplication(tx: Tx, formId: string, submissionId: string): Promise<void> {
  await deleteJotformApplication(tx, formId, submissionId)
}
