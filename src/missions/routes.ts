import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { staffRoles } from '../http/access.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, Id, Iso3, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { listDelegates } from './queries.ts'
import * as schemas from './schemas.ts'
import { registerDelegate, removeDelegate } from './service.ts'

const tags = ['missions']
const location = Type.String({ description: 'Address of the registration.' })
const config = { access: staffRoles, wholeService: true as const }

export const delegateRoutes = (deps: Deps) => async (app: App) => {
  app.post(
    '',
    {
      config,
      schema: {
        tags,
        operationId: 'registerDelegate',
        summary: 'Register mission delegate',
        description:
          "Registers an address for a State's mission; from then on it can ask for access links. A State names an address once.",
        body: ref(schemas.RegisterDelegate),
        response: {
          201: { description: 'The delegate.', ...ref(schemas.MissionDelegate), headers: { location } },
          ...problems(409),
        },
      },
    },
    async (request, reply) => {
      const row = await registerDelegate(deps, request.body, { caller: request.caller, now: request.receivedAt })
      reply.code(201).header('location', `/v1/mission-delegates/${row.id}`)
      return schemas.toDelegate(row)
    },
  )

  app.get(
    '',
    {
      config,
      schema: {
        tags,
        operationId: 'listDelegates',
        summary: 'List mission delegates',
        description: 'Delegates of missions, those registered last first, revoked ones too.',
        querystring: closed({
          state: Type.Optional(Iso3('Only those of this State.')),
          limit: limitQuery,
          cursor: cursorQuery,
        }),
        response: { 200: { description: 'A page of delegates.', ...ref(schemas.MissionDelegatePage) } },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const state = request.query.state?.toUpperCase()
      const binding = ['delegates', state]
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })
      const rows = await listDelegates(deps.db, { state, after, limit })
      const page = toPage(rows, limit, binding, ({ id }) => ({ value: '', id }), schemas.toDelegate)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.delete(
    '/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'revokeDelegate',
        summary: 'Revoke mission delegate',
        description: 'Revokes a delegate, with the links and sessions of that mission. One that is revoked stays so.',
        params: closed({ id: Id('Id of the registration.') }),
        response: { 204: Type.Null({ description: 'The delegate is revoked.' }), ...problems(404) },
      },
    },
    async (request, reply) => {
      await removeDelegate(deps, request.params.id, { caller: request.caller, now: request.receivedAt })
      return reply.code(204).send(null)
    },
  )
}
