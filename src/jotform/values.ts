import { isRecord } from './text.ts'

/** The text parts of an answer, in order: a plain text, the items of a list, or the values of an "other" object. */
export interface Parts {
  values: string[]
  /** What was typed into "Other". */
  other?: string
}

/** Jotform sends choices as a text, a list, or (PHP's form with "other") `{"0": "A", "1": "B", "other": "text"}`. */
export function readParts(value: unknown, clean: (text: string) => string): Parts {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return { values: [clean(String(value))].filter(isNotEmpty) }
  }
  const entries = Array.isArray(value)
    ? value.map((item, index) => [String(index), item])
    : Object.entries(isRecord(value) ? value : {})
  const parts: Parts = { values: [] }
  for (const [key, item] of entries as [string, unknown][]) {
    if (isRecord(item) && typeof item.other === 'string') parts.other = clean(item.other)
    else if (typeof item === 'boolean') parts.values.push(...(item ? [clean(key)] : []))
    else if (typeof item !== 'string' && typeof item !== 'number') continue
    else if (key === 'other') parts.other = clean(String(item))
    else parts.values.push(clean(String(item)))
  }
  parts.values = parts.values.filter(isNotEmpty)
  if (parts.other === '') delete parts.other
  return parts
}

/** A whole answer as one line of text, whatever its shape. */
export function readText(value: unknown, clean: (text: string) => string): string {
  if (isRecord(value) && typeof value.full === 'string') return clean(value.full)
  const { values, other } = readParts(value, clean)
  return [...values, ...(other === undefined ? [] : [other])].join(', ')
}

/** `{full}` as masked fields send it, or `{area, phone}` with or without a country code. */
export function readPhone(value: unknown, clean: (text: string) => string): string {
  if (!isRecord(value)) return readText(value, clean)
  const part = (key: string) => (typeof value[key] === 'string' ? clean(value[key]) : '')
  return part('full') || [part('country'), part('area'), part('phone')].filter(isNotEmpty).join(' ')
}

export function readFullName(
  value: unknown,
  clean: (text: string) => string,
): { firstName?: string; lastName?: string } {
  const name: { firstName?: string; lastName?: string } = {}
  const part = (key: string) => (isRecord(value) && typeof value[key] === 'string' ? clean(value[key]) : '')
  const words = isRecord(value) ? [] : readText(value, clean).split(/\s+/).filter(isNotEmpty)
  // A name in one text (an export): the last word is the family name, for want of anything better.
  const first = [part('first'), part('middle')].filter(isNotEmpty).join(' ') || words.slice(0, -1).join(' ')
  const last = part('last') || (words.at(-1) ?? '')
  if (first !== '') name.firstName = first
  if (last !== '') name.lastName = last
  return name
}

/** A number as people type it: `2004`, `1 250 000,50`, `1.250.000`. What could mean two things gives nothing. */
export function readNumber(text: string): number | undefined {
  const digits = text.replace(/[\s'’\u00a0\u202f]/g, '')
  const match = /^([+-]?\d+(?:[.,]\d{3})*)([.,]\d+)?$/.exec(digits)
  if (match === null) return /^[+-]?\d+$/.test(digits) ? Number(digits) : undefined
  const separators = digits.replace(/[^.,]/g, '')
  if (separators === '') return Number(digits)
  const last = separators.at(-1) as string
  const isDecimal = separators.indexOf(last) === separators.length - 1
  if (!isDecimal) return new Set(separators).size === 1 ? Number(digits.replaceAll(last, '')) : undefined
  // One dot before exactly three digits is a decimal in English and a thousand elsewhere.
  if (separators === '.' && /\.\d{3}$/.test(digits)) return undefined
  if (separators === ',' && /,\d{3}$/.test(digits)) return Number(digits.replace(',', ''))
  return Number(
    `${digits.slice(0, digits.lastIndexOf(last)).replace(/[.,]/g, '')}.${digits.slice(digits.lastIndexOf(last) + 1)}`,
  )
}

const yesWords = ['yes', 'true', '1', 'on', 'y', 'oui', 'sí', 'si', 'да', 'نعم', '是']
const noWords = ['no', 'false', '0', 'off', 'n', 'non', 'нет', 'لا', '否', '不']

export function readBoolean(value: unknown, clean: (text: string) => string): boolean | undefined {
  if (typeof value === 'boolean') return value
  const { values } = readParts(value, clean)
  const [first] = values
  if (first === undefined || values.length > 1) return undefined
  if (yesWords.includes(first.toLowerCase())) return true
  if (noWords.includes(first.toLowerCase())) return false
  // A ticked box whose label is a sentence: ticking it is the answer.
  return Array.isArray(value) || isRecord(value) ? true : undefined
}

function isNotEmpty(text: string): boolean {
  return text !== ''
}
