import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { ReceiptFacts } from '../db/schema.ts'
import type { ApplicationBody } from '../domain/application.ts'
import { type Assessment, assess } from '../domain/assessment.ts'
import type { Deadline } from '../domain/deadline.ts'
import { countingDocuments, type DocumentFacts } from '../domain/documents.ts'
import { type EffectiveDeadline, effectiveDeadline, type Waiver } from '../domain/effective-deadline.ts'
import type { CountryFacts } from '../domain/eligibility.ts'
import { judgeApiReceipt, judgeImportReceipt, judgeJotformReceipt, type Receipt } from '../domain/receipt.ts'
import { chooseAssessedVersion } from '../domain/versions.ts'
import { AppError } from '../errors.ts'
import { type RoundSettings, settingsOf } from '../pre-sessions/settings.ts'
import { findState, findStateByText } from '../reference/data.ts'

/** What a round and its countries say about applications: deadlines, extensions, waivers, requirements. */
export interface Terms {
  preSession: number
  roundStatus: string
  /** A draft is nobody's business, nor a round that was called off before its call. */
  isPublic: boolean
  settings: RoundSettings
  roundDeadline: Deadline
  /** Those that were asked for, whether or not they are under review. */
  countries: ReadonlyMap<string, CountryTerms>
}

export interface CountryTerms {
  facts: CountryFacts
  extension: Deadline | undefined
  waivers: { id: string; email: string; until: string }[]
}

interface TermsOptions {
  /** Held until the end of the transaction, so that no deadline moves between an assessment and its commit (R6). Taken before any application's lock. */
  lock: boolean
}

/** Loads the terms of countries of a round, locked in the order of their codes; none, where no country is known. */
export async function loadTerms(
  db: Db | Tx,
  preSession: number,
  countries: readonly (string | null | undefined)[],
  { lock }: TermsOptions,
): Promise<Terms> {
  let rounds = db
    .selectFrom('pre_session')
    .select(['number', 'status', 'published', 'settings', 'application_deadline'])
    .where('number', '=', preSession)
  if (lock) rounds = rounds.forShare()
  const round = await rounds.executeTakeFirst()
  if (round === undefined) throw new AppError('pre_session_not_found')
  const codes = [...new Set(countries)].filter((iso3) => typeof iso3 === 'string')
  return {
    preSession,
    roundStatus: round.status,
    isPublic: round.published && round.status !== 'draft',
    settings: settingsOf(round.settings),
    roundDeadline: round.application_deadline,
    countries: codes.length === 0 ? new Map() : await loadCountries(db, preSession, codes, lock),
  }
}

async function loadCountries(db: Db | Tx, preSession: number, codes: string[], lock: boolean) {
  let query = db
    .selectFrom('country_under_review')
    .select(['iso3', 'status', 'application_deadline'])
    .where('pre_session', '=', preSession)
    .where(sql<boolean>`iso3 = any (${codes}::text[])`)
    .orderBy('iso3')
  if (lock) query = query.forShare()
  const rows = new Map((await query.execute()).map((row) => [row.iso3, row]))
  const waivers =
    rows.size === 0
      ? []
      : await db
          .selectFrom('deadline_waiver')
          .select(['id', 'email', 'until', 'iso3'])
          .where('kind', '=', 'application')
          .where('pre_session', '=', preSession)
          .where(sql<boolean>`iso3 = any (${codes}::text[])`)
          .execute()
  return new Map(
    codes.map((iso3): [string, CountryTerms] => {
      const row = rows.get(iso3)
      const name = findState(iso3)?.names.en
      return [
        iso3,
        {
          facts: {
            iso3,
            ...(name === undefined ? {} : { name }),
            status: row?.status === 'withdrawn' ? 'withdrawn' : 'candidate',
            isUnderReview: row !== undefined,
          },
          extension: row?.application_deadline ?? undefined,
          waivers: waivers
            .filter((waiver) => waiver.iso3 === iso3)
            .map(({ id, email, until }) => ({ id, email, until })),
        },
      ]
    }),
  )
}

