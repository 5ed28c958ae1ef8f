import type { Clock } from '../clock.ts'
import type { App } from '../deps.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The instant at which the whole request had been read, before any work on it: a busy server makes nobody late (R4). */
    receivedAt: string
  }
}

/** JSON is the body of every operation but uploads and deliveries; a merge patch is JSON too (RFC 7396). */
const jsonTypes = ['application/json', 'application/merge-patch+json']

export function addReceivedAt(app: App, clock: Clock): void {
  app.decorateRequest('receivedAt', '')
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(jsonTypes, { parseAs: 'string' }, (request, body, done) => {
    request.receivedAt = clock.now()
    return parseJson(request, body as string, done)
  })
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.receivedAt === '') request.receivedAt = clock.now()
    done()
  })
}
