/** The value at a JSON Pointer (RFC 6901) in a document; nothing where there is none. Inherited properties are not seen. */
export function readPointer(document: unknown, pointer: string): unknown {
  if (pointer === '') return document
  const keys = pointer.split('/').slice(1)
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')).reduce(readOwn, document)
}

/** Whether one pointer names the same place as another, or a place inside it. */
export function isWithin(pointer: string, parent: string): boolean {
  return pointer === parent || pointer.startsWith(`${parent}/`)
}

function readOwn(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<string, unknown>)[key]
}
