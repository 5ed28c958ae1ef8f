import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { type AppError, invalidInput } from '../errors.ts'

const pointer = '/headers/idempotency-key'
const maxLength = 255
const printable = /^[\x21-\x7e]+$/
/** A string as RFC 9651 writes it: in quotes, with `"` and `\` escaped. */
const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/

/** The key that the client sent, without the quotes of a structured field; undefined when there is none. */
export function readKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const text = String(header).trim()
  const key = text.startsWith('"') ? quoted.exec(text)?.[1]?.replace(/\\(.)/g, '$1') : printable.exec(text)?.[0]
  if (key === undefined || key === '') throw refusal('wrong_format', 'A key is printable ASCII, bare or in quotes.')
  if (key.length > maxLength) throw refusal('too_long', `A key has at most ${maxLength} characters.`)
  return key
}

const refusal = (code: string, message: string): AppError => invalidInput(pointer, code, message)

const hash = (value: unknown): Buffer => createHash('sha256').update(canonicalJson(value)).digest()

/** JSON with sorted keys: the order of fields says nothing. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** Whose key it is and for which operation: the credential, or the address of a caller who showed none. */
export function hashOfKey(key: string, { caller, ip, method, url }: FastifyRequest): Buffer {
  const scope = caller.role === 'public' ? ['address', ip] : [caller.role, caller.id]
  return hash([scope, method, url.split('?', 1)[0], key])
}

/** What makes two requests the same: query, precondition, media type and content. */
export function hashOfRequest({ query, headers, body }: FastifyRequest, content: unknown = null): Buffer {
  const type = headers['content-type'] ?? ''
  const received = Buffer.isBuffer(body) ? hashOfBytes(body, type) : (body ?? null)
  return hash([query, headers['if-match'] ?? null, type.split(';', 1)[0]?.trim().toLowerCase(), received, content])
}

/** A browser or a library draws a new boundary for each try; the parts count, not the boundary. */
function hashOfBytes(body: Buffer, type: string): string {
  const boundary = /^multipart\/.*;\s*boundary="?([^";]+)"?/i.exec(type)?.[1]
  const digest = createHash('sha256')
  let from = 0
  for (let at = find(body, boundary, 0); at !== -1; at = find(body, boundary, from)) {
    digest.update(body.subarray(from, at)).update('--')
    from = at + 2 + (boundary as string).length
  }
  return digest.update(body.subarray(from)).digest('base64url')
}

const find = (body: Buffer, boundary: string | undefined, from: number): number =>
  boundary === undefined ? -1 : body.indexOf(`--${boundary}`, from, 'latin1')
