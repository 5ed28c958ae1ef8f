import type { ErrorObject } from 'ajv'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, errorCodes } from '../error-codes.ts'
import { AppError, type InputFault, type PlaceConflict } from '../errors.ts'
import { toFaults } from './validation.ts'

interface ProblemInput {
  detail?: string | undefined
  errors?: InputFault[] | undefined
  conflicts?: PlaceConflict[] | undefined
}

/** Path of the request as a problem and the log may show it: no query, no secret of an address that is a credential. */
export const shownPath = (request: FastifyRequest): string => redactPath(request.url.split('?', 1)[0] ?? '')

export const redactPath = (path: string): string =>
  path
    .replace(/(\/jotform\/+hooks).*/i, '$1/[secret]')
    // What is no id there is the secret of a feed, or an attempt at one.
    .replace(/(\/calendar-feeds\/+)(?![\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?:\/|$))[^/]+/i, '$1[secret]')

/** The text of a problem document (RFC 9457). */
export function problemText(
  request: FastifyRequest,
  code: ErrorCode,
  { detail, errors, conflicts }: ProblemInput = {},
): string {
  const { status, title, advice } = errorCodes[code]
  return JSON.stringify({
    type: `/problems/${code}`,
    title,
    status,
    detail: detail ?? advice,
    instance: shownPath(request),
    code,
    requestId: request.id,
    errors,
    conflicts,
  })
}

/** Sends a problem document. Serialised here, so that it goes out whole on every route. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, code: ErrorCode, input: ProblemInput = {}) {
  // A request that no route is looked up for passes no hook that would set it.
  reply.header('x-request-id', request.id)
  return reply
    .code(errorCodes[code].status)
    .type('application/problem+json; charset=utf-8')
    .serializer(String)
    .send(problemText(request, code, input))
}

/** What Fastify itself refuses, by its code. */
const frameworkCodes: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_request',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  FST_ERR_BAD_URL: 'invalid_request',
  FST_ERR_ASYNC_CONSTRAINT: 'invalid_request',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
  FST_REQ_FILE_TOO_LARGE: 'payload_too_large',
}

/** Connection trouble of the driver, shutdown states of PostgreSQL, and locks that others hold: the request may be repeated, nothing was half done. */
const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08006',
  '08001',
  '08003',
  '57014',
  // Held for too long, deadlock, serialization.
  '55P03',
  '40P01',
  '40001',
])

/**
 * PostgreSQL has no U+0000 in text and none in jsonb, and no instant with a leap second or an offset that no place has: what only it
 * can find wrong with a request is a fault of the request all the same.
 */
const unstorableCodes = new Set(['22021', '22P05', '22007', '22008', '22009'])

export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = (error as { code?: string }).code ?? ''
  return (
    connectionCodes.has(code) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
      error.message,
    )
  )
}

export function handleError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof AppError) {
    reply.headers(error.headers)
    const { detail, errors, conflicts } = error
    return sendProblem(request, reply, error.code, { detail, errors, conflicts })
  }
  const { validation, validationContext, code = '', statusCode } = error as FastifyError
  if (validation !== undefined) {
    const errors = toFaults(validation as unknown as ErrorObject[], validationContext ?? 'body')
    return sendProblem(request, reply, 'invalid_request', {
      detail: `${errors.length === 1 ? 'One fault' : `${errors.length} faults`} in the request.`,
      errors,
    })
  }
  const known = frameworkCodes[code]
  if (known !== undefined) return sendProblem(request, reply, known, frameworkFault(known, error))
  if (error instanceof SyntaxError && statusCode === 400)
    return sendProblem(request, reply, 'invalid_request', frameworkFault('invalid_request', error))
  if (unstorableCodes.has(code)) {
    const message = 'The request contains the character U+0000, which cannot be stored or searched for.'
    return sendProblem(request, reply, 'invalid_request', {
      detail: message,
      errors: [{ pointer: '', code: 'wrong_format', message }],
    })
  }
  if (isUnavailable(error)) {
    request.log.warn({ err: error }, 'database unavailable')
    reply.header('retry-after', '5')
    return sendProblem(request, reply, 'unavailable')
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return sendProblem(
      request,
      reply,
      statusCode === 413 ? 'payload_too_large' : 'invalid_request',
      frameworkFault('invalid_request', error),
    )
  }
  request.log.error({ err: error }, 'unexpected error')
  return sendProblem(request, reply, 'internal_error')
}

function frameworkFault(code: ErrorCode, error: Error): ProblemInput {
  if (code !== 'invalid_request') return {}
  const message = /JSON/i.test(error.message) ? 'The body is not valid JSON.' : 'The request could not be read.'
  return { detail: message, errors: [{ pointer: '', code: 'unreadable', message }] }
}

/** `/problems/{code}`: a page a person can read for every `type` that the service sends. */
export async function problemPages(app: FastifyInstance) {
  app.get<{ Params: { code: string } }>(
    '/problems/:code',
    { schema: { hide: true }, config: { access: 'public' } },
    async (request, reply) => {
      const entry = Object.hasOwn(errorCodes, request.params.code)
        ? errorCodes[request.params.code as ErrorCode]
        : undefined
      if (entry === undefined) throw new AppError('not_found')
      reply.type('text/html; charset=utf-8')
      return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${entry.title}</title><h1>${entry.title}</h1><p><code>${request.params.code}</code>, status ${entry.status}</p><p>${entry.advice.replaceAll('<', '&lt;')}</p></html>\n`
    },
  )
}
