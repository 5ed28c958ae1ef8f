import type { App } from '../deps.ts'
import { shownPath } from './problems.ts'

const traceparent = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/

/** One line per request: id, operation, status, duration, caller. Never a body, a query or a credential. */
export function addRequestLog(app: App): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { schema, config } = request.routeOptions
    // Jotform's trace ids would join strangers' traces to ours.
    const trace = config.ignoreTrace ? undefined : traceparent.exec(String(request.headers.traceparent ?? ''))?.[1]
    request.log.info(
      {
        operation: schema?.operationId ?? `${request.method} ${shownPath(request)}`,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        caller: request.caller?.id,
        ...(trace === undefined ? {} : { trace }),
      },
      'request',
    )
    done()
  })
}

declare module 'fastify' {
  interface FastifyContextConfig {
    ignoreTrace?: boolean
  }
  interface FastifySchema {
    operationId?: string
  }
}
