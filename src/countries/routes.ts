import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { isStaff, staffRoles } from '../http/access.ts'
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
import { writerOf } from '../http/serialization.ts'
import { placeIn } from '../pre-sessions/schemas.ts'
import { deadlineRoutes } from './deadline-routes.ts'
import { findCountry, listCountries } from './queries.ts'
import * as schemas from './schemas.ts'
import * as service from './service.ts'
import { contextOf, placeOf } from './service.ts'

const tags = ['countries']
const open = { access: 'public' as const }
const staffOnly = { access: staffRoles }
const params = schemas.countryParams
const pageQuery = closed({ limit: limitQuery, cursor: cursorQuery })
const country = { description: 'The country.', ...ref(schemas.CountryForStaff) }
const notModified = Type.Null({ description: 'You hold the current representation.' })

export const countryRoutes = (deps: Deps) => async (app: App) => {
  readRoutes(app, deps)
  listWriteRoutes(app, deps)
  writeRoutes(app, deps)
  deadlineRoutes(app, deps)
}

function readRoutes(app: App, { db }: Deps): void {
  app.get(
    '',
    {
      config: open,
      schema: {
        tags,
        operationId: 'listCountries',
        summary: 'List countries under review',
        description: 'The countries of a round in their order. Staff also see the numbers of applications.',
        params: schemas.listParams,
        querystring: pageQuery,
        response: {
          200: {
            description: 'A page of countries.',
            ...Type.Union([ref(schemas.CountryForStaffPage), ref(schemas.CountryPage)]),
          },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const scope = { number: request.params.number, isStaff: isStaff(request.caller) }
      const binding = ['countries', scope.number]
      const after = placeIn(decodeCursor(cursor, binding))
      const rows = await listCountries(db, scope, { after, limit })
      if (rows === undefined) throw new AppError('pre_session_not_found')
      const keyOf = ({ position, iso3 }: { position: number; iso3: string }) => ({ value: position, id: iso3 })
      const now = request.receivedAt
      const page = scope.isStaff
        ? toPage(rows, limit, binding, keyOf, (row) => schemas.toCountryForStaff(row, now))
        : toPage(rows, limit, binding, keyOf, (row) => schemas.toCountry(row, now))
      setNextLink(request, reply, page.nextCursor)
      reply.serializer(writerOf(scope.isStaff ? schemas.CountryForStaffPage : schemas.CountryPage))
      return page
    },
  )

  app.get(
    '/:iso3',
    {
      config: open,
      schema: {
        tags,
        operationId: 'getCountry',
        summary: 'Get country under review',
        description:
          'One country of a round. Staff also see the numbers of applications, and what is not released yet.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: { description: 'The country.', ...Type.Union([ref(schemas.CountryForStaff), ref(schemas.Country)]) },
          304: notModified,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { number, iso3 } = placeOf(request.params)
      const scope = { number, isStaff: isStaff(request.caller) }
      const found = await findCountry(db, scope, iso3)
      if (found === undefined) throw new AppError('pre_session_not_found')
      if (found.country === undefined) throw new AppError('country_not_found')
      const toView = scope.isStaff ? schemas.toCountryForStaff : schemas.toCountry
      reply.serializer(writerOf(scope.isStaff ? schemas.CountryForStaff : schemas.Country))
      return sendView(request, reply, toView(found.country, request.receivedAt))
    },
  )
}

function listWriteRoutes(app: App, deps: Deps): void {
  app.post(
    '',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'addCountry',
        summary: 'Add country under review',
        description: 'Adds a Member State to the round, behind the others: States join a session late at times (R1).',
        params: schemas.listParams,
        body: ref(schemas.AddCountry),
        response: {
          201: { ...country, headers: { location: Type.String({ description: 'Address of the country.' }) } },
          ...problems(404, 409),
        },
      },
    },
    async (request, reply) => {
      const place = placeOf({ number: request.params.number, iso3: request.body.iso3 })
      const row = await service.addCountry(deps, place, contextOf(request))
      reply.code(201).header('location', `/v1/pre-sessions/${place.number}/countries/${place.iso3}`)
      return sendView(request, reply, schemas.toCountryForStaff(row, request.receivedAt))
    },
  )
}

function writeRoutes(app: App, deps: Deps): void {
  app.patch(
    '/:iso3',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'updateCountry',
        summary: 'Update country under review',
        description:
          'JSON Merge Patch (RFC 7396). `status` makes one move of the life cycle `countryUnderReview`; the public sees `held` and `notHeld` only from the release on (R20).',
        params,
        headers: ifMatchHeaders,
        body: ref(schemas.UpdateCountry),
        response: { 200: country, ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const input = { patch: request.body, ifMatch: request.headers['if-match'] }
      const row = await service.updateCountry(deps, placeOf(request.params), input, contextOf(request))
      return sendView(request, reply, schemas.toCountryForStaff(row, request.receivedAt))
    },
  )

  app.delete(
    '/:iso3',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'removeCountry',
        summary: 'Remove country under review',
        description: 'Takes a country off the list, only while no application, extension, waiver or slot refers to it.',
        params,
        headers: ifMatchHeaders,
        response: { 204: Type.Null({ description: 'It is gone.' }), ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const ifMatch = request.headers['if-match']
      await service.removeCountry(deps, placeOf(request.params), ifMatch, contextOf(request))
      reply.code(204)
      return null
    },
  )

  app.post(
    '/:iso3/release',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'releaseCountry',
        summary: 'Release country under review',
        description: 'Sets the instant from which on the public sees what was decided for this country (R20).',
        params,
        headers: optionalIfMatchHeaders,
        body: ref(schemas.ReleaseCountry),
        response: { 200: country, ...problems(404, 412) },
      },
    },
    async (request, reply) => {
      const input = { at: request.body.at, ifMatch: request.headers['if-match'] }
      const row = await service.releaseCountry(deps, placeOf(request.params), input, contextOf(request))
      return sendView(request, reply, schemas.toCountryForStaff(row, request.receivedAt))
    },
  )
}
