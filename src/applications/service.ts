import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { type ApplicationBody, isAtRisk } from '../domain/application.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import { type Caller, staffRoles } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { enqueue } from '../jobs/queue.ts'
import { assessAndKeep } from './assessing.ts'
import { consentsAfterEdit, setConsents } from './consents.ts'
import { mergePatch, normaliseContent, requireWhole } from './content.ts'
import { judge, loadTerms, type Terms } from './judge.ts'
import {
  type ApplicationDetailRow,
  type ApplicationRow,
  findApplication,
  findPlace,
  findVisiblePlace,
  insertApplication,
  listAllVersions,
  lockApplication,
  putVersion,
  updateApplication,
} from './queries.ts'
import { isWithinOwnLimits, readApplication, statusToldTo, visibilityFor } from './reading.ts'
import type { ApplicationInputBody } from './schemas-content.ts'
import { derivedColumns } from './search.ts'
import { viewFor } from './views-by-caller.ts'

/** Who acts, and when: the instant at which the request had been read. */
export interface Act {
  caller: Caller
  now: string
  ifMatch?: string | undefined
}

/** Before the call and after the end of a round nothing is taken; late is taken and judged late (R4). */
const closedStatuses = new Set(['draft', 'cancelled', 'closed', 'archived'])

function requireOpenRound(terms: Terms): void {
  if (closedStatuses.has(terms.roundStatus))
    throw new AppError('call_not_open', {
      detail: `Pre-sessions ${terms.preSession} has the status ${terms.roundStatus}.`,
    })
}

/** Begins an application as a draft. */
export async function createApplication(
  { db }: Deps,
  input: ApplicationInputBody,
  { caller, now }: Act,
): Promise<ApplicationDetailRow> {
  const body = normaliseContent(input)
  if (body.uprSubmission?.documentIds?.length)
    throw invalidInput(
      '/uprSubmission/documentIds',
      'unknown_document',
      'A new application has no documents yet; upload them to it.',
    )
  requireOwnAddress(caller, body)
  if (!isWithinOwnLimits(caller, { pre_session: body.preSession, country: body.country ?? null }))
    throw new AppError('forbidden', { detail: 'This credential is for other rounds or countries.' })
  return db.transaction().execute(async (tx) => {
    const terms = await loadTerms(tx, body.preSession, [body.country], { lock: true }).catch(refuseUnknownRound)
    const isStaff = (staffRoles as readonly string[]).includes(caller.role)
    // A round in preparation is known to staff alone.
    if (!terms.isPublic && !isStaff) throw unknownRound()
    requireOpenRound(terms)
    const { id } = await insertApplication(tx, {
      pre_session: body.preSession,
      country: body.country ?? null,
      outcome: null,
      source: 'api',
      form_id: null,
      submission_id: null,
      body: JSON.stringify(body),
      latest_version: 1,
      submitted_version: null,
      assessed_version: null,
      received_at: null,
      received_basis: null,
      closes_at: null,
      receipt: null,
      assessment: null,
      withdrawal_reason: null,
      outcome_override: null,
      decision_reason: null,
      decided_at: null,
      at_risk: isAtRisk(body),
      ...derivedColumns(body),
      created_at: now,
      updated_at: now,
    })
    await putVersion(tx, id, { n: 1, body, receivedAt: now, recordedAt: now })
    await setConsents(tx, { id, consents: [] }, body.consents ?? [], { at: now, recordedBy: caller.id })
    await appendHistory(tx, {
      preSession: body.preSession,
      applicationId: id,
      action: 'application.created',
      at: now,
      actor: caller.id,
    })
    return detail(tx, id)
  })
}

/** An applicant works on applications that name its address, or it would lose sight of them. */
function requireOwnAddress({ role, email }: Caller, body: ApplicationBody): void {
  if (role !== 'applicant' || (email !== undefined && derivedColumns(body).emails.includes(email))) return
  throw invalidInput(
    '/speaker/email',
    'not_your_address',
    'The organisation or the speaker must have the address that you signed in with.',
  )
}

function refuseUnknownRound(error: unknown): never {
  throw error instanceof AppError && error.code === 'pre_session_not_found' ? unknownRound() : error
}

const unknownRound = () => invalidInput('/preSession', 'unknown_pre_session', 'There is no such round.')

