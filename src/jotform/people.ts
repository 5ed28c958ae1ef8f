import type { Db } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import type { ApplicationBody } from '../domain/application.ts'
import { type Role, roleIn } from '../domain/person.ts'
import type { Counts, Intake, IntakeExport, IntakeFinding, IntakeSubmission } from '../people/intake.ts'
import { findStateByText } from '../reference/data.ts'
import { fromStoredAnswers } from './content.ts'
import { parseDelivery } from './delivery.ts'
import { hashErased, markErased } from './erased.ts'
import { mapAnswers } from './mapping.ts'
import { findDelivery, findRawBody, listWebhookDeliveries } from './queries-deliveries.ts'
import { findForm } from './queries-forms.ts'
import * as queries from './queries-people.ts'
import { findSubmissionDetail, listVersions, lockSubmission } from './queries-submissions.ts'

/** What the Jotform intake keeps of people: submissions, their versions and files, and the raw deliveries. */
export const jotformIntake = (deps: Pick<Deps, 'keys'>): Intake => ({
  async find(db, { addresses, applicationIds }) {
    const attached = await queries.listAttached(db, applicationIds)
    const found: IntakeFinding = {
      submissions: attached.map((row) => ({ ...row, role: 'speaker' as const })),
      deliveries: [],
    }
    if (addresses.length === 0) return found
    const needles = addresses.flatMap(spellings)
    const arrivals = await findNaming(deps, db, needles)
    const unattached = [
      ...(await queries.listUnattached(db, needles)),
      ...arrivals.flatMap(({ submission }) => submission ?? []),
    ]
    for (const key of new Map(unattached.map((one) => [`${one.formId} ${one.submissionId}`, one])).values())
      found.submissions.push({ ...key, applicationId: null, role: await roleInSubmission(deps, db, key, addresses) })
    for (const { id, submission } of arrivals) if (submission === null) await addLoose(deps, db, found, id, addresses)
    return found
  },

  async lock(tx, { submissions, deliveries }) {
    await queries.lockDeliveries(tx, submissions, deliveries)
    const keys = submissions.toSorted((a, b) =>
      `${a.formId} ${a.submissionId}` < `${b.formId} ${b.submissionId}` ? -1 : 1,
    )
    // Made where there is none yet, so that whoever is about to make it waits and finds it erased.
    for (const key of keys) await lockSubmission(tx, key, { ...firstSight, erasedHash: hashErased(deps, key) })
  },

  async erase(tx, { submissions, deliveries }, at) {
    for (const { formId, submissionId } of submissions) await markErased(tx, deps, { formId, submissionId, at })
    const ids = await queries.listDeliveryIds(tx, submissions, deliveries)
    await queries.deleteJobs(tx, submissions, ids)
    return {
      jotformSubmissions: await queries.deleteSubmissions(tx, submissions),
      jotformDeliveries: await queries.deleteDeliveries(tx, ids),
    } satisfies Counts
  },

  collect: (db, finding) => collect(deps, db, finding),
})

type Keyed = Pick<Deps, 'keys'>

/** Arrivals without an application whose bodies hold one of these texts. They rest encrypted, so each is opened, one at a time. */
async function findNaming(deps: Keyed, db: Db, needles: readonly string[]) {
  const wanted = needles.map((needle) => byteText(Buffer.from(needle)))
  const found: Awaited<ReturnType<typeof queries.listArrivals>> = []
  for (const arrival of await queries.listArrivals(db)) {
    const row = await findDelivery(deps, db, arrival.id)
    const text = row === undefined ? '' : byteText(row.raw_body)
    if (wanted.some((needle) => text.includes(needle))) found.push(arrival)
  }
  return found
}

/** One character a byte, whatever the encoding, and no capitals: for searching alone. */
const byteText = (bytes: Buffer): string => bytes.toString('latin1').toLowerCase()

/** Stands in a row only until the same transaction deletes it. */
const firstSight = { at: '1970-01-01T00:00:00Z', source: 'replay' as const }

/** How an address may be written in answers and in the bytes of a delivery. */
function spellings(address: string): string[] {
  const escaped = JSON.stringify(address).slice(1, -1)
  const ascii = escaped.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [...new Set([address, encodeURIComponent(address), escaped, ascii])].map((text) => text.toLowerCase())
}

