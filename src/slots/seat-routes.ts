import { decodeCursor, encodeCursor } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, Id, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { markConnection } from './connection.ts'
import { joinLine, leaveLine, listLine } from './line.ts'
import { listSlotSpeakers } from './queries-speakers.ts'
import { actOf, open, params, type SlotNames, tags } from './routes.ts'
import * as seats from './seats.ts'
import { readSlot } from './service.ts'
import * as schemas from './speaker-schemas.ts'
import { speakersVisibleTo, toSlotSpeaker } from './speaker-views.ts'

const person = { access: ['admin', 'secretariat', 'applicant'] as const }
const runsOrSpeaks = { access: ['admin', 'secretariat', 'moderator', 'applicant'] as const }
const speakerParams = closed({ ...params.properties, applicationId: Id('Id of the application whose speaker it is.') })
const pageQuery = closed({ limit: limitQuery, cursor: cursorQuery })
const gone = (description: string) => Type.Null({ description })

/** Who speaks in a slot and who waits for a seat. */
export const seatRoutes = (deps: Deps, names: SlotNames) => async (app: App) => {
  speakerRoutes(app, deps, names)
  lineRoutes(app, deps, names)
}

function speakerRoutes(app: App, deps: Deps, { kind, path, one, word }: SlotNames): void {
  app.get(
    '/:id/speakers',
    {
      config: open,
      schema: {
        tags,
        operationId: `list${one}Speakers`,
        summary: `List speakers of ${word}`,
        description:
          'The speakers, each as you may see it: the public and missions from the release of the country on and with the consent of the person; who is at risk stays behind a pseudonym.',
        params,
        querystring: pageQuery,
        response: { 200: { description: 'A page of speakers.', ...ref(schemas.SlotSpeakerPage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const act = actOf(request)
      const { limit, cursor } = request.query
      const slot = await readSlot(deps.db, { kind, id: request.params.id }, act)
      const binding = ['speakers', slot.id, act.caller.role, act.caller.id]
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })?.id
      const condition = speakersVisibleTo(act.caller, slot, act.now)
      const rows = await listSlotSpeakers(deps.db, { slotId: slot.id, condition, after, limit })
      const eyes = { caller: act.caller, now: act.now, pseudonymKey: deps.keys.pseudonym }
      const shown = rows.slice(0, limit)
      const last = rows.length > limit ? shown.at(-1) : undefined
      const nextCursor = last === undefined ? null : encodeCursor({ value: '', id: last.application_id }, binding)
      setNextLink(request, reply, nextCursor)
      return { data: shown.flatMap((row) => toSlotSpeaker(row, slot, eyes)), nextCursor }
    },
  )

  app.post(
    '/:id/speakers',
    {
      config: person,
      schema: {
        tags,
        operationId: `book${one}Seat`,
        summary: `Book seat in ${word}`,
        description:
          'Gives a speaker a seat: by staff for everybody who was selected, by a speaker who confirmed for itself. Of several for the last seat one gets it; the others get `slot_conflict` with the kind `seat`, and can wait in the line.',
        params,
        body: ref(schemas.BookSeat),
        response: {
          201: {
            description: 'The seat.',
            ...ref(schemas.SeatBooking),
            headers: { location: Type.String({ description: 'Address of the speaker in the slot.' }) },
          },
          ...problems(404, 409),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const booking = await seats.bookSeat(deps, { kind, id }, request.body.applicationId, actOf(request))
      reply.code(201).header('location', `${path}/${id}/speakers/${booking.applicationId}`)
      return booking
    },
  )

  app.delete(
    '/:id/speakers/:applicationId',
    {
      config: person,
      schema: {
        tags,
        operationId: `giveUp${one}Seat`,
        summary: `Give up seat in ${word}`,
        description: 'Takes a speaker out of the slot. Whoever waits longest moves up at the same moment.',
        params: speakerParams,
        response: { 204: gone('The seat is free, or the next one has it.'), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const { id, applicationId } = request.params
      await seats.giveUpSeat(deps, { kind, id }, applicationId, actOf(request))
      return reply.code(204).send(null)
    },
  )

  app.put(
    '/:id/speakers/:applicationId/connection',
    {
      config: runsOrSpeaks,
      schema: {
        tags,
        operationId: `mark${one}Connection`,
        summary: `Mark connection of speaker in ${word}`,
        description:
          'Says how a speaker gets on, on the day. Who cannot connect keeps the place in the list but not the seat, and the first who waits moves up; who connects after all needs a seat that is free.',
        params: speakerParams,
        body: ref(schemas.MarkConnection),
        response: { 200: { description: 'The speaker.', ...ref(schemas.SlotSpeaker) }, ...problems(404, 409) },
      },
    },
    async (request) => {
      const { id, applicationId } = request.params
      return markConnection(deps, { kind, id }, applicationId, request.body, actOf(request))
    },
  )
}

function lineRoutes(app: App, deps: Deps, { kind, one, word }: SlotNames): void {
  app.get(
    '/:id/waiting-list',
    {
      config: runsOrSpeaks,
      schema: {
        tags,
        operationId: `list${one}Waiting`,
        summary: `List those who wait for ${word}`,
        description: 'Who waits for a seat, in the order of coming. A speaker sees its own place alone.',
        params,
        querystring: pageQuery,
        response: { 200: { description: 'A page of places.', ...ref(schemas.WaitingPlacePage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const page = await listLine(deps.db, { kind, id: request.params.id }, request.query, actOf(request))
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.post(
    '/:id/waiting-list',
    {
      config: person,
      schema: {
        tags,
        operationId: `waitFor${one}`,
        summary: `Wait for seat in ${word}`,
        description:
          'Joins the line for a seat; where one is free it is given at once. Who waits already keeps the place.',
        params,
        body: ref(schemas.BookSeat),
        response: {
          200: { description: 'The place in the line.', ...ref(schemas.WaitingPlace) },
          ...problems(404, 409),
        },
      },
    },
    async (request) => joinLine(deps, { kind, id: request.params.id }, request.body.applicationId, actOf(request)),
  )

  app.delete(
    '/:id/waiting-list/:applicationId',
    {
      config: person,
      schema: {
        tags,
        operationId: `leave${one}Waiting`,
        summary: `Leave waiting list of ${word}`,
        description: 'Leaves the line for a seat.',
        params: speakerParams,
        response: { 204: gone('The place in the line is given up.'), ...problems(404) },
      },
    },
    async (request, reply) => {
      const { id, applicationId } = request.params
      await leaveLine(deps, { kind, id }, applicationId, actOf(request))
      return reply.code(204).send(null)
    },
  )
}
