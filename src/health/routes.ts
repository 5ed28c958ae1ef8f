import type { App, Deps } from '../deps.ts'
import { ref, Type } from '../http/schemas.ts'
import type { Metrics } from './metrics.ts'
import { readinessCheck } from './readiness.ts'
import { Liveness, Readiness } from './schemas.ts'

const tags = ['operations']
// The process and not a person is looked at, and when the database is in trouble this is looked at most.
const config = { access: 'public' as const, audit: false as const, limited: false as const }
const retryAfterSeconds = '5'
const noStore = { 'cache-control': 'no-store' }

export const healthRoutes = (deps: Deps, metrics: Metrics) => async (app: App) => {
  const checkReadiness = readinessCheck(deps)

  app.get(
    '/health/live',
    {
      config,
      schema: {
        tags,
        operationId: 'getLiveness',
        summary: 'Tell whether process is alive',
        description: 'Answers while the process runs. It asks nothing else: a slow database is no reason to restart.',
        response: { 200: ref(Liveness) },
      },
    },
    async (_request, reply) => {
      reply.headers(noStore)
      return { status: 'ok' as const }
    },
  )

  app.get(
    '/health/ready',
    {
      config,
      schema: {
        tags,
        operationId: 'getReadiness',
        summary: 'Tell whether service is ready',
        description:
          'Checks the database, its migrations, the job queue and the file storage. 503 sends traffic elsewhere.',
        response: {
          200: ref(Readiness),
          503: {
            description: 'A check failed; see `Retry-After`.',
            headers: { 'retry-after': Type.String({ description: 'Seconds to wait.' }) },
            content: { 'application/json': { schema: ref(Readiness) } },
          },
        },
      },
    },
    async (_request, reply) => {
      const report = await checkReadiness()
      reply.headers(noStore)
      if (report.status === 'failed') reply.code(503).header('retry-after', retryAfterSeconds)
      return report
    },
  )

  app.get(
    '/metrics',
    {
      config,
      schema: {
        tags,
        operationId: 'getMetrics',
        summary: 'Get metrics',
        description:
          'Prometheus text format. Without a credential: the process only (event loop, memory, garbage collection). ' +
          'With an admin key also durations per operation and status, the depth of the job queue, and Jotform submissions by state.',
        response: {
          200: {
            description: 'Metrics in the Prometheus text format.',
            content: { 'text/plain': { schema: Type.String({ description: 'One sample per line.' }) } },
          },
        },
      },
    },
    async (request, reply) => {
      reply.type(metrics.contentType)
      return request.caller.role === 'admin' ? metrics.all() : metrics.ofProcess()
    },
  )
}