export async function detail(tx: Tx, id: string): Promise<ApplicationDetailRow> {
  const row = await findApplication(tx, id)
  if (row === undefined) throw new AppError('application_not_found')
  return row
}

/** Locks the round and every country that a version names (shared), then the application: the one order in which locks are taken. */
export async function openApplication(
  tx: Tx,
  id: string,
  { caller, now }: Act,
  /** The country that a change brings in. */
  next?: string,
): Promise<{ row: ApplicationRow; terms: Terms }> {
  const place = await findVisiblePlace(tx, id, caller, now)
  if (place === undefined) throw new AppError('application_not_found')
  const terms = await loadTerms(tx, place.pre_session, [...place.countries, next], { lock: true })
  const row = await lockApplication(tx, id)
  const found = row && (await findPlace(tx, id))
  if (row === undefined || found === undefined) throw new AppError('application_not_found')
  // Somebody named another country or round meanwhile, whose lock may not be taken after the application's.
  if (found.pre_session !== place.pre_session || found.countries.some((iso3) => !terms.countries.has(iso3)))
    throw new AppError('unavailable', { headers: { 'retry-after': '1' } })
  const { view } = visibilityFor(caller, { ...row, release_at: null }, now)
  // Others read at most; to them the application is not there.
  if (view !== 'staff' && view !== 'applicant') throw new AppError('application_not_found')
  return { row, terms }
}

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
    const latest = await latestBody(tx, row)
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

/** What is over takes no changes. Its applicant is refused by what it is told, or a refusal would tell more. */
function refuseClosed({ role }: Caller, row: ApplicationRow): void {
  if (['withdrawn', 'prevented'].includes(statusToldTo(role, row))) throw new AppError('application_closed')
}

const countryOf = ({ country }: Record<string, unknown>): string | undefined =>
  typeof country === 'string' ? country.toUpperCase() : undefined

async function requireOwnDocuments(tx: Tx, id: string, body: ApplicationBody): Promise<void> {
  const ids = body.uprSubmission?.documentIds ?? []
  if (ids.length === 0) return
  const rows = await tx.selectFrom('document').select('id').where('application_id', '=', id).execute()
  const own = new Set(rows.map((row) => row.id))
  const unknown = ids.findIndex((documentId) => !own.has(documentId))
  if (unknown !== -1)
    throw invalidInput(
      `/uprSubmission/documentIds/${unknown}`,
      'unknown_document',
      'This is not a document of this application.',
    )
}

