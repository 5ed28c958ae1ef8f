import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
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
import { idIn, isStaff, placeIn, staff } from '../pre-sessions/schemas.ts'
import type { Context } from '../pre-sessions/service.ts'
import { findCountry, listCountries, listExtensions, listWaivers } from './queries.ts'
import * as schemas from './schemas.ts'
import * as service from './service.ts'

const tags = ['countries']
const open = { access: 'public' as const }
const staffOnly = { access: staff }
const params = schemas.countryParams
const pageQuery = closed({ limit: limitQuery, cursor: cursorQuery })
const country = { description: 'The country.', ...ref(schemas.CountryForStaff) }
const notModified = Type.Null({ description: 'You hold the current representation.' })

const placeOf = ({ number, iso3 }: service.Place): service.Place => ({ number, iso3: iso3.toUpperCase() })
const contextOf = ({ caller, receivedAt }: { caller: Context['caller']; receivedAt: string }): Context => ({
  caller,
  now: receivedAt,
})

export const countryRoutes = (deps: Deps) => async (app: App) => {
  readRoutes(app, deps)
  listWriteRoutes(app, deps)
  writeRoutes(app, deps)
  extensionRoutes(app, deps)
  waiverRoutes(app, deps)
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
        description: 'Takes a country off the list, only while no application, extension or waiver refers to it.',
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

function extensionRoutes(app: App, deps: Deps): void {
  app.post(
    '/:iso3/deadline-extensions',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'extendDeadline',
        summary: 'Extend application deadline of country',
        description:
          'Moves the deadline of one country later, never earlier. Everything received between the old and the new end is assessed again at once, all alike; a call that was closed reopens (R6).',
        params,
        body: ref(schemas.ExtendDeadline),
        response: { 201: { description: 'The extension.', ...ref(schemas.DeadlineExtension) }, ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const row = await service.extendDeadline(deps, placeOf(request.params), request.body, contextOf(request))
      reply.code(201)
      return schemas.toExtension(row)
    },
  )

  app.get(
    '/:iso3/deadline-extensions',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'listDeadlineExtensions',
        summary: 'List deadline extensions of country',
        description: 'Every extension of the application deadline of one country, oldest first (R6).',
        params,
        querystring: pageQuery,
        response: {
          200: { description: 'A page of extensions.', ...ref(schemas.DeadlineExtensionPage) },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const place = placeOf(request.params)
      const binding = ['extensions', place.number, place.iso3]
      const after = idIn(decodeCursor(cursor, binding))
      const rows = await listExtensions(deps.db, place, { after, limit })
      if (rows.length === 0) await service.readCountry(deps.db, place)
      const page = toPage(rows, limit, binding, ({ id }) => ({ value: id, id }), schemas.toExtension)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )
}

function waiverRoutes(app: App, deps: Deps): void {
  app.post(
    '/:iso3/deadline-waivers',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'grantDeadlineWaiver',
        summary: 'Grant deadline waiver to applicant',
        description:
          'Lets one applicant in after the deadline, before or after the fact; its applications are assessed again at once (R7). Refused where the settings of the round allow no waivers.',
        params,
        body: ref(schemas.GrantWaiver),
        response: { 201: { description: 'The waiver.', ...ref(schemas.DeadlineWaiver) }, ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const row = await service.grantWaiver(deps, placeOf(request.params), request.body, contextOf(request))
      reply.code(201)
      return schemas.toWaiver(row)
    },
  )

  app.get(
    '/:iso3/deadline-waivers',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'listDeadlineWaivers',
        summary: 'List deadline waivers of country',
        description: 'Every waiver that was granted to an applicant of one country, oldest first (R7).',
        params,
        querystring: pageQuery,
        response: { 200: { description: 'A page of waivers.', ...ref(schemas.DeadlineWaiverPage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const place = placeOf(request.params)
      const binding = ['waivers', place.number, place.iso3]
      const after = idIn(decodeCursor(cursor, binding))
      const rows = await listWaivers(deps.db, place, { after, limit })
      if (rows.length === 0) await service.readCountry(deps.db, place)
      const page = toPage(rows, limit, binding, ({ id }) => ({ value: id, id }), schemas.toWaiver)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )
}
