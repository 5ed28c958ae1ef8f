import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import {
  closed,
  cursorQuery,
  ifMatchHeaders,
  ifNoneMatchHeaders,
  limitQuery,
  problems,
  ref,
  Type,
} from '../http/schemas.ts'
import type { KeyCredentials } from './credentials.ts'
import { listApiKeys } from './queries.ts'
import * as schemas from './schemas.ts'
import * as service from './service.ts'

const tags = ['api-keys']
const config = { access: ['admin'] as const }
const showsSecret = { ...config, showsSecretOnce: true }
const params = schemas.keyParams
const notModified = Type.Null({ description: 'You hold the current representation.' })
const shownOnce = {
  description: 'The key, shown this once.',
  ...ref(schemas.NewApiKey),
  headers: { location: Type.String({ description: 'Address of the key.' }) },
}

export const apiKeyRoutes = (base: Deps, credentials: KeyCredentials) => async (app: App) => {
  const deps = { ...base, credentials }
  readRoutes(app, deps)
  writeRoutes(app, deps)
  endRoutes(app, deps)
  assignmentRoutes(app, deps)
}

type KeyDeps = Deps & { credentials: KeyCredentials }

const contextOf = ({
  caller,
  receivedAt,
}: {
  caller: Parameters<typeof service.readApiKey>[1]
  receivedAt: string
}) => ({
  caller,
  now: receivedAt,
})

const addressOf = (id: string): string => `/v1/api-keys/${id}`

function readRoutes(app: App, { db }: KeyDeps): void {
  app.get(
    '',
    {
      config,
      schema: {
        tags,
        operationId: 'listApiKeys',
        summary: 'List API keys',
        description: 'All keys, the newest first, with those that ended; a limited key sees those within its limits.',
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of keys.', ...ref(schemas.ApiKeyPage) } },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const binding = ['api-keys']
      const before = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })?.id
      const rows = await listApiKeys(db, request.caller, { before, limit })
      const page = toPage(rows, limit, binding, ({ id }) => ({ value: '', id }), schemas.toApiKey)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'getApiKey',
        summary: 'Get API key',
        description: 'One key with its limits and its last use, never the key itself.',
        params,
        headers: ifNoneMatchHeaders,
        response: { 200: { description: 'The key.', ...ref(schemas.ApiKey) }, 304: notModified, ...problems(404) },
      },
    },
    async (request, reply) => {
      const row = await service.readApiKey({ db }, request.caller, request.params.id)
      return sendView(request, reply, schemas.toApiKey(row), schemas.toTagged(row))
    },
  )
}

function writeRoutes(app: App, deps: KeyDeps): void {
  app.post(
    '',
    {
      config: showsSecret,
      schema: {
        tags,
        operationId: 'createApiKey',
        summary: 'Create API key',
        description:
          'Makes a key and shows it, this once. It can never do more than the credential that makes it: role, scopes, rounds and countries that go beyond are refused.',
        body: ref(schemas.CreateApiKey),
        response: { 201: shownOnce },
      },
    },
    async (request, reply) => {
      const { row, key } = await service.createApiKey(deps, request.body, contextOf(request))
      reply.code(201).header('location', addressOf(row.id))
      return sendView(request, reply, { ...schemas.toApiKey(row), key }, schemas.toTagged(row))
    },
  )

  app.patch(
    '/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'updateApiKey',
        summary: 'Update API key',
        description:
          'JSON Merge Patch (RFC 7396) of name, scopes, limits and end. Scopes and limits only get narrower, and with them those of every key that this one made.',
        params,
        headers: ifMatchHeaders,
        body: ref(schemas.UpdateApiKey),
        response: { 200: { description: 'The key.', ...ref(schemas.ApiKey) }, ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const update = { patch: request.body, ifMatch: request.headers['if-match'] }
      const row = await service.updateApiKey(deps, request.params.id, update, contextOf(request))
      return sendView(request, reply, schemas.toApiKey(row), schemas.toTagged(row))
    },
  )
}

function endRoutes(app: App, deps: KeyDeps): void {
  app.post(
    '/:id/rotations',
    {
      config: showsSecret,
      schema: {
        tags,
        operationId: 'rotateApiKey',
        summary: 'Rotate API key',
        description:
          'Makes a key with the same rights and shows it, this once. The old one stays valid until the overlap ends; what it made and what is assigned to it goes over to the new one.',
        params,
        body: ref(schemas.RotateApiKey),
        response: { 201: shownOnce, ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const { row, key } = await service.rotateApiKey(deps, request.params.id, request.body, contextOf(request))
      reply.code(201).header('location', addressOf(row.id))
      return sendView(request, reply, { ...schemas.toApiKey(row), key }, schemas.toTagged(row))
    },
  )

  app.post(
    '/:id/revocation',
    {
      config,
      schema: {
        tags,
        operationId: 'revokeApiKey',
        summary: 'Revoke API key',
        description:
          'Ends a key for good, everywhere within five seconds, and with it every key that it made: whoever stole one key may have made others. A second revocation changes nothing.',
        params,
        body: ref(schemas.RevokeApiKey),
        response: { 200: { description: 'The key.', ...ref(schemas.ApiKey) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const row = await service.revokeApiKey(deps, request.params.id, request.body.reason, contextOf(request))
      return sendView(request, reply, schemas.toApiKey(row), schemas.toTagged(row))
    },
  )
}

function assignmentRoutes(app: App, deps: KeyDeps): void {
  const assignments = { description: 'The countries that the reviewer reads.', ...ref(schemas.ReviewerAssignments) }
  app.get(
    '/:id/assignments',
    {
      config,
      schema: {
        tags,
        operationId: 'getReviewerAssignments',
        summary: 'Get reviewer assignments',
        description: 'The countries whose applications a reviewer reads.',
        params: schemas.subjectParams,
        headers: ifNoneMatchHeaders,
        response: { 200: assignments, 304: notModified, ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const rows = await service.readAssignments(deps, request.caller, request.params.id)
      return sendView(request, reply, schemas.toAssignments(rows))
    },
  )

  app.put(
    '/:id/assignments',
    {
      config,
      schema: {
        tags,
        operationId: 'assignReviewer',
        summary: 'Assign reviewer',
        description:
          'Replaces the countries whose applications a reviewer reads, at once: what is no longer named is no longer read. `If-Match` is the ETag of the assignments.',
        params: schemas.subjectParams,
        headers: ifMatchHeaders,
        body: ref(schemas.AssignReviewer),
        response: { 200: assignments, ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const wanted = { data: request.body.data, ifMatch: request.headers['if-match'] }
      const rows = await service.assignReviewer(deps, request.params.id, wanted, contextOf(request))
      return sendView(request, reply, schemas.toAssignments(rows))
    },
  )
}
