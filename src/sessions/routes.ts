import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { linkPurposes } from '../domain/access-link.ts'
import { roles } from '../http/access.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, enumOf, Id, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { listSessions } from './queries.ts'
import * as schemas from './schemas.ts'
import { createSession, endSession } from './service.ts'

const tags = ['sessions']
const known = roles.filter((role) => role !== 'public')
const location = Type.String({ description: 'Address of the session, where an admin can end it.' })
const ended = Type.Null({ description: 'The session has ended.' })

export const sessionRoutes = (deps: Deps) => async (app: App) => {
  app.post(
    '',
    {
      config: { access: 'public', showsSecretOnce: true, limited: 'token' },
      schema: {
        tags,
        operationId: 'createSession',
        summary: 'Create session',
        description:
          'Exchanges the token of an access link for a session of 8 hours (applicants) or 12 hours (missions, and moderators until two hours after their slot). The token is used up; a token that is unknown, used, replaced or expired is always answered the same. There are no cookies.',
        body: ref(schemas.SessionStart),
        response: { 201: { description: 'The session.', ...ref(schemas.NewSession), headers: { location } } },
      },
    },
    async (request, reply) => {
      const { row, token } = await createSession(deps, request.body.token, request.receivedAt)
      reply.code(201).header('location', `/v1/sessions/${row.id}`).header('cache-control', 'private, no-store')
      return schemas.toNewSession(row, token)
    },
  )

  app.get(
    '',
    {
      config: { access: ['admin'], wholeService: true },
      schema: {
        tags,
        operationId: 'listSessions',
        summary: 'List sessions',
        description: 'Sessions of applicants, missions and moderators, newest first, ended ones too.',
        querystring: closed({
          role: Type.Optional(enumOf(linkPurposes, { description: 'Only those of this role.' })),
          preSession: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 9999, description: 'Only those for this round.' }),
          ),
          limit: limitQuery,
          cursor: cursorQuery,
        }),
        response: { 200: { description: 'A page of sessions.', ...ref(schemas.SessionPage) } },
      },
    },
    async (request, reply) => {
      const { limit, cursor, ...filters } = request.query
      const binding = ['sessions', filters.role, filters.preSession]
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })
      const rows = await listSessions(deps.db, { filters, after, limit })
      const page = toPage(rows, limit, binding, ({ id }) => ({ value: '', id }), schemas.toSession)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/current',
    {
      config: { access: known, scope: null },
      schema: {
        tags,
        operationId: 'getCurrentSession',
        summary: 'Get current session',
        description: 'What the credential of this request stands for: role, State, scopes, limits and end.',
        response: { 200: { description: 'Role, State, scopes and limits.', ...ref(schemas.CurrentSession) } },
      },
    },
    async (request) => schemas.toCurrentSession(request.caller),
  )

  app.delete(
    '/current',
    {
      config: { access: known, scope: null },
      schema: {
        tags,
        operationId: 'endCurrentSession',
        summary: 'End current session',
        description: 'Ends the session of this request at once. A key or a token of an issuer is no session: 404.',
        response: { 204: ended, ...problems(404) },
      },
    },
    async (request, reply) => {
      await endSession(deps, request.caller.id, request.receivedAt)
      return reply.code(204).send(null)
    },
  )

  app.delete(
    '/:id',
    {
      config: { access: ['admin'], wholeService: true },
      schema: {
        tags,
        operationId: 'revokeSession',
        summary: 'Revoke session',
        description: 'Ends a session with its next request. One that has ended stays ended.',
        params: closed({ id: Id('Id of the session.') }),
        response: { 204: ended, ...problems(404) },
      },
    },
    async (request, reply) => {
      await endSession(deps, request.params.id, request.receivedAt)
      return reply.code(204).send(null)
    },
  )
}
