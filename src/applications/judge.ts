import type { Db, Tx } from '../db/database.ts'
import type { ReceiptFacts } from '../db/schema.ts'
import type { ApplicationBody } from '../domain/application.ts'
import { type Assessment, assess } from '../domain/assessment.ts'
import type { Deadline } from '../domain/deadline.ts'
import { type EffectiveDeadline, effectiveDeadline, type Waiver } from '../domain/effective-deadline.ts'
import type { CountryFacts } from '../domain/eligibility.ts'
import { judgeApiReceipt, judgeImportReceipt, judgeJotformReceipt, type Receipt } from '../domain/receipt.ts'
import { chooseAssessedVersion } from '../domain/versions.ts'
import { AppError } from '../errors.ts'
import { type RoundSettings, settingsOf } from '../pre-sessions/settings.ts'
import { findState, findStateByText } from '../reference/data.ts'

/** What a round and a country say about an application: deadline, extension, waivers, requirements. */
export interface Terms {
  preSession: number
  roundStatus: string
  /** A draft is nobody's business, nor a round that was called off before its call. */
  isPublic: boolean
  settings: RoundSettings
  roundDeadline: Deadline
  extension: Deadline | undefined
  country: CountryFacts | undefined
  waivers: { id: string; email: string; until: string }[]
}

interface TermsOptions {
  /** Held until the end of the transaction, so that no deadline moves between an assessment and its commit (R6). Taken before any application's lock. */
  lock: boolean
}

/** Loads the terms of one country of a round (or of the round alone, where the country is not known). */
export async function loadTerms(
  db: Db | Tx,
  preSession: number,
  iso3: string | undefined,
  { lock }: TermsOptions,
): Promise<Terms> {
  let rounds = db
    .selectFrom('pre_session')
    .select(['number', 'status', 'published', 'settings', 'application_deadline'])
    .where('number', '=', preSession)
  if (lock) rounds = rounds.forShare()
  const round = await rounds.executeTakeFirst()
  if (round === undefined) throw new AppError('pre_session_not_found')
  const terms: Terms = {
    preSession,
    roundStatus: round.status,
    isPublic: round.published && round.status !== 'draft',
    settings: settingsOf(round.settings),
    roundDeadline: round.application_deadline,
    extension: undefined,
    country: undefined,
    waivers: [],
  }
  if (iso3 === undefined) return terms
  let countries = db
    .selectFrom('country_under_review')
    .select(['iso3', 'status', 'application_deadline'])
    .where('pre_session', '=', preSession)
    .where('iso3', '=', iso3)
  if (lock) countries = countries.forShare()
  const country = await countries.executeTakeFirst()
  const name = findState(iso3)?.names.en
  if (country === undefined)
    return {
      ...terms,
      country: { iso3, ...(name === undefined ? {} : { name }), status: 'candidate', isUnderReview: false },
    }
  const waivers = await db
    .selectFrom('deadline_waiver')
    .select(['id', 'email', 'until'])
    .where('pre_session', '=', preSession)
    .where('iso3', '=', iso3)
    .execute()
  return {
    ...terms,
    extension: country.application_deadline ?? undefined,
    country: { iso3, ...(name === undefined ? {} : { name }), status: country.status, isUnderReview: true },
    waivers,
  }
}

/** The deadline for one applicant: round, extension, or the latest waiver for one of its addresses (R6, R7). */
export function deadlineFor(terms: Terms, emails: string[]): EffectiveDeadline {
  const waivers = terms.waivers
    .filter((waiver) => emails.includes(waiver.email))
    .sort((a, b) => Date.parse(b.until) - Date.parse(a.until))
  return effectiveDeadline(terms.roundDeadline, terms.extension, waivers[0] satisfies Waiver | undefined)
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
  documents: { id: string; status: 'stored' | 'pending' | 'failed' }[]
}

export interface Judgement {
  assessment: Assessment
  receipt: Receipt
  assessed: VersionContent
  closesAt: string
}

/** Applies the rules to a submitted application: which content counts, when it came in, and what follows. No I/O. */
export function judge(terms: Terms, facts: Case, now: string): Judgement {
  const deadline = deadlineFor(terms, facts.emails)
  const receipt = judgeReceipt(facts.receipt, deadline.closesAt)
  const chosen = chooseAssessedVersion(facts.versions, facts.submittedVersion, deadline.closesAt, receipt.timing)
  const assessed = facts.versions.find((version) => version.n === chosen.n) as VersionContent
  const documentIds = assessed.body.uprSubmission?.documentIds ?? []
  const assessment = assess({
    now,
    body: assessed.body,
    receipt,
    deadline,
    ...(chosen.unknown === undefined ? {} : { contentUnknown: chosen.unknown }),
    country: terms.country,
    settings: terms.settings,
    documents: facts.documents.filter((document) => documentIds.includes(document.id)),
    undecided: assessed.undecided,
    basedInIso3: basedIn(assessed.body),
  })
  return { assessment, receipt, assessed, closesAt: deadline.closesAt }
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
