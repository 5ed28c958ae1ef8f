import type { ApplicationBody } from './application.ts'
import { concerns, isPresent, labelOf, malformation, shapedPointers } from './fields.ts'
import type { Instant } from './instant.ts'
import { isWithin, readPointer } from './pointer.ts'
import type { RuleOutcome, RuleResult } from './rule.ts'
import { countWords } from './text.ts'

export { isPresent, labelOf, requirableFieldPointers, requiredFieldPointers } from './fields.ts'
export { readPointer } from './pointer.ts'
export { countWords, isBlank, isEmail, isPhone, isWebsite } from './text.ts'

export interface CompletenessFacts {
  now: Instant
  body: ApplicationBody
  settings: { requiredFields: readonly string[]; uprSubmissionRequired: boolean; aimWordLimit?: number | undefined }
  /** The documents given as the UPR submission of the assessed version, and no others. */
  documents: readonly { id: string; status: 'stored' | 'pending' | 'failed' }[]
  /** Choices whose answer the form's mapping did not know. */
  undecided?: readonly { pointer: string; value: string }[] | undefined
  /** The State where the organisation is based; null where the text given names none. */
  basedInIso3?: string | null | undefined
}

export interface Completeness {
  /** The JSON Pointers of what is absent or malformed, in the order of the settings. */
  missing: string[]
  /** The JSON Pointers of required values that a person has to read. */
  undecided: string[]
  rules: RuleResult[]
}

const submission = '/uprSubmission'

/** R8, R9: complete is what has every required answer, well-formed, and the UPR submission where the round requires one. */
export function assessCompleteness(facts: CompletenessFacts): Completeness {
  const { missing, undecided, rule } = judgeFields(facts)
  const submitted = judgeSubmission(facts)
  const order = [...facts.settings.requiredFields, submission]
  const lacksSubmission = submitted.outcome === 'fail'
  return {
    missing: order.filter(
      (p, i) => order.indexOf(p) === i && (p === submission ? lacksSubmission : missing.includes(p)),
    ),
    undecided: [...undecided, ...(submitted.outcome === 'unknown' ? [submission] : [])],
    rules: [rule, submitted],
  }
}

/** R8: every field that the round requires is there and well-formed; what is wrong with an optional field is only a warning. */
function judgeFields(facts: CompletenessFacts): { missing: string[]; undecided: string[]; rule: RuleResult } {
  const { required, malformed, undecided, missing } = readFields(facts)
  const isOpen = ({ pointer }: Problem) => missing.includes(pointer) || undecided.includes(pointer)
  const warnings = warningsOf(
    facts,
    malformed.filter((one) => !isOpen(one)),
    undecided,
  )
  const outcome = outcomeOf(undecided.length > 0, missing.length > 0, warnings.length > 0)
  const problems = malformed.filter(({ pointer }) => missing.includes(pointer))
  const absent = missing.filter((pointer) => !problems.some((one) => one.pointer === pointer))
  const words = { aimWords: aimWords(facts), aimWordLimit: wordLimit(facts) }
  const evidence = { required, missing, malformed, undecided: facts.undecided ?? [], ...words }
  const message = messageOf(absent, problems, undecided, warnings)
  return { missing, undecided, rule: { rule: 'R8', outcome, message, evidence } }
}

function readFields(facts: CompletenessFacts) {
  const { body, now, settings } = facts
  const required = settings.requiredFields.filter((pointer) => pointer !== submission && concerns(pointer, body))
  const malformed: Problem[] = [...new Set([...required, ...shapedPointers])].flatMap((pointer) => {
    const problem = malformation(pointer, readPointer(body, pointer), now)
    return problem ? [{ pointer, problem }] : []
  })
  const isMalformed = (pointer: string) => malformed.some((one) => one.pointer === pointer)
  const lacking = required.filter((pointer) => !isPresent(readPointer(body, pointer)) || isMalformed(pointer))
  const undecided = lacking.filter((pointer) => isUndecided(pointer, facts))
  const missing = lacking.filter((pointer) => !undecided.includes(pointer))
  return { required, malformed, undecided, missing }
}

