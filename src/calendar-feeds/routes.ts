import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { isDisplayTimeZone } from '../domain/deadline.ts'
import { AppError, invalidInput } from '../errors.ts'
import { calendarResponse, calendarType } from '../http/calendar.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, Id, ifNoneMatchHeaders, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { listFeeds, revokeFeed } from './queries.ts'
import * as schemas from './schemas.ts'
import { createFeed, fetchFeed, readHolder } from './service.ts'

const tags = ['calendar-feeds']
const own = { access: ['applicant', 'mission'] as const }

export const calendarFeedRoutes = (deps: Deps) => async (app: App) => {
  app.post(
    '',
    {
      config: { ...own, showsSecretOnce: true },
      schema: {
        tags,
        operationId: 'createCalendarFeed',
        summary: 'Create calendar feed',
        description:
          'Makes an address for calendars, which cannot send a bearer: of a speaker, with its own slots; of a mission, with the programme. It lasts until it is revoked or its owner is no speaker or delegate any more, and shows at each fetch what its owner may see then. Needs a session; a token of an issuer makes none.',
        body: ref(schemas.CreateCalendarFeed),
        response: {
          201: {
            description: 'The feed.',
            ...ref(schemas.NewCalendarFeed),
            headers: { location: Type.String({ description: 'Address of the feed, to revoke it.' }) },
          },
          ...problems(409),
        },
      },
    },
    async (request, reply) => {
      const { timeZone } = request.body
      if (timeZone !== undefined && !isDisplayTimeZone(timeZone)) {
        const message = `"${timeZone}" is not a time zone of a place that is known here; name the place, e.g. Europe/Zurich.`
        throw invalidInput('/timeZone', 'invalid_time_zone', message)
      }
      const { row, url } = await createFeed(deps, timeZone, { caller: request.caller, now: request.receivedAt })
      reply.code(201).header('location', `/v1/calendar-feeds/${row.id}`)
      return { url, ...schemas.toFeed(row) }
    },
  )

  app.get(
    '',
    {
      config: own,
      schema: {
        tags,
        operationId: 'listCalendarFeeds',
        summary: 'List calendar feeds',
        description: 'The feeds of the caller that are not revoked, the newest first, without their addresses.',
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of feeds.', ...ref(schemas.CalendarFeedPage) } },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const binding = ['calendarFeeds']
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })
      const rows = await listFeeds(deps.db, await readHolder(deps, request.caller), { before: after?.id, limit })
      const page = toPage(rows, limit, binding, ({ id }) => ({ value: '', id }), schemas.toFeed)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.delete(
    '/:id',
    {
      config: own,
      schema: {
        tags,
        operationId: 'revokeCalendarFeed',
        summary: 'Revoke calendar feed',
        description: 'Ends a feed of the caller with its next fetch.',
        params: closed({ id: Id('Id of the feed.') }),
        response: { 204: Type.Null({ description: 'The feed has ended.' }), ...problems(404) },
      },
    },
    async (request, reply) => {
      const holder = await readHolder(deps, request.caller)
      if ((await revokeFeed(deps.db, request.params.id, holder, request.receivedAt)) === undefined)
        throw new AppError('calendar_feed_not_found')
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/:secret/programme.ics',
    {
      config: { access: 'public', restricted: true, ignoresCredentials: true },
      schema: {
        tags,
        operationId: 'getCalendarFeed',
        summary: 'Get calendar behind feed address',
        description:
          'The calendar as iCalendar (RFC 5545), as its owner may see it now. Entries keep their UID and count their changes; what was called off, or what the owner no longer sees, stays as CANCELLED. An address that is unknown or revoked, or whose owner is no speaker or delegate any more, is always answered the same.',
        params: closed({ secret: Type.String({ maxLength: 200, description: 'The secret of the address.' }) }),
        headers: ifNoneMatchHeaders,
        response: {
          200: calendarResponse,
          304: Type.Null({ description: 'You hold the current representation.' }),
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { caller, text } = await fetchFeed(deps, request.params.secret, request.receivedAt)
      // From here on it is read by its owner, and recorded as such.
      request.caller = caller
      reply.type(calendarType)
      return sendView(request, reply, text)
    },
  )
}
