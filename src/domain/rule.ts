export type RuleOutcome = 'pass' | 'fail' | 'warn' | 'unknown'

/** One rule, applied: its number, what came of it, a sentence that an applicant understands, and the values compared. */
export interface RuleResult {
  rule: string
  outcome: RuleOutcome
  message: string
  evidence: Record<string, unknown>
}
