import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyServerOptions, LogController } from 'fastify'
import { accessLinkRoutes } from './access-links/routes.ts'
import { keyCredentials } from './api-keys/credentials.ts'
import { apiKeyRoutes } from './api-keys/routes.ts'
import { applicationRoutes, dryRunRoutes } from './applications/routes.ts'
import { addAudit } from './audit/requests.ts'
import { auditRoutes } from './audit/routes.ts'
import { calendarFeedRoutes } from './calendar-feeds/routes.ts'
import { countryRoutes } from './countries/routes.ts'
import type { App, Deps } from './deps.ts'
import { documentRoutes } from './documents/routes.ts'
import { type ErrorCode, errorCodes } from './error-codes.ts'
import { addMetrics } from './health/metrics.ts'
import { healthRoutes } from './health/routes.ts'
import { addAccess } from './http/access.ts'
import { addBodyTimeout } from './http/body-timeout.ts'
import { resolveByForm } from './http/credentials.ts'
import { addDraining } from './http/draining.ts'
import { addMethodNotAllowed } from './http/methods.ts'
import { addOpenApi } from './http/openapi.ts'
import { handleError, problemPages, sendProblem } from './http/problems.ts'
import { addRateLimits } from './http/rate-limit.ts'
import { addReceivedAt } from './http/received-at.ts'
import { addRequestLog } from './http/request-log.ts'
import { addRouteDefaults } from './http/route-defaults.ts'
import { components } from './http/schemas.ts'
import { buildSerializerCompiler } from './http/serialization.ts'
import { addTextGuard } from './http/text-guard.ts'
import { buildValidatorCompiler } from './http/validation.ts'
import { addIdempotency } from './idempotency/hooks.ts'
import { jotformIntake } from './jotform/people.ts'
import { jotformRoutes } from './jotform/routes.ts'
import { sandboxMailRoutes } from './mail/routes.ts'
import { invitationRoutes } from './missions/invitation-routes.ts'
import { missionRoutes } from './missions/mission-routes.ts'
import { delegateRoutes } from './missions/routes.ts'
import { tokenResolver } from './oidc/service.ts'
import { peopleRoutes } from './people/routes.ts'
import { preSessionRoutes } from './pre-sessions/routes.ts'
import { proposalRoutes } from './programme/proposal-routes.ts'
import { programmeRoutes } from './programme/routes.ts'
import { runningOrderRoutes } from './programme/running-order-routes.ts'
import { questionRoutes, slotQuestionRoutes } from './questions/routes.ts'
import { slotHub } from './questions/stream.ts'
import { eventTicketRoutes, slotStreamRoutes } from './questions/stream-routes.ts'
import { referenceRoutes } from './reference/routes.ts'
import { retentionRoutes } from './retention/routes.ts'
import { sandboxRoutes } from './sandbox/routes.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { resolveSession } from './sessions/service.ts'
import { allSlotRoutes } from './slots/all-routes.ts'
import { captionRoutes } from './video-submissions/caption-routes.ts'
import { deliveryRoutes } from './video-submissions/delivery-routes.ts'
import { videoSubmissionRoutes } from './video-submissions/routes.ts'
import { uploadRoutes } from './video-submissions/upload-routes.ts'

const jsonBodyLimit = 256 * 1024

