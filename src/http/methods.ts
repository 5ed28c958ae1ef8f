import type { App } from '../deps.ts'
import { sendProblem } from './problems.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * A known path with a wrong method answers 405 with `Allow`. Watches the routes as they are made; the plugin it returns is registered last
 * and adds the refusals.
 */
export function addMethodNotAllowed(app: App): (app: App) => Promise<void> {
  const allowed = new Map<string, Set<string>>()
  app.addHook('onRoute', (route) => {
    if (route.config?.methodRefusal) return
    const known = allowed.get(route.url) ?? new Set<string>()
    for (const method of [route.method].flat()) known.add(method)
    if (known.has('GET')) known.add('HEAD')
    allowed.set(route.url, known)
  })
  return async (last) => {
    for (const [url, known] of [...allowed]) {
      // A trailing slash variant or a wildcard is not an operation of the contract.
      if (url.includes('*') || url.endsWith('/')) continue
      const refused = methods.filter((method) => !known.has(method))
      if (refused.length === 0) continue
      const allow = [...known].sort().join(', ')
      last.route({
        method: refused,
        url,
        schema: { hide: true },
        config: { access: 'public', methodRefusal: true },
        // Refused before the body is looked at.
        onRequest: (request, reply) => void sendProblem(request, reply.header('allow', allow), 'method_not_allowed'),
        handler: () => {},
      })
    }
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    methodRefusal?: boolean
  }
}
