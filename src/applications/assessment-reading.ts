import type { Deps } from '../deps.ts'
import { AppError, invalidInput } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import { normaliseContent } from './content.ts'
import { judge, loadTerms } from './judge.ts'
import { listAllVersions } from './queries.ts'
import { readApplication } from './reading.ts'
import type { ApplicationInputBody } from './schemas-content.ts'

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
