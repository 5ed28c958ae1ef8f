import { isRecord } from './text.ts'

/** Forms show month names in the applicant's language; a birth date sends the name instead of the number. */
const monthLanguages = ['en', 'fr', 'es', 'de', 'it', 'pt', 'nl', 'ru', 'ar']

const monthNumbers = new Map<string, number>()
for (const language of monthLanguages) {
  for (const month of ['long', 'short'] as const) {
    const format = new Intl.DateTimeFormat(language, { month, timeZone: 'UTC' })
    for (let number = 1; number <= 12; number += 1) {
      const name = plainName(format.format(Date.UTC(2021, number - 1, 1)))
      if (!monthNumbers.has(name)) monthNumbers.set(name, number)
    }
  }
}

export type DateOrder = 'dmy' | 'mdy' | 'ymd'

/** `YYYY-MM-DD` out of Jotform's date parts or a text; undefined where it is no date or its order cannot be known. */
export function readDate(value: unknown, order?: DateOrder): string | undefined {
  if (isRecord(value)) {
    const part = (key: string) =>
      typeof value[key] === 'string' || typeof value[key] === 'number' ? String(value[key]).trim() : ''
    return calendarDate(Number(part('year')), monthOf(part('month')), Number(part('day')))
  }
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?$/.exec(text)
  if (iso !== null) return calendarDate(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  return readTextDate(text, order)
}

function readTextDate(text: string, order: DateOrder | undefined): string | undefined {
  const [a, b, c, more] = text.split(/[\s,./-]+/).filter((part) => part !== '')
  if (a === undefined || b === undefined || c === undefined || more !== undefined) return undefined
  if (monthNumbers.has(plainName(a))) return calendarDate(Number(c), monthOf(a), Number(b))
  if (monthNumbers.has(plainName(b))) return calendarDate(Number(c), monthOf(b), Number(a))
  switch (order) {
    case 'dmy':
      return calendarDate(Number(c), Number(b), Number(a))
    case 'mdy':
      return calendarDate(Number(c), Number(a), Number(b))
    case 'ymd':
      return calendarDate(Number(a), Number(b), Number(c))
    default:
      return undefined
  }
}

function monthOf(text: string): number {
  return /^\d{1,2}$/.test(text) ? Number(text) : (monthNumbers.get(plainName(text)) ?? Number.NaN)
}

function plainName(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}|\./gu, '')
    .toLowerCase()
}

function calendarDate(year: number, month: number, day: number): string | undefined {
  const at = new Date(Date.UTC(year, month - 1, day))
  const isReal = year >= 1000 && year <= 9999 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day
  return isReal ? at.toISOString().slice(0, 10) : undefined
}