/** The one list of what the service is made of, in the order it takes effect. Synchronous to read; `await app.ready()` builds it. */
export async function buildApp(deps: Deps, options: FastifyServerOptions = {}): Promise<App> {
  const app = Fastify({
    ...options,
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: jsonBodyLimit,
    trustProxy: deps.config.http.trustProxy,
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
    },
    // Bodies have a limit of their own: uploads take as long as they take.
    requestTimeout: 0,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
    clientErrorHandler: refuseBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as App

  app.setValidatorCompiler(buildValidatorCompiler(components()) as never)
  app.setSerializerCompiler(buildSerializerCompiler(components()) as never)
  app.setErrorHandler(handleError)
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, 'not_found'))
  addRequestLog(app)
  addDraining(app)
  addBodyTimeout(app)
  const metrics = addMetrics(app, deps)
  addReceivedAt(app, deps.clock)
  addTextGuard(app)
  addIdempotency(app, deps)
  addRouteDefaults(app)
  await app.register(helmet, {
    contentSecurityPolicy: false,
    hsts: deps.config.production,
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  })
  await app.register(cors, {
    origin: deps.config.http.corsOrigins.length > 0 ? deps.config.http.corsOrigins : false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'Accept-Ranges',
      'Content-Range',
      'ETag',
      'Idempotent-Replayed',
      'Link',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'Tus-Resumable',
      'Upload-Expires',
      'Upload-Length',
      'Upload-Offset',
      'X-Request-Id',
    ],
    maxAge: 600,
    // Its refusal of what is no preflight would be no problem document.
    strictPreflight: false,
  })
  const keys = keyCredentials(deps)
  const limits = await addRateLimits(app, deps.config.http)
  addAccess(
    app,
    resolveByForm({ key: keys.resolve, session: resolveSession(deps), token: tokenResolver(deps) }),
    limits,
  )
  const finishMethods = addMethodNotAllowed(app)
  await addOpenApi(app, deps)
  for (const schema of components()) app.addSchema(schema)
  // Last of what all routes share: nothing changes an answer once it is recorded.
  addAudit(app, deps)

  await app.register(problemPages)
  await app.register(healthRoutes(deps, metrics))
  await app.register(referenceRoutes(deps), { prefix: '/v1' })
  await app.register(preSessionRoutes(deps), { prefix: '/v1/pre-sessions' })
  await app.register(countryRoutes(deps), { prefix: '/v1/pre-sessions/:number/countries' })
  await app.register(dryRunRoutes(deps), { prefix: '/v1/pre-sessions/:number/countries/:iso3/assessments' })
  await app.register(programmeRoutes(deps), { prefix: '/v1/pre-sessions/:number/programme' })
  await app.register(proposalRoutes(deps), { prefix: '/v1/pre-sessions/:number/programme' })
  await app.register(applicationRoutes(deps), { prefix: '/v1/applications' })
  await app.register(documentRoutes(deps), { prefix: '/v1/applications/:id/documents' })
  await app.register(videoSubmissionRoutes(deps), { prefix: '/v1/video-submissions' })
  await app.register(deliveryRoutes(deps), { prefix: '/v1/video-submissions' })
  await app.register(captionRoutes(deps), { prefix: '/v1/video-submissions' })
  await app.register(uploadRoutes(deps), { prefix: '/v1/uploads' })
  await app.register(runningOrderRoutes(deps), { prefix: '/v1/screenings' })
  await app.register(calendarFeedRoutes(deps), { prefix: '/v1/calendar-feeds' })
  await app.register(jotformRoutes(deps), { prefix: '/v1/integrations/jotform' })
  await app.register(apiKeyRoutes(deps, keys), { prefix: '/v1/api-keys' })
  await app.register(auditRoutes(deps), { prefix: '/v1/audit-log' })
  await app.register(accessLinkRoutes(deps), { prefix: '/v1/access-links' })
  await app.register(sessionRoutes(deps), { prefix: '/v1/sessions' })
  await app.register(delegateRoutes(deps), { prefix: '/v1/mission-delegates' })
  await app.register(missionRoutes(deps), { prefix: '/v1/missions' })
  await app.register(invitationRoutes(deps), { prefix: '/v1/pre-sessions' })
  const intake = jotformIntake(deps)
  await app.register(peopleRoutes(deps, intake), { prefix: '/v1/people' })
  await app.register(retentionRoutes(deps, intake), { prefix: '/v1/retention' })
  await app.register(allSlotRoutes(deps))
  const hub = slotHub(deps)
  metrics.watch('stream_listeners', 'Listeners of event streams of this process.', hub.count)
  metrics.watch('stream_dropped', 'Listeners that did not keep up and were disconnected, since the start.', hub.dropped)
  app.addHook('preClose', () => hub.close())
  await app.register(slotQuestionRoutes(deps), { prefix: '/v1/qa-slots/:id' })
  await app.register(slotStreamRoutes(deps, hub), { prefix: '/v1/qa-slots/:id' })
  await app.register(questionRoutes(deps), { prefix: '/v1/questions' })
  await app.register(eventTicketRoutes(deps), { prefix: '/v1/event-tickets' })
  if (deps.config.sandbox) await app.register(sandboxRoutes(deps), { prefix: '/v1/sandbox' })
  if (deps.config.sandbox) await app.register(sandboxMailRoutes(deps), { prefix: '/v1/sandbox' })
  await app.register(finishMethods)
  return app
}

/** A request so broken that HTTP itself fails: answered as a problem on the bare socket, then closed. */
const refuseBrokenRequest = (error: Error & { code?: string }, socket: Socket): void => {
  if (!socket.writable) return
  const code: ErrorCode =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'headers_too_large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'request_timeout'
        : 'invalid_request'
  const { status, title } = errorCodes[code]
  const requestId = randomUUID()
  const message = 'The request is no HTTP that can be read.'
  const faults =
    code === 'invalid_request' ? { detail: message, errors: [{ pointer: '', code: 'unreadable', message }] } : {}
  const body = JSON.stringify({ type: `/problems/${code}`, title, status, instance: '', code, requestId, ...faults })
  socket.end(
    `HTTP/1.1 ${status} Error\r\nContent-Type: application/problem+json; charset=utf-8\r\nX-Request-Id: ${requestId}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
