import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RouteOptions } from 'fastify'
import t from 'tap'
import type { App } from '../../src/deps.ts'
import { readDocument } from '../support/document.ts'

/** What is served without being an operation of the contract. */
const hidden = [
  'GET /docs/',
  'GET /docs/json',
  'GET /docs/static/*',
  'GET /docs/static/index.html',
  'GET /docs/static/swagger-initializer.js',
  'GET /docs/yaml',
  'GET /openapi.json',
  'GET /openapi.yaml',
  'GET /problems/{code}',
  'HEAD /docs',
  'OPTIONS *',
]

/** The routes as they are registered, told by the framework itself. */
async function readRoutes(): Promise<RouteOptions[]> {
  const routes: RouteOptions[] = []
  const watch = (message: unknown) => {
    ;(message as { fastify: App }).fastify.addHook('onRoute', (route) => void routes.push(route))
  }
  subscribe('fastify.initialization', watch)
  await readDocument()
  unsubscribe('fastify.initialization', watch)
  return routes
}

const nameOf = (method: string, url: string) => `${method} ${url.replace(/:([A-Za-z0-9]+)/g, '{$1}')}`

t.test('every route is an operation of the contract or known to be hidden', async (t) => {
  const routes = (await readRoutes()).filter(({ config }) => !config?.methodRefusal)
  t.ok(routes.length > 30)
  const registered = new Set(routes.flatMap(({ method, url }) => [method].flat().map((one) => nameOf(one, url))))
  // HEAD comes with every GET.
  for (const name of [...registered])
    if (name.startsWith('HEAD ') && registered.has(name.replace('HEAD', 'GET'))) registered.delete(name)
  const { operations } = await readDocument()
  const documented = operations.map(({ method, path }) => `${method} ${path}`)
  t.same([...registered].filter((name) => !documented.includes(name)).sort(), hidden)
  t.same(
    documented.filter((name) => !registered.has(name)),
    [],
  )
})

t.test('every route says who may call it', async (t) => {
  const silent = (await readRoutes()).filter(
    ({ config, url, schema }) => config?.access === undefined && !url.startsWith('/docs') && !schema?.hide,
  )
  t.same(
    silent.map(({ method, url }) => nameOf(String(method), url)).filter((name) => name !== 'OPTIONS *'),
    [],
  )
})
