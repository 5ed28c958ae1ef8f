import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { staffRoles } from '../http/access.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, limitQuery, problems, ref } from '../http/schemas.ts'
import { idIn } from '../pre-sessions/schemas.ts'
import { listExtensions, listWaivers } from './queries.ts'
import * as schemas from './schemas.ts'
import * as service from './service.ts'
import { contextOf, placeOf } from './service.ts'

const tags = ['countries']
const staffOnly = { access: staffRoles }
const params = schemas.countryParams
const pageQuery = closed({ limit: limitQuery, cursor: cursorQuery })

/** R6, R7: a later deadline for a country, late access for one applicant. */
export function deadlineRoutes(app: App, deps: Deps): void {
  extensionRoutes(app, deps)
  waiverRoutes(app, deps)
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
