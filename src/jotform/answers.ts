import { isRecord } from './text.ts'

/** Where answers came from decides how they are read: only the API escapes HTML, only an export joins choices in one cell. */
export type AnswerSource = 'api' | 'delivery' | 'import'

export interface Answer {
  qid: string
  name: string
  /** The question's text and type: known from the API only. */
  text?: string
  type?: string
  /** Absent: the question exists and was not answered. */
  value?: unknown
}

export interface AnswerSet {
  source: AnswerSource
  /** By question id: the one key that survives renaming and copying of questions. */
  byQid: Map<string, Answer>
  /** Values under a bare question name: how a webhook carries uploaded files. */
  byName: Map<string, unknown>
}

/** `answers` of `GET /submission/{id}`; a JSON export of Jotform has the same shape. */
export function answersFromApi(answers: unknown, source: 'api' | 'import' = 'api'): AnswerSet {
  const byQid = new Map<string, Answer>()
  for (const [qid, entry] of Object.entries(isRecord(answers) ? answers : {})) {
    if (!isRecord(entry)) continue
    const answer: Answer = { qid, name: asText(entry.name) ?? '' }
    const [text, type] = [asText(entry.text), asText(entry.type)]
    if (text !== undefined) answer.text = text
    if (type !== undefined) answer.type = type
    if (!isBlank(entry.answer)) answer.value = entry.answer
    byQid.set(qid, answer)
  }
  return { source, byQid, byName: new Map() }
}

/** `rawRequest` of a webhook: `q<qid>_<name>` is an answer, everything else stays under its bare name. */
export function answersFromRawRequest(rawRequest: Record<string, unknown>): AnswerSet {
  const set: AnswerSet = { source: 'delivery', byQid: new Map(), byName: new Map() }
  for (const [key, value] of Object.entries(rawRequest)) {
    const [, qid, name] = /^q(\d+)_(.+)$/.exec(key) ?? []
    if (qid === undefined || name === undefined) {
      set.byName.set(key, value)
      continue
    }
    if (set.byQid.has(qid)) continue
    set.byQid.set(qid, isBlank(value) ? { qid, name } : { qid, name, value })
  }
  return set
}

/** Nothing was answered: `""`, `[]`, or an object whose parts are all empty (an untouched date). */
export function isBlank(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  if (Array.isArray(value)) return value.every(isBlank)
  if (isRecord(value)) return Object.values(value).every(isBlank)
  return false
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
