import { createHash } from 'node:crypto'
import { type AnswerSet, answersFromApi } from './answers.ts'
import type { StoredVersion } from './queries-submissions.ts'
import { canonicalJson, decodeEntities, isRecord, normaliseText } from './text.ts'

/** Equal hash: the same answers and files, however they were escaped, ordered or labelled. */
export function hashContent(answers: AnswerSet): string {
  const decode = answers.source === 'api' ? decodeEntities : (text: string) => text
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return normaliseText(decode(value))
    if (Array.isArray(value)) return value.map(clean)
    if (!isRecord(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, clean(part)]))
  }
  const content = Object.fromEntries([...answers.byQid.values()].map((answer) => [answer.qid, clean(answer.value)]))
  // A webhook carries the addresses of files as lists beside the answers; everything else there changes with every page load.
  for (const [name, value] of answers.byName) if (Array.isArray(value)) content[`name:${name}`] = clean(value)
  return sha256(canonicalJson(content)).toString('hex')
}

/** Answers as a version keeps them: the API's object as it came, others in the same shape. */
export function toStoredAnswers(answers: AnswerSet): Record<string, unknown> {
  const byQid = Object.fromEntries(
    [...answers.byQid.values()].map(({ qid, value, ...rest }) => [
      qid,
      { ...rest, ...(value === undefined ? {} : { answer: value }) },
    ]),
  )
  return { byQid, byName: Object.fromEntries(answers.byName) }
}

/** A stored version as answers again. */
export function fromStoredAnswers(version: Pick<StoredVersion, 'source' | 'answers'>): AnswerSet {
  if (version.source === 'api') return answersFromApi(version.answers)
  const { byQid, byName } = version.answers
  const set = answersFromApi(byQid, 'import')
  return { source: version.source, byQid: set.byQid, byName: new Map(Object.entries(isRecord(byName) ? byName : {})) }
}

export function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest()
}
