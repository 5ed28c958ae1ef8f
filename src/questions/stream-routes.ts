import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { asFarAsItReaches, roles } from '../http/access.ts'
import { closed, Id, problems, ref, Type } from '../http/schemas.ts'
import type { Hub } from '../streams/hub.ts'
import { issueTicket, redeemTicket } from '../streams/tickets.ts'
import { requireSlotQuestions } from './reading.ts'
import { actOf, open, tags } from './routes.ts'
import { SlotEvent } from './schemas-stream.ts'
import { CreateEventTicket, EventTicket } from './schemas-tickets.ts'

const position = (description: string) =>
  Type.Optional(
    Type.String({ maxLength: 64, description: `${description} One that is not known here counts as none.` }),
  )

/** Below `/v1/qa-slots/:id`. */
export const slotStreamRoutes = (deps: Deps, hub: Hub) => async (app: App) => {
  app.get(
    '/events',
    {
      config: { ...open, limited: 'token', isStream: true },
      schema: {
        tags,
        operationId: 'listenToSlot',
        summary: 'Listen to slot',
        description:
          'Server-sent events (`text/event-stream`): what changes of the slot and of its questions, each in the view that it has for you. A stream begins with a `snapshot` and the slot as it stands; with `Last-Event-ID` it goes on after that event, with nothing missed and nothing twice. ' +
          'When what you may see changes otherwise (a release, a consent), another `snapshot` replaces everything. Comments keep the connection alive; a reader that does not keep up is disconnected and goes on from where it was. ' +
          'Your rights are looked at again before every event; the stream ends with them. Browsers, which cannot send a bearer, use a ticket. ' +
          'Their `EventSource` comes back by itself with the same address, finds the ticket used up (401) and gives up: get another ticket then, and go on with `lastEventId`.',
        params: closed({ id: Id('Id of the Q&A slot.') }),
        headers: Type.Object({
          'last-event-id': position('The last event that you have; browsers send it by themselves.'),
        }),
        querystring: closed({
          ticket: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 100,
              description: 'A ticket of POST /v1/event-tickets, used up by this.',
            }),
          ),
          lastEventId: position('The same as the header, where that cannot be set.'),
        }),
        response: {
          200: {
            description: 'The stream. Each event is one of these, its `data` written as one line of JSON.',
            content: { 'text/event-stream': { schema: ref(SlotEvent) } },
          },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { ticket, lastEventId } = request.query
      const topic = request.params.id.toLowerCase()
      if (ticket !== undefined)
        request.caller = asFarAsItReaches(request, await redeemTicket(deps.db, topic, ticket, request.receivedAt))
      reply.type('text/event-stream; charset=utf-8').header('cache-control', 'private, no-store')
      // Proxies that gather answers would hold the events back.
      reply.header('x-accel-buffering', 'no')
      if (request.method === 'HEAD') {
        await requireSlotQuestions(deps.db, topic, actOf(request))
        return reply.send('' as never)
      }
      const listener = await hub.join({
        topic,
        caller: request.caller,
        lastEventId: request.headers['last-event-id'] ?? lastEventId,
        response: reply.raw,
      })
      if (listener === undefined) throw new AppError('slot_not_found')
      return reply.send(listener.stream as never)
    },
  )
}

/** Below `/v1/event-tickets`. */
export const eventTicketRoutes = (deps: Deps) => async (app: App) => {
  app.post(
    '',
    {
      config: { access: roles.filter((role) => role !== 'public'), scope: null, showsSecretOnce: true },
      schema: {
        tags,
        operationId: 'createEventTicket',
        summary: 'Create event ticket',
        description:
          'A ticket that opens the event stream of one slot, once, within a minute, with your rights: for browsers, whose `EventSource` sends no bearer. The stream ends with the credential that the ticket was made with.',
        body: ref(CreateEventTicket),
        response: { 201: { description: 'The ticket.', ...ref(EventTicket) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { slot } = await requireSlotQuestions(deps.db, request.body.slotId, actOf(request))
      const { ticket, expiresAt } = await issueTicket(deps.db, slot.id, request.caller, request.receivedAt)
      reply.code(201).header('cache-control', 'private, no-store')
      const url = `${deps.config.http.publicUrl}/v1/qa-slots/${slot.id}/events?ticket=${ticket}`
      return { ticket, url, expiresAt }
    },
  )
}
