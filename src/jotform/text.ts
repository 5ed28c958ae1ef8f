import { decodeHTMLStrict } from 'entities'

/** The API escapes what the applicant typed once; the webhook and an export do not (an applicant may have typed `&amp;`). */
export function decodeEntities(text: string): string {
  return decodeHTMLStrict(text)
}

const lineBreaks = /\r\n?/g
/** C0 except tab and newline, DEL, C1, the byte order mark. */
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/g
/** Embeddings, overrides and isolates reorder the text around them; the plain marks (LRM, RLM, ALM) stay. */
const bidiOverrides = /[\u202a-\u202e\u2066-\u2069]/g

/** Text as the service keeps it beside the raw form: contract §3. */
export function normaliseText(text: string): string {
  return text.toWellFormed().replace(lineBreaks, '\n').replace(controlCharacters, '').replace(bidiOverrides, '').trim()
}

/** The form in which two labels are the same label: Unicode composition, white space and case do not count. */
export function comparableText(text: string): string {
  return normaliseText(text).normalize('NFC').replace(/\s+/g, ' ').toLowerCase()
}

/** JSON with sorted keys: equal content gives equal text, whatever order Jotform sent it in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}

/** PHP, which reads the form, goes no deeper than 64; what does would only exhaust whoever walks it. */
const maxDepth = 64

export function isTooDeep(value: unknown): boolean {
  const left: [unknown, number][] = [[value, 0]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [part, depth] = next
    if (typeof part !== 'object' || part === null) continue
    if (depth >= maxDepth) return true
    for (const item of Object.values(part)) left.push([item, depth + 1])
  }
  return false
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
