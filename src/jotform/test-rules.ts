import type { AnswerSet } from './answers.ts'
import type { TestRule } from './mapping-format.ts'
import { decodeEntities, isRecord, normaliseText } from './text.ts'

/** Longer answers are cut before matching: with one repetition a match costs at most the square of this. */
const matchedCharacters = 1_000

/** Undefined where the pattern is safe, else what to change. Without groups no repetition can nest, so nothing explodes. */
export function unsafePattern(pattern: string): string | undefined {
  const plain = pattern.replace(/\\[^\d a-zA-Z]|\\[dDwWsSbB]/g, 'x').replace(/\[\^?[^[\]]*\]/g, 'x')
  if (/[(){}\\[\]]/.test(plain)) return 'Leave out groups, counted repetitions and back references.'
  if ((plain.match(/[*+]/g) ?? []).length > 1) return 'Use at most one of * and +.'
  try {
    new RegExp(pattern, 'u')
  } catch {
    return 'This is not a regular expression.'
  }
  return undefined
}

/** The first rule that marks the submission as a test, for the operator to read; undefined where none does. */
export function findTestMark(
  rules: TestRule[],
  evidence: { rawKeys?: ReadonlyMap<string, string>; answers?: AnswerSet },
): string | undefined {
  for (const rule of rules) {
    if ('rawKey' in rule) {
      if (evidence.rawKeys?.get(rule.rawKey) === rule.equals) return `${rule.rawKey} is ${rule.equals}`
    } else if (evidence.answers !== undefined && matchesAnswer(rule, evidence.answers)) {
      return `the answer to question ${rule.qid} matches ${rule.matches}`
    }
  }
  return undefined
}

function matchesAnswer(rule: { qid: string; matches: string }, answers: AnswerSet): boolean {
  if (unsafePattern(rule.matches) !== undefined) return false
  const pattern = new RegExp(rule.matches, 'iu')
  const decode = answers.source === 'api' ? decodeEntities : (text: string) => text
  return texts(answers.byQid.get(rule.qid)?.value).some((text) =>
    pattern.test(normaliseText(decode(text)).slice(0, matchedCharacters)),
  )
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  if (Array.isArray(value)) return value.flatMap(texts)
  return isRecord(value) ? Object.values(value).flatMap(texts) : []
}
