import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { type ApplicationBody, isAtRisk } from '../domain/application.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import { type Act, type Caller, isStaff } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { enqueue } from '../jobs/queue.ts'
import { assessAndKeep } from './assessing.ts'
import { consentsAfterEdit, setConsents } from './consents.ts'
import { mergePatch, normaliseContent, requireWhole } from './content.ts'
import type { Terms } from './judge.ts'
import { detail, openApplication, refuseClosed } from './opening.ts'
import { type ApplicationDetailRow, type ApplicationRow, findBody, putVersion, updateApplication } from './queries.ts'
import { listDocumentsOf } from './queries-assessing.ts'
import { derivedColumns } from './search.ts'
import { viewFor } from './views-by-caller.ts'

/** Changes the content: of a draft freely; of a submitted one before the deadline with a new assessment, after it beside the version that counts. */
export async function patchApplication(
  { db, keys }: Deps,
  id: string,
  patch: Record<string, unknown>,
  act: Act,
): Promise<ApplicationDetailRow> {
  return db.transaction().execute(async (tx) => {
    const { row, terms } = await openApplication(tx, id, act, countryOf(patch))
    requireMatch(act.ifMatch, viewFor(keys.pseudonym, act.caller, await detail(tx, id), act.now).view)
    if (row.source !== 'api') throw new AppError('managed_in_jotform')
    const latest = await findBody(tx, row.id, row.latest_version)
    const body = normaliseContent(requireWhole(mergePatch(latest, patch)))
    if (row.status !== 'draft' && latest.country !== undefined && body.country !== latest.country) {
      throw invalidInput(
        '/country',
        'fixed_after_submission',
        'A submitted application keeps its country (R10): withdraw it and make another one.',
      )
    }
    requireOwnAddress(act.caller, body)
    await requireOwnDocuments(tx, id, body)
    await addContent(tx, row, terms, body, act, 'edit')
    return detail(tx, id)
  })
}

/** An applicant works on applications that name its address, or it would lose sight of them. */
export function requireOwnAddress({ role, email }: Caller, body: ApplicationBody): void {
  if (role !== 'applicant' || (email !== undefined && derivedColumns(body).emails.includes(email))) return
  throw invalidInput(
    '/speaker/email',
    'not_your_address',
    'The organisation or the speaker must have the address that you signed in with.',
  )
}

const countryOf = ({ country }: Record<string, unknown>): string | undefined =>
  typeof country === 'string' ? country.toUpperCase() : undefined

async function requireOwnDocuments(tx: Tx, id: string, body: ApplicationBody): Promise<void> {
  const ids = body.uprSubmission?.documentIds ?? []
  if (ids.length === 0) return
  const own = new Set((await listDocumentsOf(tx, [id])).map((document) => document.id))
  const unknown = ids.findIndex((documentId) => !own.has(documentId))
  if (unknown !== -1)
    throw invalidInput(
      `/uprSubmission/documentIds/${unknown}`,
      'unknown_document',
      'This is not a document of this application.',
    )
}

async function addContent(
  tx: Tx,
  row: ApplicationRow,
  terms: Terms,
  body: ApplicationBody,
  { caller, now }: Act,
  cause: 'edit' | 'document',
): Promise<void> {
  refuseClosed(caller, row)
  const n = row.latest_version + 1
  const consents = consentsAfterEdit(row.consents, await findBody(tx, row.id, row.latest_version), body)
  await setConsents(tx, row, consents, { at: now, recordedBy: caller.id })
  await putVersion(tx, row.id, { n, body, receivedAt: now, recordedAt: now })
  await updateApplication(tx, row.id, { at_risk: isAtRisk(body) })
  await appendHistory(tx, {
    preSession: row.pre_session,
    applicationId: row.id,
    action: 'application.edited',
    at: now,
    actor: caller.id,
    details: { version: n, cause },
  })
  if (row.status === 'draft') {
    await updateApplication(tx, row.id, {
      body: JSON.stringify(body),
      country: body.country ?? null,
      latest_version: n,
      ...derivedColumns(body),
      updated_at: now,
    })
  } else {
    await assessAndKeep(tx, row, { terms, now, actor: caller.id, cause })
  }
}

export type ByHand = 'staff' | 'other' | null

/**
 * Adds an uploaded file; the row is made once the locks are held, in their one order. A UPR submission becomes part of the content, as an edit would (R9),
 * but where the content is Jotform's: its versions are made anew from there, so the file stays beside them and is counted by the rules.
 */
export async function addDocument<T extends { id: string }>(
  { db }: Deps,
  id: string,
  kind: string,
  insert: (tx: Tx, byHand: ByHand) => Promise<T>,
  act: Act,
): Promise<T> {
  const { caller, now } = act
  return db.transaction().execute(async (tx) => {
    const { row, terms } = await openApplication(tx, id, act)
    refuseClosed(caller, row)
    const isFromJotform = row.source !== 'api'
    const document = await insert(tx, isFromJotform ? (isStaff(caller) ? 'staff' : 'other') : null)
    if (kind === 'uprSubmission' && !isFromJotform) {
      const latest = await findBody(tx, row.id, row.latest_version)
      const documentIds = [...(latest.uprSubmission?.documentIds ?? []), document.id]
      const body = { ...latest, uprSubmission: { ...latest.uprSubmission, documentIds } }
      await addContent(tx, row, terms, body, act, 'document')
      return document
    }
    await appendHistory(tx, {
      preSession: row.pre_session,
      applicationId: id,
      action: isFromJotform ? 'application.documentAddedByHand' : 'application.documentAdded',
      at: now,
      actor: caller.id,
      details: { documentId: document.id, kind },
    })
    if (kind === 'uprSubmission') {
      await assessAndKeep(tx, row, { terms, now, actor: caller.id, cause: 'document' })
      await enqueue(tx, 'jotform-settle', { formId: row.form_id, submissionId: row.submission_id })
    }
    return document
  })
}
