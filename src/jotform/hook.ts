import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { equalSecrets } from '../http/access.ts'
import { sendProblem } from '../http/problems.ts'
import { closed, documentedBody, problems, Type } from '../http/schemas.ts'
import { sha256 } from './content.ts'
import { insertDurably } from './queries-deliveries.ts'

/** A form with a drawn signature and a long page makes several megabytes; nothing real comes near this. */
const deliveryBodyLimit = 25 * 1024 * 1024

const tags = ['jotform']
const params = closed({ secret: Type.String({ maxLength: 200, description: 'One of JOTFORM_HOOK_SECRETS.' }) })
// A delivery is a record of its own, with the whole body.
const common = {
  access: 'public' as const,
  ignoreTrace: true,
  ignoresIdempotencyKey: true,
  ignoresCredentials: true,
  audit: false as const,
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The content type of a delivery as it was sent. */
    sentContentType?: string | undefined
  }
}

/** What Jotform posts to. It says yes only to what is safely stored, and nothing here asks anybody else. */
export const hookRoutes = (deps: Deps) => async (app: App) => {
  // Deliveries are never limited; guesses at the secret are.
  const limited = ({ params }: FastifyRequest) => isSecret(deps, (params as { secret: string }).secret)
  const config = { ...common, limited }
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    if (isSecret(deps, (request.params as { secret: string }).secret)) {
      request.sentContentType = request.headers['content-type']
      // Fastify refuses a type that it cannot parse; here every body is bytes, whatever it is called.
      if (request.sentContentType !== undefined) request.headers['content-type'] = 'application/octet-stream'
      return
    }
    // The body stays unread: the connection ends with the answer.
    await sendProblem(request, reply.header('connection', 'close'), 'not_found')
  }
  app.decorateRequest('sentContentType')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: deliveryBodyLimit }, (request, body, done) => {
    request.receivedAt = deps.clock.now()
    done(null, body)
  })
  answerExpectations(app, deps)

  app.post(
    '/hooks/:secret',
    {
      config,
      onRequest,
      schema: {
        tags,
        operationId: 'receiveJotformDelivery',
        summary: 'Receive Jotform delivery',
        description:
          'The webhook that is registered in Jotform. Any body is taken as it is, up to 25 MiB, in every status of the round, and is read later; ' +
          '200 means that it is stored for good. A wrong secret is answered 404, and 429 after many of them, before the body is read. With the right one there is no limit of requests.',
        params,
        consumes: ['multipart/form-data', 'application/x-www-form-urlencoded', 'application/json'],
        ...documentedBody('What Jotform sends. Fields that are not named here are kept, not refused.', {
          'multipart/form-data': {
            schema: {
              type: 'object',
              properties: {
                formID: { type: 'string', description: 'Id of the form.' },
                submissionID: {
                  type: 'string',
                  description: 'Id of the submission: digits, larger than 2^53, so always a string.',
                },
                rawRequest: { type: 'string', description: 'All answers as JSON text.' },
              },
            },
            example: {
              formID: '203423859147358',
              submissionID: '4856715181114297811',
              rawRequest: '{"q4_institutionName":"Ligue des droits"}',
            },
          },
        }),
        response: {
          200: Type.Object(
            { ok: Type.Literal(true, { description: 'The delivery is stored.' }) },
            { description: 'Stored.' },
          ),
          ...problems(404),
        },
      },
    },
    async (request) => {
      const body = request.body as Buffer | undefined
      if (body === undefined || body.length === 0) {
        throw new AppError('invalid_request', {
          detail: 'A delivery has a body.',
          errors: [{ pointer: '', code: 'required', message: 'The body is empty.' }],
        })
      }
      await insertDurably(deps, deps.intakePool, {
        receivedAt: request.receivedAt,
        source: 'webhook',
        format: 'webhook',
        remoteIp: request.ip,
        headers: keptHeaders(request),
        contentType: request.sentContentType,
        rawBody: body,
        rawSha256: sha256(body),
      })
      return { ok: true as const }
    },
  )

  app.get(
    '/hooks/:secret',
    {
      config,
      onRequest,
      schema: {
        tags,
        operationId: 'checkJotformHook',
        summary: 'Check Jotform hook',
        description:
          'Answers 200 to whoever tries the address out in a browser or probes it, and 404 to a wrong secret.',
        params,
        response: {
          200: Type.Object(
            { ok: Type.Literal(true, { description: 'The address is right.' }) },
            { description: 'The address is right.' },
          ),
          ...problems(404),
        },
      },
    },
    async () => ({ ok: true as const }),
  )
}

/** Compares with every secret, whichever fits, so that the time tells nothing. */
function isSecret(deps: Deps, given: string): boolean {
  return deps.config.jotform.hookSecrets.map((secret) => equalSecrets(given, secret)).includes(true)
}

const droppedHeaders = ['authorization', 'cookie', 'traceparent', 'tracestate', 'newrelic', 'proxy-authorization']

/** Headers as evidence, without credentials, strangers' traces and our own secret. */
function keptHeaders(request: FastifyRequest): Record<string, string> {
  const { secret } = request.params as { secret: string }
  return Object.fromEntries(
    Object.entries({ ...request.headers, 'content-type': request.sentContentType })
      .filter(([name, value]) => !droppedHeaders.includes(name) && value !== undefined)
      .map(([name, value]) => [name, String(value).replaceAll(secret, '[secret]').replaceAll('\u0000', '')]),
  )
}

/** `Expect: 100-continue` asks whether the body is wanted: with a wrong secret it is not, and Node must not say yes by itself. */
function answerExpectations(app: App, deps: Deps): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const [, secret] = /\/jotform\/hooks\/([^/?]+)/i.exec(request.url ?? '') ?? []
    if (secret === undefined || isSecret(deps, decode(secret))) response.writeContinue()
    app.server.emit('request', request, response)
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
