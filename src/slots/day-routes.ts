import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, Iso3, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { recordAttendance, removeAttendance, requireRunner } from './attendance.ts'
import { overrun } from './overruns.ts'
import { listAttendance } from './queries-attendance.ts'
import { actOf, params, type SlotNames, staffOnly, tags } from './routes.ts'
import { OverrunSlot, SlotOverrun } from './schemas.ts'
import { readSlot } from './service.ts'
import * as schemas from './speaker-schemas.ts'

const runsIt = { access: ['admin', 'secretariat', 'moderator'] as const }
const present = { access: ['admin', 'secretariat', 'moderator', 'mission'] as const }
const stateParams = closed({ ...params.properties, state: Iso3('State of the mission, in any letter case.') })

const toAttendance = (row: { state: string; iso3: string; present_at: string; spoke: boolean }) => ({
  state: row.state,
  country: row.iso3,
  presentAt: row.present_at,
  spoke: row.spoke,
})

/** The day itself: who is there, and what takes longer. */
export const dayRoutes = (deps: Deps, names: SlotNames) => async (app: App) => {
  overrunRoute(app, deps, names)
  attendanceRoutes(app, deps, names)
}

function overrunRoute(app: App, deps: Deps, { kind, one, word }: SlotNames): void {
  app.post(
    '/:id/overruns',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: `overrun${one}`,
        summary: `Let ${word} overrun`,
        description:
          'Lets a slot end later and moves what follows in its room on that day: breaks take the overrun up, or are kept. All of it happens and is told to everybody whom it concerns, one message a person, or nothing does and `conflicts` names what stands in the way. With `preview` nothing is changed.',
        params,
        body: ref(OverrunSlot),
        response: { 200: { description: 'What moves.', ...ref(SlotOverrun) }, ...problems(404, 409) },
      },
    },
    async (request) => overrun(deps, { kind, id: request.params.id }, request.body, actOf(request)),
  )
}

function attendanceRoutes(app: App, deps: Deps, { kind, one, word }: SlotNames): void {
  app.get(
    '/:id/attendance',
    {
      config: runsIt,
      schema: {
        tags,
        operationId: `list${one}Attendance`,
        summary: `List attendance of ${word}`,
        description: 'Which missions were present, per country of the slot, and which took the floor (R31).',
        params,
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of attendance.', ...ref(schemas.AttendancePage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const act = actOf(request)
      const slot = await readSlot(deps.db, { kind, id: request.params.id }, act)
      requireRunner(slot, act)
      const binding = ['attendance', slot.id]
      const after = decodeCursor(cursor, binding, { value: 'text', id: 'text' })
      const rows = await listAttendance(deps.db, slot.id, { state: undefined, after, limit })
      const page = toPage(rows, limit, binding, (row) => ({ value: row.state, id: row.iso3 }), toAttendance)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.put(
    '/:id/attendance/:state',
    {
      config: present,
      schema: {
        tags,
        operationId: `record${one}Attendance`,
        summary: `Record attendance at ${word}`,
        description:
          'A mission is present from when the room is open; once is enough, two delegates are one (R31). A registered mission says so of itself; those who run the slot say it of every mission, and who took the floor.',
        params: stateParams,
        body: ref(schemas.RecordAttendance),
        response: {
          200: {
            description: 'The attendance of this mission at this slot.',
            ...Type.Object(
              { data: Type.Array(ref(schemas.Attendance), { description: 'One for each country.' }) },
              { description: 'The attendance of a mission.' },
            ),
          },
          ...problems(404, 409),
        },
      },
    },
    async (request) => {
      const { id, state } = request.params
      const rows = await recordAttendance(deps, { kind, id }, state, request.body, actOf(request))
      return { data: rows.map(toAttendance) }
    },
  )

  app.delete(
    '/:id/attendance/:state',
    {
      config: runsIt,
      schema: {
        tags,
        operationId: `remove${one}Attendance`,
        summary: `Remove attendance at ${word}`,
        description: 'Takes back that a mission was present, where that was a mistake.',
        params: stateParams,
        response: { 204: Type.Null({ description: 'It is not recorded any more.' }), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const { id, state } = request.params
      await removeAttendance(deps, { kind, id }, state, actOf(request))
      return reply.code(204).send(null)
    },
  )
}
