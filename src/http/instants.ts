import { parseInstant } from '../domain/instant.ts'
import { invalidInput } from '../errors.ts'

/** What has the form of an instant may still be none: a leap second, an offset that no place has. Named parameters of a query, in the one form of the service. */
export function readInstants<T extends object>(query: T, names: readonly (keyof T & string)[]): T {
  const read = { ...query }
  for (const name of names) {
    const text = query[name]
    if (typeof text !== 'string') continue
    const at = parseInstant(text)
    if (at === undefined) throw invalidInput(`/query/${name}`, 'wrong_format', `"${text}" is not an RFC 3339 instant.`)
    read[name] = at as T[typeof name]
  }
  return read
}