/** As the mapping of its form reads it; what cannot be read and names the address is taken for the person's own. */
async function roleInSubmission(
  deps: Keyed,
  db: Db,
  key: queries.SubmissionKey,
  addresses: readonly string[],
): Promise<Role> {
  const form = await findForm(db, key.formId)
  if (form === undefined) return 'speaker'
  const read = (answers: Parameters<typeof mapAnswers>[1]) =>
    mapAnswers(form.mapping, answers, { findState: findStateByText }).body
  const bodies: ApplicationBody[] = []
  for (const delivery of await listWebhookDeliveries(db, key.formId, key.submissionId)) {
    const body = await findRawBody(deps, db, delivery.id)
    const { answers } = await parseDelivery(delivery.content_type ?? undefined, body)
    if (answers !== undefined) bodies.push(read(answers))
  }
  for (const version of await listVersions(db, key.formId, key.submissionId))
    bodies.push(read(fromStoredAnswers(version)))
  return roleIn(addresses, { present: bodies.slice(-1), earlier: bodies.slice(0, -1) }) ?? 'speaker'
}

/** An arrival that no submission was made of yet, or ever will be. */
async function addLoose(
  deps: Keyed,
  db: Db,
  found: IntakeFinding,
  id: string,
  addresses: readonly string[],
): Promise<void> {
  const row = await findDelivery(deps, db, id)
  if (row === undefined) return
  const { formId, submissionId, answers } = await parseDelivery(row.content_type ?? undefined, row.raw_body)
  const form = formId === undefined ? undefined : await findForm(db, formId)
  const body =
    form === undefined || answers === undefined
      ? undefined
      : mapAnswers(form.mapping, answers, { findState: findStateByText }).body
  const role = body === undefined ? undefined : roleIn(addresses, { present: [body], earlier: [] })
  if (role !== undefined && role !== 'speaker') return
  found.deliveries.push(id)
  const isKnown = found.submissions.some((one) => one.formId === formId && one.submissionId === submissionId)
  if (formId !== undefined && submissionId !== undefined && !isKnown)
    found.submissions.push({ formId, submissionId, applicationId: null, role: 'speaker' })
}

async function collect(deps: Keyed, db: Db, { submissions, deliveries }: IntakeFinding): Promise<IntakeExport[]> {
  const exports: IntakeExport[] = []
  for (const submission of submissions) exports.push(await collectSubmission(deps, db, submission))
  for (const row of await queries.listFacts(db, { ids: deliveries }))
    exports.push({ name: `delivery-${row.id}`, facts: toFacts(row), files: [fileOf(deps, db, row.id)] })
  return exports
}

async function collectSubmission(
  deps: Keyed,
  db: Db,
  { formId, submissionId }: IntakeSubmission,
): Promise<IntakeExport> {
  const row = await findSubmissionDetail(db, submissionId, formId)
  const versions = await listVersions(db, formId, submissionId)
  const deliveries = await queries.listFacts(db, { key: { formId, submissionId } })
  return {
    name: `submission-${submissionId}`,
    facts: {
      formId,
      submissionId,
      state: row?.state,
      firstSeenAt: row?.first_seen_at,
      jotformCreatedAt: row?.jotform_created_at,
      jotformUpdatedAt: row?.jotform_updated_at,
      versions: versions.map(({ n, source, observed_at: observedAt, answers }) => ({ n, source, observedAt, answers })),
      furtherAnswers: row?.extra,
      files: row?.files.map(({ url, status }) => ({ url, status })),
      deliveries: deliveries.map(toFacts),
    },
    files: deliveries.map(({ id }) => fileOf(deps, db, id)),
  }
}

const fileOf = (deps: Keyed, db: Db, id: string) => ({
  name: `delivery-${id}.txt`,
  read: () => findRawBody(deps, db, id),
})

const toFacts = (row: Awaited<ReturnType<typeof queries.listFacts>>[number]) => ({
  id: row.id,
  receivedAt: row.received_at,
  source: row.source,
  remoteIp: row.remote_ip,
  contentType: row.content_type,
  headers: row.headers,
})
