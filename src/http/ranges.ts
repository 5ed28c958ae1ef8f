import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import type { ByteRange, Content } from '../storage/storage.ts'

export interface Representation {
  sizeBytes: number
  mediaType: string
  /** Of these very bytes, in quotes. */
  etag: string
  /** Undefined when the bytes are not there. */
  open(range?: ByteRange): Promise<Content | undefined>
}

/**
 * Sends bytes whole or in part (RFC 9110 §14): 206 for one range, 416 for one that lies outside, the whole where several are asked for or where
 * `If-Range` names other bytes.
 */
export async function sendBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  { sizeBytes, mediaType, etag, open }: Representation,
): Promise<unknown> {
  reply.header('accept-ranges', 'bytes').header('etag', etag)
  const held = request.headers['if-none-match']
  if (held !== undefined && namesTag(held, etag)) return reply.code(304).send()
  const range = rangeOf(request, sizeBytes, etag)
  if (range === 'outside') {
    reply.removeHeader('etag')
    throw new AppError('range_not_satisfiable', { headers: { 'content-range': `bytes */${sizeBytes}` } })
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes - 1 }
  reply.type(mediaType).header('content-length', end - start + 1)
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end}/${sizeBytes}`)
  // With nothing at all the framework would say that there are no bytes.
  if (request.method === 'HEAD') return reply.serializer(String).send(Readable.from([]))
  const content = await open(range)
  // The row is ahead of its bytes: nothing of the kind happens unless somebody took them away.
  if (content === undefined || content.sizeBytes !== sizeBytes)
    throw new Error(`A file is not as its row says: ${content?.sizeBytes} bytes.`)
  return reply.serializer(String).send(content.stream)
}

const namesTag = (header: string, etag: string): boolean =>
  header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)

function rangeOf({ headers }: FastifyRequest, size: number, etag: string): ByteRange | 'outside' | undefined {
  const condition = headers['if-range']
  if (headers.range === undefined || (condition !== undefined && condition !== etag)) return undefined
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.range.replaceAll(' ', '')) ?? []
  if (from === '' && to === '') return undefined
  if (from === '') return Number(to) === 0 ? 'outside' : { start: Math.max(0, size - Number(to)), end: size - 1 }
  const start = Number(from)
  const end = Math.min(to === '' ? size - 1 : Number(to), size - 1)
  if (to !== '' && Number(to) < start) return undefined
  return start >= size ? 'outside' : { start, end }
}