/** The deadline for one applicant: round, extension, or the latest waiver for one of its addresses (R6, R7). */
function deadlineFor(terms: Terms, country: CountryTerms | undefined, emails: string[]): EffectiveDeadline {
  const waivers = (country?.waivers ?? [])
    .filter((waiver) => emails.includes(waiver.email))
    .sort((a, b) => Date.parse(b.until) - Date.parse(a.until))
  return effectiveDeadline(terms.roundDeadline, country?.extension, waivers[0] satisfies Waiver | undefined)
}

export interface VersionContent {
  n: number
  receivedAt: string
  body: ApplicationBody
  undecided: { pointer: string; value: string }[]
}

export interface Case {
  versions: VersionContent[]
  submittedVersion: number
  receipt: ReceiptFacts
  emails: string[]
  /** Its files; those added by hand only where they are UPR submissions. */
  documents: DocumentFacts[]
}

export interface Judgement {
  assessment: Assessment
  receipt: Receipt
  assessed: VersionContent
  closesAt: string
}

/** Applies the rules to a submitted application: which content counts, when it came in, and what follows. No I/O. */
export function judge(terms: Terms, facts: Case, now: string): Judgement {
  const candidates = facts.versions.map((version) => {
    const country = countryIn(terms, version.body)
    const deadline = deadlineFor(terms, country, facts.emails)
    return { version, country, deadline, receipt: judgeReceipt(facts.receipt, deadline.closesAt) }
  })
  const chosen = chooseAssessedVersion(
    candidates.map(({ version: { n, receivedAt }, deadline: { closesAt }, receipt: { timing } }) => ({
      n,
      receivedAt,
      closesAt,
      timing,
    })),
    facts.submittedVersion,
  )
  const { version, country, deadline, receipt } = candidates.find(
    (candidate) => candidate.version.n === chosen.n,
  ) as (typeof candidates)[number]
  const listedIds = version.body.uprSubmission?.documentIds ?? []
  const documents = countingDocuments(facts.documents, listedIds, deadline.closesAt)
  const assessment = assess({
    now,
    body: version.body,
    receipt,
    deadline,
    ...(chosen.unknown === undefined ? {} : { contentUnknown: chosen.unknown }),
    country: country?.facts,
    settings: terms.settings,
    documents,
    undecided: version.undecided,
    basedInIso3: basedIn(version.body),
  })
  const assessed = documents.some(({ byHand }) => byHand !== undefined) ? withDocuments(version, documents) : version
  return { assessment, receipt, assessed, closesAt: deadline.closesAt }
}

/** What was added by hand is shown with the content that counts, and is in no version. */
function withDocuments(version: VersionContent, documents: DocumentFacts[]): VersionContent {
  const documentIds = documents.map(({ id }) => id)
  return { ...version, body: { ...version.body, uprSubmission: { ...version.body.uprSubmission, documentIds } } }
}

function countryIn(terms: Terms, { country }: ApplicationBody): CountryTerms | undefined {
  if (country === undefined) return undefined
  const found = terms.countries.get(country)
  // Judged by the terms of nobody it would be told that the country is not under review.
  if (found === undefined) throw new Error(`The terms of ${country} were not loaded.`)
  return found
}

function judgeReceipt(facts: ReceiptFacts, closesAt: string): Receipt {
  if (facts.kind === 'request') return judgeApiReceipt(facts.receivedAt, closesAt)
  if (facts.kind === 'jotform') return judgeJotformReceipt(facts.evidence, closesAt)
  return judgeImportReceipt(facts.evidence, closesAt)
}

/** Null where the text names no State that is known. */
export function basedIn(body: ApplicationBody): string | null | undefined {
  const text = body.organisation?.basedIn
  return text === undefined ? undefined : (findStateByText(text) ?? null)
}
