import type { App } from '../deps.ts'
import { problems } from './schemas.ts'

/** What every operation of the contract has in common: its possible problems, its security, its cache headers. */
export function addRouteDefaults(app: App): void {
  app.addHook('onRoute', (route) => {
    const schema = route.schema as Record<string, unknown> | undefined
    if (schema === undefined || schema.hide === true || schema.operationId === undefined) return
    const access = route.config?.access
    if (access === undefined) throw new Error(`${schema.operationId}: who may call it?`)
    const takesBody = schema.body !== undefined || schema.consumes !== undefined
    schema.response = {
      ...problems(400, 401, 405, 500, 503),
      ...(access === 'public' ? {} : problems(403)),
      ...(takesBody ? problems(413, 415) : {}),
      ...(schema.response as object),
    }
    schema.security = access === 'public' ? [] : [{ bearer: [] }]
    schema['x-access'] = access === 'public' ? ['public'] : [...access]
    // An operation without parameters takes none: a typo never passes silently.
    schema.querystring ??= { type: 'object', properties: {}, additionalProperties: false }
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    if (!reply.hasHeader('cache-control')) {
      const open = request.routeOptions.config.access === 'public' && (request.caller === undefined || request.caller.role === 'public')
      reply.header('cache-control', open && reply.statusCode < 400 ? 'no-cache' : 'private, no-store')
      const vary = reply.getHeader('vary')
      reply.header('vary', vary === undefined ? 'Authorization' : addVary(vary, 'Authorization'))
    }
    done(null, payload)
  })
}

function addVary(present: unknown, name: string): string {
  const names = typeof present === 'string' && present !== '' ? present.split(',').map((n) => n.trim()) : []
  return names.some((n) => n.toLowerCase() === name.toLowerCase()) ? names.join(', ') : [...names, name].join(', ')
}
