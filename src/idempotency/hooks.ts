import type { FastifyRequest, RouteHandlerMethod, RouteOptions } from 'fastify'
import type { App, Deps } from '../deps.ts'
import { problems } from '../http/schemas.ts'
import { hashOfRequest, readKey } from './key.ts'
import { type KeyedRequest, keepAnswer, once } from './once.ts'

declare module 'fastify' {
  interface FastifyRequest {
    keyed: KeyedRequest | undefined
  }
  interface FastifyContextConfig {
    /** The answer holds a secret that is never shown again: it is not kept, and a retry is told so. */
    showsSecretOnce?: boolean
    /** The handler reads its body as a stream and calls `once` itself when it has it. */
    readsOwnBody?: boolean
    /** Deliveries of others: their headers are theirs. */
    ignoresIdempotencyKey?: boolean
  }
}

const header = {
  type: 'string',
  description:
    'Makes a retry safe: the first answer to this key is kept for 72 hours, together with its effect, and given again with `Idempotent-Replayed: true`. ' +
    'A key of your own, best a random UUID, at most 255 characters, bare or in quotes; it belongs to your credential (without one to your address), the method and the path. ' +
    'Another content under the same key: 422; the first request still running: 409. An answer of 429 or of 500 and above is not kept.',
  examples: ['"7d1e0f4a-2c7b-4b0f-9f63-0f7f7f0c1a52"'],
}

const replayed = {
  'idempotent-replayed': {
    type: 'string',
    enum: ['true'],
    description: 'This is the first answer to this `Idempotency-Key`, given again; nothing was done anew.',
  },
}

/** Every POST of the contract honours `Idempotency-Key` (docs/decisions/0006). */
export function addIdempotency(app: App, deps: Deps): void {
  app.decorateRequest('keyed', undefined)
  app.addHook('onRoute', (route) => {
    if (!takesKey(route)) return
    document(route.schema as Record<string, unknown>)
    if (route.config?.readsOwnBody === true) return
    const handler = route.handler as (this: unknown, ...args: Parameters<RouteHandlerMethod>) => Promise<unknown>
    route.handler = function (request, reply) {
      return request.keyed === undefined
        ? handler.call(this, request, reply)
        : once(deps, request, reply, async () => handler.call(this, request, reply))
    }
  })
  // After the guard of the text and before defaults are put into the body: the hash is over what was sent.
  app.addHook('preValidation', (request, _reply, done) => {
    try {
      request.keyed = keyedOf(request)
      done()
    } catch (error) {
      done(error as Error)
    }
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.keyed?.tx === undefined) done(null, payload)
    else keepAnswer(deps, request, reply, payload).then((kept) => done(null, kept), done)
  })
}

function takesKey({ method, schema, config }: Pick<RouteOptions, 'method' | 'schema' | 'config'>): boolean {
  const { operationId, hide } = (schema ?? {}) as { operationId?: string; hide?: boolean }
  return method === 'POST' && operationId !== undefined && hide !== true && config?.ignoresIdempotencyKey !== true
}

function keyedOf(request: FastifyRequest): KeyedRequest | undefined {
  if (!takesKey(request.routeOptions as RouteOptions)) return undefined
  const key = readKey(request.headers['idempotency-key'])
  return key === undefined ? undefined : { key, requestHash: hashOfRequest(request), keyHash: Buffer.alloc(0) }
}

function document(schema: Record<string, unknown>): void {
  const { headers, response } = schema as { headers?: { properties?: object }; response?: Record<string, object> }
  schema.headers = { type: 'object', ...headers, properties: { ...headers?.properties, 'idempotency-key': header } }
  const answers = Object.entries(response ?? {}).map(([status, answer]) =>
    /^2/.test(status)
      ? [status, { ...answer, headers: { ...(answer as { headers?: object }).headers, ...replayed } }]
      : [status, answer],
  )
  schema.response = { ...problems(409, 422), ...Object.fromEntries(answers) }
}
