import { type Cursor, decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { lifecycles, type Lifecycle as Machine } from '../domain/lifecycles.ts'
import { AppError } from '../errors.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, Iso3, ifNoneMatchHeaders, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { findState, findWorkingGroupSession, listStates, listThemes, listWorkingGroupSessions } from './queries.ts'
import * as schemas from './schemas.ts'

const tags = ['reference-data']
const config = { access: 'public' as const }
const notModified = Type.Null({ description: 'You hold the current representation.' })

/** States, themes, the UPR calendar and the state machines: public, and changed only by a new version of the service. */
export const referenceRoutes = (deps: Deps) => async (app: App) => {
  stateRoutes(app, deps)
  themeRoutes(app, deps)
  sessionRoutes(app, deps)
  lifecycleRoutes(app)
}

/** The cursor of a list in the order of whole numbers; a forged one must not reach the database. */
function decodeNumber(text: string | undefined, filters: unknown): Cursor | undefined {
  const cursor = decodeCursor(text, filters)
  const fits = cursor === undefined || (Number.isInteger(cursor.value) && Math.abs(Number(cursor.value)) < 1_000_000)
  if (!fits) throw new AppError('invalid_cursor')
  return cursor
}

function stateRoutes(app: App, { db }: Deps): void {
  app.get(
    '/states',
    {
      config,
      schema: {
        tags,
        operationId: 'listStates',
        summary: 'List States',
        description:
          'The 193 Member States of the United Nations and the observer States, by ISO code. Filters narrow the list together.',
        querystring: closed(schemas.stateQuery),
        response: { 200: ref(schemas.StatePage) },
      },
    },
    async (request, reply) => {
      const { limit, cursor, ...filters } = request.query
      const rows = await listStates(db, filters, { after: decodeCursor(cursor, filters), limit })
      const page = toPage(rows, limit, filters, (row) => ({ value: row.iso3, id: row.iso3 }), schemas.toState)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/states/:iso3',
    {
      config,
      schema: {
        tags,
        operationId: 'getState',
        summary: 'Get State',
        description: 'One State by its ISO 3166-1 alpha-3 code, in any letter case.',
        params: closed({ iso3: Iso3('Code of the State.') }),
        headers: ifNoneMatchHeaders,
        response: { 200: ref(schemas.State), 304: notModified, ...problems(404) },
      },
    },
    async (request, reply) => {
      const row = await findState(db, request.params.iso3.toUpperCase())
      if (row === undefined) throw new AppError('state_not_found')
      return sendView(request, reply, schemas.toState(row))
    },
  )
}

function themeRoutes(app: App, { db }: Deps): void {
  app.get(
    '/themes',
    {
      config,
      schema: {
        tags,
        operationId: 'listThemes',
        summary: 'List themes',
        description: 'The vocabulary of themes, in its own order. Codes are stable; a label may be reworded.',
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: ref(schemas.ThemePage) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const rows = await listThemes(db, { after: decodeNumber(cursor, 'themes'), limit })
      const page = toPage(rows, limit, 'themes', (row) => ({ value: row.position, id: row.code }), schemas.toTheme)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )
}

function sessionRoutes(app: App, { db }: Deps): void {
  app.get(
    '/working-group-sessions',
    {
      config,
      schema: {
        tags,
        operationId: 'listWorkingGroupSessions',
        summary: 'List Working Group sessions',
        description:
          'The UPR calendar: sessions of the Working Group with the States under review, and how sure each is.',
        querystring: closed(schemas.sessionQuery),
        response: { 200: ref(schemas.WorkingGroupSessionPage) },
      },
    },
    async (request, reply) => {
      const { limit, cursor, cycle, sort } = request.query
      const filters = { cycle, sort }
      const after = decodeNumber(cursor, filters)
      const rows = await listWorkingGroupSessions(db, { cycle, descending: sort === '-number', after, limit })
      const keyOf = ({ number }: { number: number }) => ({ value: number, id: String(number) })
      const page = toPage(rows, limit, filters, keyOf, schemas.toWorkingGroupSession)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/working-group-sessions/:number',
    {
      config,
      schema: {
        tags,
        operationId: 'getWorkingGroupSession',
        summary: 'Get Working Group session',
        description: 'One session of the UPR Working Group. Its Pre-sessions carry the same number.',
        params: closed({
          number: Type.Integer({ minimum: 1, maximum: 999, description: 'Number of the session.', examples: [38] }),
        }),
        headers: ifNoneMatchHeaders,
        response: { 200: ref(schemas.WorkingGroupSession), 304: notModified, ...problems(404) },
      },
    },
    async (request, reply) => {
      const row = await findWorkingGroupSession(db, request.params.number)
      if (row === undefined) throw new AppError('working_group_session_not_found')
      return sendView(request, reply, schemas.toWorkingGroupSession(row))
    },
  )
}

/** By name, as a page is cut; the values of `lifecycles` are machines of different states. */
const machines = (Object.values(lifecycles) as Machine[]).sort((a, b) => (a.name < b.name ? -1 : 1))

function lifecycleRoutes(app: App): void {
  app.get(
    '/lifecycles',
    {
      config,
      schema: {
        tags,
        operationId: 'listLifecycles',
        summary: 'List lifecycles',
        description:
          'Every state machine of the service: its states, its legal moves and who makes them. The same data decides in the service.',
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: ref(schemas.LifecyclePage) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const after = decodeCursor(cursor, 'lifecycles')?.id ?? ''
      const rest = machines.filter(({ name }) => name > after).slice(0, limit + 1)
      const page = toPage(rest, limit, 'lifecycles', ({ name }) => ({ value: name, id: name }), schemas.toLifecycle)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )
}
