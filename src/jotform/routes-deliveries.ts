import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import {
  closed,
  cursorQuery,
  enumOf,
  Id,
  ifNoneMatchHeaders,
  limitQuery,
  problems,
  ref,
  Type,
} from '../http/schemas.ts'
import { findDeliveryDetail, listDeliveries } from './queries-deliveries.ts'
import { replayDelivery } from './replays.ts'
import * as schemas from './schemas.ts'
import { Delivery, DeliveryDetail, DeliveryPage, toDelivery, toDeliveryDetail } from './schemas-deliveries.ts'

const tags = ['jotform']
const config = { access: ['admin'] as const, wholeService: true as const }
const params = closed({ id: Id('Id of the delivery.') })

export function deliveryRoutes(app: App, deps: Deps): void {
  app.get(
    '/deliveries',
    {
      config,
      schema: {
        tags,
        operationId: 'listJotformDeliveries',
        summary: 'List Jotform deliveries',
        description: 'Everything that ever arrived, newest first: webhooks, what polls found, imports, replays.',
        querystring: closed({
          formId: Type.Optional(schemas.FormId),
          submissionId: Type.Optional(schemas.SubmissionId),
          source: Type.Optional(enumOf(schemas.deliverySources, { description: 'How it came.' })),
          limit: limitQuery,
          cursor: cursorQuery,
        }),
        response: { 200: ref(DeliveryPage) },
      },
    },
    async (request, reply) => {
      const { limit, cursor, ...filters } = request.query
      const binding = { list: 'deliveries', ...filters }
      const rows = await listDeliveries(deps.db, {
        filters,
        after: decodeCursor(cursor, binding, { value: 'instant', id: 'uuid' }),
        limit,
      })
      const page = toPage(rows, limit, binding, (row) => ({ value: row.received_at, id: row.id }), toDelivery)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/deliveries/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'getJotformDelivery',
        summary: 'Get Jotform delivery',
        description: 'One delivery with what was sent; our secret is taken out.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: ref(DeliveryDetail),
          304: Type.Null({ description: 'You hold the current representation.' }),
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const row = await findDeliveryDetail(deps, deps.db, request.params.id)
      if (row === undefined) throw new AppError('delivery_not_found')
      return sendView(request, reply, await toDeliveryDetail(row, deps.config.jotform.hookSecrets))
    },
  )

  app.post(
    '/deliveries/:id/replays',
    {
      config,
      schema: {
        tags,
        operationId: 'replayJotformDelivery',
        summary: 'Replay Jotform delivery',
        description:
          'Sends the stored body through the intake again, as a delivery of its own; the original stays as it is, and so does the time of arrival. Repeating it changes nothing.',
        params,
        response: {
          202: { description: 'The new delivery; it is read in a moment.', ...ref(Delivery) },
          ...problems(404, 413, 415),
        },
      },
    },
    async (request, reply) => {
      const row = await replayDelivery(deps, request.params.id, request.receivedAt)
      reply.code(202).header('location', `/v1/integrations/jotform/deliveries/${row.id}`)
      return toDelivery(row)
    },
  )
}
