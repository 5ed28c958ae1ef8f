import type { ApplicationBody } from './application.ts'
import { assessCompleteness, type CompletenessFacts } from './completeness.ts'
import { judgeDeadline } from './deadline-rules.ts'
import type { EffectiveDeadline } from './effective-deadline.ts'
import { assessEligibility, awaitedBy, type CountryFacts, withoutLinked } from './eligibility.ts'
import type { Instant } from './instant.ts'
import type { Receipt } from './receipt.ts'
import type { RuleResult } from './rule.ts'

export type { RuleOutcome, RuleResult } from './rule.ts'

export const outcomes = ['eligible', 'incomplete', 'late', 'ineligible', 'needsReview'] as const
export type Outcome = (typeof outcomes)[number]

/** Changed whenever the same facts could give another outcome. */
export const policyVersion = '1'

export interface AssessmentFacts extends CompletenessFacts {
  now: Instant
  body: ApplicationBody
  /** Judged against the same closing instant as `deadline`; a dry run passes the receipt of now. */
  receipt: Receipt
  deadline: EffectiveDeadline
  /** Why nobody can say what stood there at the deadline. */
  contentUnknown?: string | undefined
  country?: CountryFacts | undefined
  linked?: readonly { applicationId: string; why: string }[] | undefined
}

export interface Assessment {
  outcome: Outcome
  missing: string[]
  evaluatedAt: Instant
  policyVersion: string
  rules: RuleResult[]
}

/** R4–R12: every rule is applied and shown; the outcome is what comes first of unclear, late, incomplete and ineligible. */
export function assess(facts: AssessmentFacts): Assessment {
  const { missing, rules: completeness } = assessCompleteness(facts)
  const rules = [...judgeDeadline(facts), ...completeness, ...assessEligibility(facts)]
  return { outcome: outcomeOf(rules, missing), missing, evaluatedAt: facts.now, policyVersion, rules }
}

/** What an applicant may read of its own assessment: everything except what points to other applications. */
export function assessmentForApplicant(assessment: Assessment): Assessment {
  return { ...assessment, rules: assessment.rules.map(withoutLinked) }
}

function outcomeOf(rules: RuleResult[], missing: string[]): Outcome {
  const failed = new Set(rules.filter(({ outcome }) => outcome === 'fail').map(({ rule }) => rule))
  if (rules.some((result) => needsPerson(result, missing))) return 'needsReview'
  if (['R4', 'R7'].some((rule) => failed.has(rule))) return 'late'
  if (missing.length > 0) return 'incomplete'
  return ['R10', 'R11'].some((rule) => failed.has(rule)) ? 'ineligible' : 'eligible'
}

/** A rule that could not be decided needs a person, unless it only waits for an answer that is missing anyway. */
function needsPerson(result: RuleResult, missing: string[]): boolean {
  return result.outcome === 'unknown' && !awaitedBy(result).some((pointer) => missing.includes(pointer))
}
