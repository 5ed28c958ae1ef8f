import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { staffRoles } from '../http/access.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import {
  closed,
  cursorQuery,
  Iso3,
  ifMatchHeaders,
  ifNoneMatchHeaders,
  limitQuery,
  problems,
  ref,
  Type,
} from '../http/schemas.ts'
import { readMission, updateMission } from './missions.ts'
import { listMissions } from './queries-missions.ts'
import * as schemas from './schemas-missions.ts'

const tags = ['missions']
const config = { access: staffRoles, wholeService: true as const }
const params = closed({ state: Iso3('The State, in any letter case.') })
const mission = { description: 'The mission.', ...ref(schemas.Mission) }

export const missionRoutes = (deps: Deps) => async (app: App) => {
  app.get(
    '',
    {
      config,
      schema: {
        tags,
        operationId: 'listMissions',
        summary: 'List missions',
        description:
          'The permanent missions of all Member States and observer States. There is no filter: none is left out (R28).',
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of missions.', ...ref(schemas.MissionPage) } },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const binding = ['missions']
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'text' })?.id
      const rows = await listMissions(deps.db, { after, limit })
      const page = toPage(rows, limit, binding, ({ iso3 }) => ({ value: '', id: iso3 }), schemas.toMission)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/:state',
    {
      config,
      schema: {
        tags,
        operationId: 'getMission',
        summary: 'Get mission',
        description: 'The permanent mission of one State.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: mission,
          304: Type.Null({ description: 'You hold the current representation.' }),
          ...problems(404),
        },
      },
    },
    async (request, reply) =>
      sendView(request, reply, schemas.toMission(await readMission(deps, request.params.state))),
  )

  app.patch(
    '/:state',
    {
      config,
      schema: {
        tags,
        operationId: 'updateMission',
        summary: 'Update mission',
        description:
          'JSON Merge Patch (RFC 7396). An address gets its invitation with the next call that invites all missions.',
        params,
        headers: ifMatchHeaders,
        body: ref(schemas.UpdateMission),
        response: { 200: mission, ...problems(404, 412, 428) },
      },
    },
    async (request, reply) => {
      const act = { caller: request.caller, now: request.receivedAt, ifMatch: request.headers['if-match'] }
      return sendView(
        request,
        reply,
        schemas.toMission(await updateMission(deps, request.params.state, request.body, act)),
      )
    },
  )
}
