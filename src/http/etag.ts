import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'

/** A strong entity tag: a hash of exactly what this caller gets, never of hidden fields. */
export const etagOf = (view: unknown): string =>
  `"${createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 27)}"`

const tagsIn = (header: string): string[] => header.split(',').map((tag) => tag.trim())

/** Sends a single resource with its ETag, or 304 without a body when the caller holds it already. */
export function sendView<T>(request: FastifyRequest, reply: FastifyReply, view: T, tagged: unknown = view): T {
  const etag = etagOf(tagged)
  reply.header('etag', etag)
  const held = request.headers['if-none-match']
  if (held !== undefined && (request.method === 'GET' || request.method === 'HEAD')) {
    const match = tagsIn(held).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)
    if (match) {
      reply.code(304)
      return null as T
    }
  }
  return view
}

/** Is the caller's `If-Match` the ETag of what stands there now? Compared while the row is locked, so that no edit is lost. */
export function requireMatch(ifMatch: string | undefined, current: unknown, { required = true } = {}): void {
  if (ifMatch === undefined) {
    if (required) throw new AppError('precondition_required')
    return
  }
  const etag = etagOf(current)
  if (!tagsIn(ifMatch).some((tag) => tag === '*' || tag === etag)) throw new AppError('precondition_failed')
}