/** R9: the UPR submission is there as a reference or as a document; a file whose copy failed for good is never held against anyone. */
function judgeSubmission(facts: CompletenessFacts): RuleResult {
  const { body, documents, settings } = facts
  const count = (status: string) => documents.filter((one) => one.status === status).length
  const hasReference = isPresent(body.uprSubmission?.reference)
  const evidence = {
    required: settings.uprSubmissionRequired,
    hasReference,
    stored: count('stored'),
    pending: count('pending'),
    failed: count('failed'),
  }
  const result = (outcome: RuleOutcome, message: string): RuleResult => ({ rule: 'R9', outcome, message, evidence })
  if (!settings.uprSubmissionRequired) return result('pass', 'This round does not require a UPR submission.')
  if (hasReference) return result('pass', 'The UPR submission is named by its reference.')
  if (evidence.stored > 0) return result('pass', 'The UPR submission is there as a document.')
  if (evidence.pending > 0)
    return result('pass', 'The UPR submission was handed in as a document; our copy of it is still being made.')
  if (evidence.failed > 0)
    return result(
      'unknown',
      'A document was handed in as the UPR submission, but it could not be copied. A person will look at it.',
    )
  if (isUndecided(submission, facts))
    return result('unknown', 'What was given as the UPR submission could not be read. A person will look at it.')
  return result('fail', 'The UPR submission is missing: give its reference or add it as a document.')
}

function isUndecided(pointer: string, { undecided = [] }: CompletenessFacts): boolean {
  return undecided.some((one) => isWithin(one.pointer, pointer) || isWithin(pointer, one.pointer))
}

function wordLimit({ settings }: CompletenessFacts): number {
  return settings.aimWordLimit ?? 200
}

type Problem = { pointer: string; problem: string }

function aimWords({ body }: CompletenessFacts): number {
  return countWords(body.organisation?.aim ?? '')
}

function warningsOf(facts: CompletenessFacts, malformed: Problem[], undecided: string[]): string[] {
  const words = aimWords(facts)
  const limit = wordLimit(facts)
  const isElsewhere = facts.basedInIso3 === null && isPresent(facts.body.organisation?.basedIn)
  const open = (facts.undecided ?? []).filter(
    ({ pointer }) => !undecided.some((p) => isWithin(pointer, p) || isWithin(p, pointer)),
  )
  return [
    ...malformed.map(({ pointer, problem }) => `${labelOf(pointer)} ${problem}`),
    ...(words > limit ? [`the aim and work has ${words} words, more than the ${limit} asked for`] : []),
    ...(isElsewhere ? ['the country where the organisation is based is not the name of a State'] : []),
    ...open.map(({ pointer, value }) => `the answer "${value}" to ${labelOf(pointer)} is not known`),
  ]
}

function outcomeOf(isUnknown: boolean, fails: boolean, warns: boolean): RuleOutcome {
  if (isUnknown) return 'unknown'
  if (fails) return 'fail'
  return warns ? 'warn' : 'pass'
}

function messageOf(absent: string[], malformed: Problem[], undecided: string[], warnings: string[]): string {
  const sentences = [
    ...(absent.length > 0 ? [`Missing: ${absent.map(labelOf).join(', ')}.`] : []),
    ...malformed.map(({ pointer, problem }) => `Malformed: ${labelOf(pointer)} ${problem}.`),
    ...undecided.map(
      (pointer) => `The answer given for ${labelOf(pointer)} could not be read. A person will look at it.`,
    ),
    ...(absent.length + malformed.length + undecided.length === 0 ? ['Every required answer is there.'] : []),
    ...warnings.map((warning) => `Please note: ${warning}.`),
  ]
  return sentences.join(' ')
}
