import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { isDisplayTimeZone } from '../domain/deadline.ts'
import { AppError, invalidInput } from '../errors.ts'
import { listRoundHistory } from '../history/queries.ts'
import { HistoryPage, toHistoryEvent } from '../history/schemas.ts'
import { isStaff, staffRoles } from '../http/access.ts'
import { calendarResponse, calendarType } from '../http/calendar.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import {
  closed,
  cursorQuery,
  ifMatchHeaders,
  ifNoneMatchHeaders,
  limitQuery,
  optionalIfMatchHeaders,
  problems,
  ref,
  Type,
} from '../http/schemas.ts'
import { toCalendar } from './calendar.ts'
import { Deadlines, toDeadlines } from './deadlines.ts'
import { findPreSession, listDeadlines, listPreSessions } from './queries.ts'
import * as schemas from './schemas.ts'
import { createPreSession, transitionPreSession, updatePreSession } from './service.ts'

const tags = ['pre-sessions']
const open = { access: 'public' as const }
const staffOnly = { access: staffRoles }
const params = schemas.numberParams
const round = { description: 'The round.', ...ref(schemas.PreSession) }
const notModified = Type.Null({ description: 'You hold the current representation.' })

export const preSessionRoutes = (deps: Deps) => async (app: App) => {
  readRoutes(app, deps)
  writeRoutes(app, deps)
  historyRoutes(app, deps)
  deadlineRoutes(app, deps)
}

