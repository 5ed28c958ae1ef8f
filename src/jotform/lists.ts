import type { AnswerSource } from './answers.ts'
import { parseObject } from './delivery.ts'
import type { MappedFile } from './mapping.ts'
import type { MappingField } from './mapping-format.ts'
import { comparableText, decodeEntities, isRecord, normaliseText } from './text.ts'

interface ListReader {
  source: AnswerSource
  country: (text: string) => string
  note: (message: string) => void
}

export interface Member {
  name: string
  country?: string
}

/** The rows of a configurable list: JSON as text, which the API escapes in some forms and not in others. */
export function readList(field: MappingField, value: unknown, reader: ListReader): Member[] | undefined {
  const found = readRows(value, reader.source)
  if (found === undefined) {
    reader.note(`The list for ${field.to} could not be read.`)
    return undefined
  }
  const columns = new Map(Object.entries(field.columns ?? {}).map(([label, key]) => [comparableText(label), key]))
  const members = found.rows.flatMap((row) => {
    const member: { name?: string; country?: string } = {}
    for (const [label, cell] of Object.entries(isRecord(row) ? row : {})) {
      const key = columns.get(comparableText(found.decode(label)))
      const text = typeof cell === 'string' || typeof cell === 'number' ? normaliseText(found.decode(String(cell))) : ''
      if (key !== undefined && text !== '') member[key] = key === 'country' ? reader.country(text) : text
    }
    return member.name === undefined ? [] : [member as Member]
  })
  if (members.length < found.rows.length) reader.note(`Rows without a name were left out of ${field.to}.`)
  return members.length === 0 ? undefined : members
}

/** Cells of a list that was decoded as a whole, or never escaped, must not be decoded again. */
function readRows(
  value: unknown,
  source: AnswerSource,
): { rows: unknown[]; decode: (text: string) => string } | undefined {
  const asIs = (text: string) => text
  if (Array.isArray(value)) return { rows: value, decode: source === 'api' ? decodeEntities : asIs }
  if (typeof value !== 'string') return undefined
  const rows = parseRows(value) ?? (source === 'api' ? parseRows(decodeEntities(value)) : undefined)
  return rows === undefined ? undefined : { rows, decode: asIs }
}

function parseRows(text: string): unknown[] | undefined {
  const rows = parseObject(`{"rows":${text}}`)?.rows
  return Array.isArray(rows) ? rows : undefined
}

/** Addresses of uploaded files; the name is the last part of the path, decoded once. */
export function readFiles(
  field: MappingField,
  value: unknown,
  clean: (text: string) => string,
  note: (message: string) => void,
): MappedFile[] {
  const items = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [value]
  const files = new Map<string, MappedFile>()
  for (const item of items) {
    if (typeof item !== 'string' || item.trim() === '') continue
    for (const text of item.split(/\s*\n\s*/)) {
      const url = URL.parse(clean(text))
      if (url === null) {
        note(`"${clean(text)}" is not the address of a file.`)
        continue
      }
      // The same file appears with and without a token in the query.
      const key = `${url.origin}${url.pathname}`
      if (!files.has(key))
        files.set(key, { pointer: field.to, qid: field.qid, url: url.href, name: clean(fileName(url)) })
    }
  }
  return [...files.values()]
}

export function fileName(url: URL): string {
  const last = url.pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}
