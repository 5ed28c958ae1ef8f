import type { App } from '../deps.ts'
import { problemText } from './problems.ts'

/** How long a body may take that is no upload. */
const bodyMs = 120_000

/**
 * In place of the server's own limit, which would cut an upload over a poor line: whoever sends a body slowly for no reason does not keep
 * the connection. The headers' own limit stays the server's.
 */
export function addBodyTimeout(app: App, limitMs = bodyMs): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw, headers } = request
    const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
    if (!hasBody || request.routeOptions.config.takesLong === true) return done()
    const refuse = () => {
      if (raw.complete || reply.sent || !raw.socket.writable) return
      const body = problemText(request, 'request_timeout')
      raw.socket.end(
        `HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json; charset=utf-8\r\nX-Request-Id: ${request.id}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
        () => raw.socket.destroy(),
      )
    }
    const timer = setTimeout(refuse, limitMs).unref()
    const settle = () => clearTimeout(timer)
    raw.once('end', settle).once('close', settle)
    done()
  })
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** An upload: its body may take hours, and ends when nothing comes any more. */
    takesLong?: boolean
  }
}
