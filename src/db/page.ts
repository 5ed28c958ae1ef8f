import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'

/** Where a page begins: the sort value and the id of the last row before it. */
export interface Cursor {
  value: string | number
  id: string
}

export interface Page<T> {
  data: T[]
  nextCursor: string | null
}

/** A cursor is bound to the filters and the order it was made with, by a short hash of them. */
const bindingOf = (filters: unknown): string =>
  createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 10)

export const encodeCursor = (cursor: Cursor, filters: unknown): string =>
  Buffer.from(JSON.stringify([bindingOf(filters), cursor.value, cursor.id])).toString('base64url')

/** What the parts of a cursor must be: anybody can write one, and nothing else may reach the database. */
export const cursorForms = {
  instant: (value: unknown) =>
    typeof value === 'string' &&
    /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  integer: (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) < 2 ** 31,
  text: (value: unknown) => typeof value === 'string' && !value.includes('\u0000'),
  textOrInteger: (value: unknown): boolean => cursorForms.text(value) || cursorForms.integer(value),
  uuid: (value: unknown) => typeof value === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value),
  /** A part that the list does not use. */
  none: (value: unknown) => value === '',
}

interface CursorForm {
  value: keyof typeof cursorForms
  id: 'uuid' | 'text' | 'none'
}

export function decodeCursor(
  text: string | undefined,
  filters: unknown,
  form: CursorForm = { value: 'textOrInteger', id: 'text' },
): Cursor | undefined {
  if (text === undefined) return undefined
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    parts = undefined
  }
  if (Array.isArray(parts) && parts.length === 3 && parts[0] === bindingOf(filters)) {
    const [, value, id] = parts
    if (cursorForms[form.value](value) && cursorForms[form.id](id)) return { value, id }
  }
  throw new AppError('invalid_cursor', {
    detail: 'The cursor is damaged or was made with other filters or another order.',
    errors: [{ pointer: '/query/cursor', code: 'invalid_cursor', message: 'Start again without a cursor.' }],
  })
}

/** Makes a page of at most `limit` rows out of `limit + 1` fetched ones. */
export function toPage<Row, T>(
  rows: Row[],
  limit: number,
  filters: unknown,
  keyOf: (row: Row) => Cursor,
  view: (row: Row) => T,
): Page<T> {
  const more = rows.length > limit
  const shown = more ? rows.slice(0, limit) : rows
  const last = shown.at(-1)
  return { data: shown.map(view), nextCursor: more && last !== undefined ? encodeCursor(keyOf(last), filters) : null }
}