async function latestBody(tx: Tx, row: ApplicationRow): Promise<ApplicationBody> {
  const version = await tx
    .selectFrom('application_version')
    .select('body')
    .where('application_id', '=', row.id)
    .where('n', '=', row.latest_version)
    .executeTakeFirstOrThrow()
  return version.body
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
  const consents = consentsAfterEdit(row.consents, await latestBody(tx, row), body)
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
    const isStaff = (staffRoles as readonly string[]).includes(caller.role)
    const document = await insert(tx, isFromJotform ? (isStaff ? 'staff' : 'other') : null)
    if (kind === 'uprSubmission' && !isFromJotform) {
      const latest = await latestBody(tx, row)
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

/** Hands a draft in. Late or incomplete is no error: it is kept and answered with its outcome (R4, R7, R8). */
export async function submitApplication({ db, keys }: Deps, id: string, act: Act): Promise<ApplicationDetailRow> {
  return db.transaction().execute(async (tx) => {
    const { row, terms } = await openApplication(tx, id, act)
    if (act.ifMatch !== undefined)
      requireMatch(act.ifMatch, viewFor(keys.pseudonym, act.caller, await detail(tx, id), act.now).view)
    const { caller, now } = act
    if (statusToldTo(caller.role, row) === 'submitted') throw new AppError('already_submitted')
    if (row.status !== 'draft') throw new AppError('application_closed')
    requireOpenRound(terms)
    const receipt = { kind: 'request' as const, receivedAt: now }
    await updateApplication(tx, id, {
      status: 'submitted',
      submitted_version: row.latest_version,
      receipt: JSON.stringify(receipt),
      updated_at: now,
    })
    await appendHistory(tx, {
      preSession: row.pre_session,
      applicationId: id,
      action: 'application.submitted',
      at: now,
      actor: caller.id,
      details: { version: row.latest_version },
    })
    await assessAndKeep(
      tx,
      { ...row, status: 'submitted', submitted_version: row.latest_version, receipt },
      { terms, now, actor: caller.id, cause: 'submission' },
    )
    return detail(tx, id)
  })
}

export async function withdrawApplication(
  { db, keys }: Deps,
  id: string,
  reason: string | undefined,
  act: Act,
): Promise<ApplicationDetailRow> {
  return db.transaction().execute(async (tx) => {
    const { row } = await openApplication(tx, id, act)
    if (act.ifMatch !== undefined)
      requireMatch(act.ifMatch, viewFor(keys.pseudonym, act.caller, await detail(tx, id), act.now).view)
    const { caller, now } = act
    refuseClosed(caller, row)
    const withdrawn =
      row.status === 'prevented' ? { told_status: 'withdrawn' as const } : { status: 'withdrawn' as const }
    await updateApplication(tx, id, { ...withdrawn, withdrawal_reason: reason ?? null, updated_at: now })
    await appendHistory(tx, {
      preSession: row.pre_session,
      applicationId: id,
      action: 'application.withdrawn',
      at: now,
      actor: caller.id,
      reason,
    })
    await leaveSlots(tx, id)
    return detail(tx, id)
  })
}

/** Whoever speaks no more leaves its slots, by a job: slots are locked before applications, and this one is locked now. */
export const leaveSlots = (tx: Tx, applicationId: string): Promise<void> =>
  enqueue(tx, 'slot-release', { applicationId }, { jobKey: `slot-release:${applicationId}` })

/** The assessment that stands, or for a draft what it would be if it were submitted now. */
export async function readAssessment(deps: Deps, id: string, caller: Caller, now: string) {
  const { db } = deps
  const { row, visibility } = await readApplication(deps, id, caller, now)
  if (visibility.view !== 'staff' && visibility.view !== 'applicant') throw new AppError('application_not_found')
  if (row.assessment !== null) return { assessment: row.assessment, preview: false }
  const versions = (await listAllVersions(db, id)).map((version) => ({
    n: version.n,
    receivedAt: version.received_at,
    body: version.body,
    undecided: version.undecided,
  }))
  const countries = versions.map(({ body }) => body.country)
  const terms = await loadTerms(db, row.pre_session, countries, { lock: false })
  const { assessment } = judge(
    terms,
    {
      versions,
      submittedVersion: row.latest_version,
      receipt: { kind: 'request', receivedAt: now },
      emails: row.emails,
      documents: row.documents,
    },
    now,
  )
  return { assessment, preview: true }
}

/** The same rules on a body that is not stored: what the outcome would be if it were received now. */
export async function dryRun(
  { db }: Deps,
  place: { preSession: number; iso3: string },
  input: Omit<ApplicationInputBody, 'preSession'> & { preSession?: number },
  now: string,
) {
  const iso3 = place.iso3.toUpperCase()
  if (input.preSession !== undefined && input.preSession !== place.preSession)
    throw invalidInput('/preSession', 'differs_from_path', `The path says ${place.preSession}.`)
  if (input.country !== undefined && input.country.toUpperCase() !== iso3)
    throw invalidInput('/country', 'differs_from_path', `The path says ${iso3}.`)
  const terms = await loadTerms(db, place.preSession, [iso3], { lock: false })
  if (!terms.isPublic) throw new AppError('pre_session_not_found')
  const country = terms.countries.get(iso3)
  if (country?.facts.isUnderReview !== true) throw new AppError('country_not_found')
  const body = normaliseContent({ ...input, preSession: place.preSession, country: iso3 })
  // Files are not looked up: nothing is stored, and whose a document is must not show.
  const documents = (body.uprSubmission?.documentIds ?? []).map((id) => ({ id, status: 'stored' as const }))
  const version = { n: 1, receivedAt: now, body, undecided: [] }
  // Waivers are personal and stay out of a public answer.
  return judge(
    { ...terms, countries: new Map([[iso3, { ...country, waivers: [] }]]) },
    { versions: [version], submittedVersion: 1, receipt: { kind: 'request', receivedAt: now }, emails: [], documents },
    now,
  ).assessment
}
