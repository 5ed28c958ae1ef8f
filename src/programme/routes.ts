import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { isDisplayTimeZone } from '../domain/deadline.ts'
import { AppError, invalidInput } from '../errors.ts'
import { isStaff, staffRoles } from '../http/access.ts'
import { calendarResponse, calendarType } from '../http/calendar.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, ifNoneMatchHeaders, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { writerOf } from '../http/serialization.ts'
import { findPreSession } from '../pre-sessions/queries.ts'
import { numberParams as params } from '../pre-sessions/schemas.ts'
import { readerOf } from '../slots/views.ts'
import { toEntry, toProgrammeCalendar } from './calendar.ts'
import { findLastVersion, findRoundForCalendar, findVersion, listVersions } from './queries.ts'
import { listRoundSlots, readProgrammeForStaff } from './reading.ts'
import * as schemas from './schemas.ts'
import { publishProgramme } from './service.ts'
import { toProgramme, toVersion, toVersionDetail } from './views.ts'

export const tags = ['programme']
export const staffOnly = { access: staffRoles }
const open = { access: 'public' as const, restricted: true }
const notModified = Type.Null({ description: 'You hold the current representation.' })

export const timeZoneQuery = closed({
  timeZone: Type.Optional(
    Type.String({ maxLength: 64, description: 'IANA zone that names a place, or UTC.', examples: ['Pacific/Palau'] }),
  ),
})

export const programmeRoutes = (deps: Deps) => async (app: App) => {
  readRoutes(app, deps)
  calendarRoutes(app, deps)
  publicationRoutes(app, deps)
}

export function readTimeZone(timeZone: string | undefined): string | undefined {
  if (timeZone === undefined || isDisplayTimeZone(timeZone)) return timeZone
  const message = `"${timeZone}" is not a time zone of a place that is known here; name the place, e.g. Europe/Zurich.`
  throw invalidInput('/query/timeZone', 'invalid_time_zone', message)
}

type Request = Parameters<typeof sendView>[0]

/** The round as far as this caller may know of it. */
export async function readRound({ db }: Deps, { caller, params: path }: Pick<Request, 'caller' | 'params'>) {
  const round = await findPreSession(db, (path as { number: number }).number, isStaff(caller))
  if (round === undefined) throw new AppError('pre_session_not_found')
  return round
}

function readRoutes(app: App, deps: Deps): void {
  app.get(
    '',
    {
      config: open,
      schema: {
        tags,
        operationId: 'getProgramme',
        summary: 'Get programme of round',
        description:
          'The slots of the round in the order of time, each also by the clocks of the round and, with `timeZone`, of any other place, with weekday and offset. The public and missions see what was published: slots of the length that was planned, without speakers; where to join is told to those who take part. The secretariat sees all slots, the rules that they break and what a next version would change.',
        params,
        querystring: timeZoneQuery,
        headers: ifNoneMatchHeaders,
        response: {
          200: {
            description: 'The programme in the view of the caller.',
            ...Type.Union([ref(schemas.ProgrammeForStaff), ref(schemas.Programme)]),
          },
          304: notModified,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const timeZone = readTimeZone(request.query.timeZone)
      const round = await readRound(deps, request)
      const context = { reader: readerOf(request.caller), now: request.receivedAt, timeZone }
      if (isStaff(request.caller)) {
        reply.serializer(writerOf(schemas.ProgrammeForStaff))
        return sendView(request, reply, await readProgrammeForStaff(deps.db, round, context))
      }
      const rows = await listRoundSlots(deps.db, round.number, context.reader, context.now)
      const version = await findLastVersion(deps.db, round.number)
      reply.serializer(writerOf(schemas.Programme))
      const zones = { roundZone: round.time_zone, timeZone, version }
      return sendView(request, reply, toProgramme(round.number, rows, zones))
    },
  )
}

function calendarRoutes(app: App, deps: Deps): void {
  app.get(
    '.ics',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'getProgrammeCalendar',
        summary: 'Get programme as calendar',
        description:
          'The published programme as iCalendar (RFC 5545), to subscribe to: by the clocks of the round or of `timeZone`, with their VTIMEZONE. A UID stays, SEQUENCE grows with every change, and what was called off stays as CANCELLED. The same for everybody: without speakers and without addresses to join.',
        params,
        querystring: timeZoneQuery,
        headers: ifNoneMatchHeaders,
        response: { 200: calendarResponse, 304: notModified, ...problems(404) },
      },
    },
    async (request, reply) => {
      const timeZone = readTimeZone(request.query.timeZone)
      const { number } = await readRound(deps, request)
      const round = await findRoundForCalendar(deps.db, number)
      const anyone = { role: 'public', isStaff: false }
      const rows = await listRoundSlots(deps.db, number, anyone, request.receivedAt)
      const entries = rows.map((row) => toEntry(row, round))
      reply.type(calendarType)
      return sendView(request, reply, toProgrammeCalendar(round.title, timeZone ?? round.time_zone, entries))
    },
  )
}

const versionParams = closed({
  ...params.properties,
  version: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1, description: 'Number of the version.', examples: [1] }),
})

function publicationRoutes(app: App, deps: Deps): void {
  app.post(
    '/publications',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'publishProgramme',
        summary: 'Publish programme',
        description:
          'Makes every slot that is not called off known to everybody, and keeps a numbered version with what changed since the one before. From then on changes of these slots show at once; publish again to tell what changed. Refused while a hard rule is broken, unless `allow` names it.',
        params,
        body: ref(schemas.PublishProgramme),
        response: {
          201: {
            description: 'The version.',
            ...ref(schemas.ProgrammeVersionDetail),
            headers: { location: Type.String({ description: 'Address of the version.' }) },
          },
          ...problems(404, 409),
        },
      },
    },
    async (request, reply) => {
      const { number } = request.params
      const act = { caller: request.caller, now: request.receivedAt }
      const row = await publishProgramme(deps, { number, ...request.body }, act)
      reply.code(201).header('location', `/v1/pre-sessions/${number}/programme/publications/${row.number}`)
      return sendView(request, reply, toVersionDetail(row))
    },
  )

  app.get(
    '/publications',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'listProgrammeVersions',
        summary: 'List versions of programme',
        description: 'The published versions of the programme with what each changed, the newest first.',
        params,
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: {
          200: { description: 'A page of versions.', ...ref(schemas.ProgrammeVersionPage) },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const { number } = await readRound(deps, request)
      const binding = ['programmeVersions', number]
      const after = decodeCursor(cursor, binding, { value: 'integer', id: 'none' })
      const before = after === undefined ? undefined : Number(after.value)
      const rows = await listVersions(deps.db, number, { before, limit })
      const page = toPage(rows, limit, binding, (row) => ({ value: row.number, id: '' }), toVersion)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/publications/:version',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'getProgrammeVersion',
        summary: 'Get version of programme',
        description: 'One published version of the programme as everybody was shown it then.',
        params: versionParams,
        headers: ifNoneMatchHeaders,
        response: {
          200: { description: 'The version.', ...ref(schemas.ProgrammeVersionDetail) },
          304: notModified,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { number } = await readRound(deps, request)
      const row = await findVersion(deps.db, number, request.params.version)
      if (row === undefined) throw new AppError('programme_version_not_found')
      return sendView(request, reply, toVersionDetail(row))
    },
  )
}
