import { type ApplicationBody, organisationTypes } from './application.ts'
import type { RuleResult } from './rule.ts'

export interface CountryFacts {
  iso3: string
  name?: string | undefined
  /** Whether it left the round. Whether its Pre-session is held is no fault of an applicant, and not told before the release. */
  status: 'candidate' | 'withdrawn'
  isUnderReview: boolean
}

export interface EligibilityFacts {
  body: ApplicationBody
  /** The country applied for, where it is on the list of this round. */
  country?: CountryFacts | undefined
  /** The State where the organisation is based; null where the text given names none. */
  basedInIso3?: string | null | undefined
  linked?: readonly { applicationId: string; why: string }[] | undefined
}

const linkedNotice = ' It is flagged for staff because it may belong together with another application.'

/** R10, R11, R12: who may apply, and for which country. */
export function assessEligibility(facts: EligibilityFacts): RuleResult[] {
  return [flagLinked(judgeApplicant(facts), facts), judgeNhri(facts), recordEcosoc(facts)]
}

/** The fields that a rule waited for in vain; when they are missing, the application is incomplete rather than unclear. */
export function awaitedBy(result: RuleResult): string[] {
  return result.outcome === 'unknown' && Array.isArray(result.evidence.awaits) ? result.evidence.awaits : []
}

/** R10: a civil society organisation or an NHRI applies for one State that is under review in this round. */
function judgeApplicant(facts: EligibilityFacts): RuleResult {
  const { body, country } = facts
  const type = body.organisation?.type
  const awaits = [...(isType(type) ? [] : ['/organisation/type']), ...(isCode(body.country) ? [] : ['/country'])]
  const obstacle = isCode(body.country) ? obstacleOf(body.country, country) : undefined
  const evidence = {
    organisationType: type ?? null,
    country: body.country ?? null,
    isUnderReview: isCode(body.country) ? country?.isUnderReview === true : null,
  }
  if (obstacle) return { rule: 'R10', outcome: 'fail', message: obstacle, evidence }
  if (awaits.length > 0) {
    const message =
      'Whether the applicant may apply can only be said once the type of organisation and the country are known.'
    return { rule: 'R10', outcome: 'unknown', message, evidence: { ...evidence, awaits } }
  }
  const message = `The applicant is ${type === 'nhri' ? 'a national human rights institution' : 'a civil society organisation'} and applies for ${nameOf(country)}, which is under review in this round.`
  return { rule: 'R10', outcome: 'pass', message, evidence }
}

/** R11: a national human rights institution speaks on its own State only; its GANHRI status is recorded and bars nobody. */
function judgeNhri({ body, country, basedInIso3 }: EligibilityFacts): RuleResult {
  const type = body.organisation?.type
  const based = basedInIso3 === undefined ? codeOf(body.organisation?.basedIn) : basedInIso3
  const evidence = {
    basedIn: based ?? body.organisation?.basedIn ?? null,
    country: body.country ?? null,
    ganhriStatus: body.organisation?.ganhriStatus ?? null,
  }
  const result = (outcome: RuleResult['outcome'], message: string, awaits?: string[]): RuleResult => {
    return { rule: 'R11', outcome, message, evidence: { ...evidence, ...(awaits && { awaits }) } }
  }
  if (!isType(type)) return result('unknown', 'The type of organisation is not known.', ['/organisation/type'])
  if (type !== 'nhri') return result('pass', 'This rule concerns national human rights institutions only.')
  if (!isCode(body.country)) return result('unknown', 'The country applied for is not known.', ['/country'])
  if (!based)
    return result('unknown', 'The State of the national human rights institution could not be told.', [
      '/organisation/basedIn',
    ])
  if (based.toUpperCase() === body.country.toUpperCase())
    return result('pass', 'The national human rights institution is that of the State it applies for.')
  return result(
    'fail',
    `A national human rights institution speaks on its own State; this one is based in ${based.toUpperCase()} and applies for ${nameOf(country) || body.country}.`,
  )
}

/** R12: ECOSOC consultative status is recorded and never required. */
function recordEcosoc({ body }: EligibilityFacts): RuleResult {
  const message = 'ECOSOC consultative status is recorded and not required.'
  return { rule: 'R12', outcome: 'pass', message, evidence: { ecosocStatus: body.organisation?.ecosocStatus ?? null } }
}

function obstacleOf(code: string, country: CountryFacts | undefined): string | undefined {
  if (!country?.isUnderReview) return `${country?.name ?? code} is not under review in this round.`
  if (country.status === 'withdrawn') return `The Pre-session of ${nameOf(country)} has been withdrawn from this round.`
  return undefined
}

/** R10: several applications of one organisation, or of a coalition and its member, are flagged and never refused. */
function flagLinked(result: RuleResult, { linked = [] }: EligibilityFacts): RuleResult {
  if (linked.length === 0) return result
  const outcome = result.outcome === 'pass' ? 'warn' : result.outcome
  return { ...result, outcome, message: result.message + linkedNotice, evidence: { ...result.evidence, linked } }
}

/** The same result for the applicant's own eyes, without what points to other applications. */
export function withoutLinked(result: RuleResult): RuleResult {
  if (!('linked' in result.evidence)) return result
  const { linked: _, ...evidence } = result.evidence
  const outcome = result.outcome === 'warn' ? 'pass' : result.outcome
  return { ...result, outcome, message: result.message.replace(linkedNotice, ''), evidence }
}

function nameOf(country: CountryFacts | undefined): string {
  return country?.name ?? country?.iso3 ?? ''
}

function isType(type: unknown): boolean {
  return organisationTypes.some((known) => known === type)
}

function isCode(text: string | undefined): text is string {
  return codeOf(text) !== null
}

function codeOf(text: unknown): string | null {
  return typeof text === 'string' && /^[a-z]{3}$/i.test(text) ? text.toUpperCase() : null
}
