import { findApplication, listAllVersions } from '../applications/queries.ts'
import { viewFor } from '../applications/views-by-caller.ts'
import type { Db } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { assessmentForApplicant } from '../domain/assessment.ts'
import { isReleased } from '../domain/visibility.ts'
import type { Caller } from '../http/access.ts'
import { type ConcernedApplication, findApplicationsOf } from './concerned.ts'
import { tellHistory } from './export-history.ts'
import type { Counts, Intake, IntakeExport } from './intake.ts'
import type { PersonRow } from './queries.ts'
import * as queries from './queries-export.ts'

export interface ExportedApplication {
  /** Folder of its own in the archive. */
  folder: string
  view: Record<string, unknown>
  parts: Record<string, unknown>
  files: queries.StoredFile[]
}

/** Everything that is told to a person about themselves, files named and not read yet. */
export interface PersonExport {
  personId: string
  addresses: string[]
  madeAt: string
  /** Which rounds it is limited to; undefined: none. */
  preSessions: readonly number[] | undefined
  applications: ExportedApplication[]
  /** Applications of colleagues that name the address. */
  mentions: { id: string; preSession: number; country: string | null; role: string }[]
  submissions: IntakeExport[]
  records: { class: string; rows: queries.Row[] }[]
}

/** An applicant's session reaches its own address and its own round; an admin the whole person. */
export async function collectExport(
  { db, keys }: Pick<Deps, 'db' | 'keys'>,
  intake: Intake,
  person: PersonRow,
  { caller, now }: { caller: Caller; now: string },
): Promise<PersonExport> {
  const isOwn = caller.role === 'applicant'
  const addresses = isOwn ? person.addresses.filter((one) => one === caller.email) : person.addresses
  const snapshot = db.transaction().setIsolationLevel('repeatable read')
  return snapshot.execute(async (tx) => {
    const roleOf = await queries.rolesOfActors(tx)
    const reached = (await findApplicationsOf(tx, addresses)).filter((row) => reaches(caller, row))
    const own = reached.filter(({ role }) => role === 'speaker')
    const found = await intake.find(tx, { addresses: isOwn ? [] : addresses, applicationIds: own.map(({ id }) => id) })
    const records = await queries.listByAddress(tx, addresses, roleOf)
    const applications: ExportedApplication[] = []
    for (const row of own) applications.push(await collectApplication(tx, keys.pseudonym, row, { now, roleOf }))
    return {
      personId: person.id,
      addresses,
      madeAt: now,
      preSessions: isOwn ? caller.preSessions : undefined,
      applications,
      mentions: reached
        .filter(({ role }) => role !== 'speaker')
        .map(({ id, pre_session: preSession, country, role }) => ({ id, preSession, country, role })),
      submissions: await intake.collect(db, {
        ...found,
        submissions: found.submissions.filter(({ role }) => role === 'speaker'),
      }),
      records: records.map((one) => ({
        ...one,
        rows: one.rows.filter((row) => reachesRow(caller, row)).map(withoutTokens),
      })),
    }
  })
}

function reaches(
  { preSessions, countries }: Caller,
  row: Pick<ConcernedApplication, 'pre_session' | 'country'>,
): boolean {
  if (preSessions !== undefined && !preSessions.includes(row.pre_session)) return false
  return countries === undefined || (row.country !== null && countries.includes(row.country))
}

/** A session is for one purpose in one round: it tells nothing of what the address does elsewhere. */
function reachesRow(caller: Caller, row: queries.Row): boolean {
  if (caller.role !== 'applicant') return true
  const round = row.preSession ?? (row.params as { preSession?: unknown } | undefined)?.preSession
  if (typeof round !== 'number' || caller.preSessions?.includes(round) === false) return false
  const purpose = row.purpose ?? row.role ?? 'applicant'
  const country = row.country ?? row.iso3
  return purpose === 'applicant' && (typeof country !== 'string' || caller.countries?.includes(country) !== false)
}

/** Whoever holds the archive must not be able to sign in with it. */
function withoutTokens(row: queries.Row): queries.Row {
  const { text } = row
  return typeof text === 'string' ? { ...row, text: text.replace(/#access-token=\S+/g, '#access-token=…') } : row
}

interface Context {
  now: string
  roleOf: (actor: string) => string
}

async function collectApplication(
  db: Db,
  pseudonymKey: Buffer,
  { id }: ConcernedApplication,
  { now, roleOf }: Context,
): Promise<ExportedApplication> {
  const row = await findApplication(db, id)
  if (row === undefined) throw new Error('An application vanished from its own snapshot.')
  const released = isReleased(row.release_at, now)
  // As its applicant sees it, whoever asks for the export: what is not told to them is not in what they are given.
  const visibility = { view: 'applicant', isPseudonymous: false, showsDecision: released } as const
  const { view } = viewFor(pseudonymKey, { role: 'applicant', id: 'export', scopes: [] }, row, now, visibility)
  const consents = await queries.listConsents(db, id)
  const versions = await listAllVersions(db, id)
  const infected = await queries.listInfectedFiles(db, id)
  const isInfected = (documentId: string) => infected.some((file) => file.id === documentId)
  const stored = row.documents.filter((one) => one.status === 'stored' && one.sha256 !== null && !isInfected(one.id))
  const documents = stored.map(({ sha256, fileName, sizeBytes }, index) => ({
    key: sha256 as string,
    name: `${index + 1}-${fileName}`,
    sizeBytes: sizeBytes ?? 0,
  }))
  return {
    folder: `${row.pre_session}-${row.country ?? 'no-country'}-${id}`,
    view,
    parts: {
      versions: versions.map(({ n, received_at: receivedAt, body: content }) => ({ n, receivedAt, content })),
      ...(infected.length > 0 && {
        filesLeftOut: infected.map(({ fileName }) => ({ fileName, why: 'The scan found malware in it.' })),
      }),
      ...(row.assessment !== null && { assessment: assessmentForApplicant(row.assessment) }),
      consents: consents.map(({ recorded_by: by, wording_version: wordingVersion, ...consent }) => ({
        ...consent,
        wordingVersion,
        by: roleOf(by),
      })),
      history: tellHistory(await queries.listHistory(db, id), { isReleased: released, roleOf }),
      ...(await queries.listOfApplication(db, id, { isReleased: released, roleOf })),
    },
    files: [...documents, ...(await queries.listVideoFiles(db, id))],
  }
}

const sizeOf = (part: unknown): number => (Array.isArray(part) ? part.length : 1)

/** How many records of each class it holds. */
export function countExport({ applications, mentions, submissions, records }: PersonExport): Counts {
  const counts: Counts = {
    applications: applications.length,
    mentions: mentions.length,
    submissions: submissions.length,
  }
  for (const { parts } of applications)
    for (const [name, part] of Object.entries(parts)) counts[name] = (counts[name] ?? 0) + sizeOf(part)
  for (const { class: name, rows } of records) counts[name] = (counts[name] ?? 0) + rows.length
  const files = [...applications, ...submissions].reduce((sum, one) => sum + one.files.length, 0)
  return { ...counts, files }
}
