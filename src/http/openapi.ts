import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { App, Deps } from '../deps.ts'

export const tags = [
  {
    name: 'reference-data',
    description: 'States, themes, the UPR calendar and the state machines: public, shipped with the service.',
  },
  { name: 'pre-sessions', description: 'Rounds of Pre-sessions, their deadlines and life cycle.' },
  { name: 'countries', description: 'Countries under review in a round, with their own deadlines.' },
  {
    name: 'applications',
    description: 'Applications to speak: content, documents, submission, assessment with reasons.',
  },
  {
    name: 'video-submissions',
    description: 'Recorded statements of selected speakers: resumable upload, checks, captions, review, delivery.',
  },
  { name: 'jotform', description: 'The Jotform intake: webhook, mapping, reconciliation, what needs a person.' },
  { name: 'api-keys', description: 'API keys: limits, rotation, revocation, and what reviewers are assigned to.' },
  { name: 'audit-log', description: 'Who did what, when, from where: append-only and chained by hashes.' },
  {
    name: 'sessions',
    description: 'Access links by mail, and the sessions of applicants and missions that come of them.',
  },
  {
    name: 'people',
    description: 'What is kept about a person: its export, its erasure, and how long each class of data is kept.',
  },
  {
    name: 'missions',
    description: 'Permanent Missions: their delegates, invitations of all of them, registrations, attendance.',
  },
  { name: 'slots', description: 'Screenings and Q&A: rooms, times, speakers, waiting lists and the day itself.' },
  { name: 'programme', description: 'The programme of a round: proposals, published versions, calendars.' },
  { name: 'calendar-feeds', description: 'Revocable addresses that show a calendar of a speaker or a mission.' },
  {
    name: 'questions',
    description:
      'Questions in a Q&A, in advance and live: queue, moderation, votes, written answers, and a stream of what changes.',
  },
  { name: 'sandbox', description: 'A clock that can be moved, only where SANDBOX=true.' },
  { name: 'operations', description: 'Health, metrics and the contract itself.' },
]

/** Collects the contract from the routes. Must be registered before them. */
export async function addOpenApi(app: App, deps: Deps) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'UPR Info Pre-sessions',
        version: '1.0.0',
        description:
          'Rounds of Pre-sessions, their deadlines, and applications to speak from the API and from Jotform, each judged with all its reasons. ' +
          'Errors are RFC 9457 problems with stable codes; lists are `{ data, nextCursor }`; single resources carry an `ETag`. Rule numbers (R4, R8, …) are those of the Pre-sessions rule book.',
        license: { name: 'AGPL-3.0-only', identifier: 'AGPL-3.0-only' },
      },
      servers: [{ url: '/', description: 'This service' }],
      tags,
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description:
              '`Authorization: Bearer …`: an API key, a session, or a JWT access token of the configured OpenID Connect issuer.',
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json.$id === 'string' ? json.$id : `schema-${index}`,
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: {
      validatorUrl: null,
      deepLinking: true,
      displayRequestDuration: true,
      tryItOutEnabled: deps.config.sandbox,
    },
  })
  const hidden = { schema: { hide: true }, config: { access: 'public' as const } }
  let json: string | undefined
  let yaml: string | undefined
  app.get('/openapi.json', hidden, async (_request, reply) => {
    json ??= JSON.stringify(contractOf(app), null, 2)
    return reply.type('application/json; charset=utf-8').serializer(String).send(json)
  })
  app.get('/openapi.yaml', hidden, async (_request, reply) => {
    // Loaded when somebody asks for it: few do.
    yaml ??= (await import('yaml')).stringify(contractOf(app))
    return reply.type('application/yaml; charset=utf-8').serializer(String).send(yaml)
  })
}

interface Parameter {
  in: string
  required?: boolean
  schema?: { default?: unknown }
}

/** The OpenAPI document as it is served and committed: unused components left out, keys in a stable order. */
export function contractOf(app: App): Record<string, unknown> {
  const document = JSON.parse(JSON.stringify(app.swagger())) as {
    components: { schemas: Record<string, Record<string, unknown>> }
    paths: Record<string, Record<string, Record<string, unknown>>>
  } & Record<string, unknown>
  // Uploads are read as streams, so no schema validates their bodies; what they hold is documented all the same.
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item)) {
      // What has a default may be left out, although a handler always finds it.
      for (const parameter of (operation.parameters ?? []) as Parameter[])
        if (parameter.in === 'query' && parameter.schema?.default !== undefined) parameter.required = false
      if (operation['x-request-body'] === undefined) continue
      operation.requestBody = operation['x-request-body']
      delete operation['x-request-body']
    }
  }
  const byName = Object.entries(document.components.schemas).sort(([a], [b]) => (a < b ? -1 : 1))
  document.components.schemas = Object.fromEntries(byName)
  for (const schema of Object.values(document.components.schemas)) delete schema.$id
  for (const [key, value] of Object.entries(document.components.schemas)) {
    // The document names components by their id; the collector's own numbering never shows.
    if (key.startsWith('schema-')) throw new Error(`A component has no name: ${JSON.stringify(value).slice(0, 80)}`)
  }
  return document
}
