import type { FastifyReply, FastifyRequest } from 'fastify'

/** `Link: <…>; rel="next"`: the address of this list with the next page's cursor. Nothing on the last page. */
export function setNextLink(request: FastifyRequest, reply: FastifyReply, nextCursor: string | null): void {
  if (nextCursor === null) return
  const address = new URL(request.url, 'http://service')
  address.searchParams.set('cursor', nextCursor)
  reply.header('link', `<${address.pathname}${address.search}>; rel="next"`)
}