function readRoutes(app: App, { db }: Deps): void {
  app.get(
    '',
    {
      config: open,
      schema: {
        tags,
        operationId: 'listPreSessions',
        summary: 'List Pre-sessions rounds',
        description: 'Rounds by their number, the newest first unless asked otherwise. Drafts are shown to staff only.',
        querystring: closed(schemas.listQuery),
        response: { 200: { description: 'A page of rounds.', ...ref(schemas.PreSessionPage) } },
      },
    },
    async (request, reply) => {
      const { limit, cursor, sort, ...filters } = request.query
      const binding = ['preSessions', sort, filters]
      const after = schemas.placeIn(decodeCursor(cursor, binding))
      const draftsOf = schemas.draftsFor(request.caller)
      const rows = await listPreSessions(db, { filters, draftsOf, descending: sort === '-number', after, limit })
      const keyOf = ({ number }: { number: number }) => ({ value: number, id: String(number) })
      const page = toPage(rows, limit, binding, keyOf, (row) => schemas.toPreSession(row, request.receivedAt))
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/:number',
    {
      config: open,
      schema: {
        tags,
        operationId: 'getPreSession',
        summary: 'Get Pre-sessions round',
        description: 'One round by its number. A draft is shown to staff only; to others it is not there.',
        params,
        headers: ifNoneMatchHeaders,
        response: { 200: round, 304: notModified, ...problems(404) },
      },
    },
    async (request, reply) => {
      const row = await findPreSession(db, request.params.number, isStaff(request.caller))
      if (row === undefined) throw new AppError('pre_session_not_found')
      return sendView(request, reply, schemas.toPreSession(row, request.receivedAt))
    },
  )
}

function writeRoutes(app: App, deps: Deps): void {
  app.post(
    '',
    {
      config: { ...staffOnly, wholeService: true },
      schema: {
        tags,
        operationId: 'createPreSession',
        summary: 'Create Pre-sessions round',
        description:
          'Makes a round as a draft, tied to the Working Group session of its number (R1). Where the calendar knows that session, its States are filled in as countries, in its order and marked with how sure they are.',
        body: ref(schemas.CreatePreSession),
        response: {
          201: { ...round, headers: { location: Type.String({ description: 'Address of the round.' }) } },
          ...problems(409),
        },
      },
    },
    async (request, reply) => {
      const { caller, receivedAt: now } = request
      const row = await createPreSession(deps, request.body, { caller, now })
      reply.code(201).header('location', `/v1/pre-sessions/${row.number}`)
      return sendView(request, reply, schemas.toPreSession(row, now))
    },
  )

  app.patch(
    '/:number',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'updatePreSession',
        summary: 'Update Pre-sessions round',
        description:
          'JSON Merge Patch (RFC 7396), also into `dates`, deadlines and `settings`. The application deadline is free while the round is a draft; afterwards it only moves later: applications received between the old and the new end are assessed again at once, and a closed call reopens (R6).',
        params,
        headers: ifMatchHeaders,
        body: ref(schemas.UpdatePreSession),
        response: { 200: round, ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const { caller, receivedAt: now, body: patch } = request
      const input = { number: request.params.number, patch, ifMatch: request.headers['if-match'] }
      const row = await updatePreSession(deps, input, { caller, now })
      return sendView(request, reply, schemas.toPreSession(row, now))
    },
  )

  app.post(
    '/:number/transitions',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'transitionPreSession',
        summary: 'Move Pre-sessions round to another status',
        description:
          'Makes one move of the life cycle `preSession` (GET /v1/lifecycles). To postpone or cancel needs a reason. An illegal move is refused, and the legal ones are named in `detail`.',
        params,
        headers: optionalIfMatchHeaders,
        body: ref(schemas.TransitionPreSession),
        response: { 200: round, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      const { caller, receivedAt: now } = request
      const { to, reason } = request.body
      const move = { number: request.params.number, to, reason, ifMatch: request.headers['if-match'] }
      const row = await transitionPreSession(deps, move, { caller, now })
      return sendView(request, reply, schemas.toPreSession(row, now))
    },
  )
}

function historyRoutes(app: App, { db }: Deps): void {
  app.get(
    '/:number/history',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'listPreSessionHistory',
        summary: 'List history of Pre-sessions round',
        description: 'What happened to the round and its countries, and who did it, oldest first.',
        params,
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of events.', ...ref(HistoryPage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const { number } = request.params
      const binding = ['history', number]
      const after = schemas.idIn(decodeCursor(cursor, binding))
      const rows = await listRoundHistory(db, number, { after, limit })
      const isEmpty = rows.length === 0
      if (isEmpty && (await findPreSession(db, number, true)) === undefined) throw new AppError('pre_session_not_found')
      const page = toPage(rows, limit, binding, ({ id }) => ({ value: id, id }), toHistoryEvent)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )
}

function deadlineRoutes(app: App, { db }: Deps): void {
  app.get(
    '/:number/deadlines',
    {
      config: open,
      schema: {
        tags,
        operationId: 'listDeadlines',
        summary: 'List deadlines of Pre-sessions round',
        description:
          'The deadlines of the round, and each country whose application deadline is a later one (R6). With `timeZone`, each is also told by the clocks of that zone.',
        params,
        querystring: closed({
          timeZone: Type.Optional(
            Type.String({
              maxLength: 64,
              description: 'IANA zone that names a place, or UTC.',
              examples: ['Pacific/Palau'],
            }),
          ),
        }),
        response: { 200: { description: 'All deadlines.', ...ref(Deadlines) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { timeZone } = request.query
      if (timeZone !== undefined && !isDisplayTimeZone(timeZone)) {
        const message = `"${timeZone}" is not a time zone of a place that is known here; name the place, e.g. Europe/Zurich.`
        throw invalidInput('/query/timeZone', 'invalid_time_zone', message)
      }
      const rows = await listDeadlines(db, request.params.number, isStaff(request.caller))
      if (rows.length === 0) throw new AppError('pre_session_not_found')
      // `serverTime` is of this very answer.
      reply.header('cache-control', 'no-store')
      return toDeadlines(rows, request.receivedAt, timeZone)
    },
  )

  app.get(
    '/:number/deadlines.ics',
    {
      config: open,
      schema: {
        tags,
        operationId: 'getDeadlineCalendar',
        summary: 'Get deadlines as calendar',
        description:
          'The deadlines as iCalendar (RFC 5545), to subscribe to: one entry per deadline over its last minute, in UTC, with a UID that stays and a SEQUENCE that grows with every change.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: calendarResponse,
          304: notModified,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const rows = await listDeadlines(db, request.params.number, isStaff(request.caller))
      if (rows.length === 0) throw new AppError('pre_session_not_found')
      reply.type(calendarType)
      return sendView(request, reply, toCalendar(rows))
    },
  )
}
