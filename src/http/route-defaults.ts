import type { App } from '../deps.ts'
import { AppError, invalidInput } from '../errors.ts'
import { problems } from './schemas.ts'
import { escapePointer } from './validation.ts'

/** What every operation of the contract has in common: its possible problems, its security, its cache headers. */
export function addRouteDefaults(app: App): void {
  app.addHook('onRoute', (route) => {
    const schema = route.schema as Record<string, unknown> | undefined
    if (schema === undefined || schema.hide === true || schema.operationId === undefined) return
    const access = route.config?.access
    if (access === undefined) throw new Error(`${schema.operationId}: who may call it?`)
    // A body may be sent to any of these, asked for or not, and be too large or of a type that is not read.
    const mayHaveBody = ![route.method].flat().every((method) => method === 'GET' || method === 'HEAD')
    schema.response = {
      ...problems(400, 401, 405, 429, 500, 503),
      ...(access === 'public' ? {} : problems(403)),
      ...(mayHaveBody ? problems(413, 415) : {}),
      ...(schema.response as object),
    }
    if (takesTag(schema, route.method)) nameTag(schema.response as Record<string, { headers?: object }>)
    // Whoever has a credential may show it where none is needed, and often sees more.
    schema.security = access === 'public' ? [{}, { bearer: [] }] : [{ bearer: [] }]
    schema['x-access'] = access === 'public' ? ['public'] : [...access]
    // An operation without parameters takes none: a typo never passes silently.
    schema.querystring ??= { type: 'object', properties: {}, additionalProperties: false }
  })
  app.addHook('preValidation', (request, _reply, done) => {
    const { schema } = request.routeOptions
    if (request.routeOptions.config.bodyMayBeAbsent && request.body === undefined) request.body = {}
    const takesBody = schema === undefined || schema.body !== undefined || schema.consumes !== undefined
    done(takesBody ? undefined : refusalOfBody(request.body))
  })
  // A route that writes its answer with a writer of its own leaves the type out otherwise.
  app.addHook('preSerialization', (_request, reply, payload, done) => {
    if (!reply.hasHeader('content-type')) reply.type('application/json; charset=utf-8')
    done(null, payload)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (!reply.hasHeader('content-security-policy'))
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    if (!reply.hasHeader('cache-control')) {
      const open =
        request.routeOptions.config.access === 'public' &&
        !request.routeOptions.config.restricted &&
        (request.caller === undefined || request.caller.role === 'public')
      reply.header('cache-control', open && reply.statusCode < 400 ? 'no-cache' : 'private, no-store')
      const vary = reply.getHeader('vary')
      reply.header('vary', vary === undefined ? 'Authorization' : addVary(vary, 'Authorization'))
    }
    done(null, payload)
  })
}

const etag = {
  etag: {
    type: 'string',
    description: 'Tag of this representation: send it as `If-None-Match` to read again, as `If-Match` to change.',
  },
}

/** What is read or patched by its tag is answered with one. */
function takesTag({ headers }: Record<string, unknown>, method: string | string[]): boolean {
  const { properties = {} } = (headers ?? {}) as { properties?: object }
  return 'if-none-match' in properties || (method === 'PATCH' && 'if-match' in properties)
}

function nameTag(response: Record<string, { headers?: object }>): void {
  if (response[200] !== undefined) response[200] = { ...response[200], headers: { ...response[200].headers, ...etag } }
}

/** An operation without a body takes none but an empty one: a typo never passes silently. */
function refusalOfBody(body: unknown): AppError | undefined {
  if (body === undefined || body === null || Buffer.isBuffer(body)) return undefined
  if (typeof body !== 'object' || Array.isArray(body))
    return invalidInput('', 'wrong_type', 'This operation takes no body.')
  const errors = Object.keys(body)
    .slice(0, 50)
    .map((key) => ({
      pointer: `/${escapePointer(key)}`,
      code: 'unknown_field',
      message: 'This operation takes no body.',
    }))
  return errors.length === 0
    ? undefined
    : new AppError('invalid_request', { detail: 'This operation takes no body.', errors })
}

function addVary(present: unknown, name: string): string {
  const names = typeof present === 'string' && present !== '' ? present.split(',').map((n) => n.trim()) : []
  return names.some((n) => n.toLowerCase() === name.toLowerCase()) ? names.join(', ') : [...names, name].join(', ')
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every field is optional, and so is the body. */
    bodyMayBeAbsent?: boolean
  }
}
