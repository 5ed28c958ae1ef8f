import { decodeCursor, toPage } from '../db/page.ts'
import type { SlotKind } from '../db/tables-slots.ts'
import type { App, Deps } from '../deps.ts'
import { roomKey } from '../domain/slots.ts'
import { type Act, staffRoles } from '../http/access.ts'
import { sendView } from '../http/etag.ts'
import { readInstants } from '../http/instants.ts'
import { setNextLink } from '../http/link.ts'
import {
  closed,
  cursorQuery,
  enumOf,
  Id,
  Iso3,
  ifMatchHeaders,
  ifNoneMatchHeaders,
  limitQuery,
  optionalIfMatchHeaders,
  problems,
  ref,
  Type,
} from '../http/schemas.ts'
import { writerOf } from '../http/serialization.ts'
import { patchSlot, transitionSlot } from './changes.ts'
import { listSlots, type SlotRow } from './queries.ts'
import * as schemas from './schemas.ts'
import * as service from './service.ts'
import { readerOf, toSlot, toSlotForStaff } from './views.ts'

export const tags = ['slots']
export const open = { access: 'public' as const, restricted: true }
export const staffOnly = { access: staffRoles }
export const params = closed({ id: Id('Id of the slot.') })
const slot = { description: 'The slot.', ...ref(schemas.SlotForStaff) }
const notModified = Type.Null({ description: 'You hold the current representation.' })

/** How a kind of slot is called in the contract. */
export interface SlotNames {
  kind: SlotKind
  path: string
  /** For operation ids, one and several. */
  one: string
  many: string
  /** For sentences. */
  word: string
}

export const qaSlots: SlotNames = { kind: 'qa', path: '/v1/qa-slots', one: 'QaSlot', many: 'QaSlots', word: 'Q&A slot' }
export const screenings: SlotNames = {
  kind: 'screening',
  path: '/v1/screenings',
  one: 'Screening',
  many: 'Screenings',
  word: 'screening',
}

type Request = Parameters<typeof sendView>[0]

export const actOf = (request: Request): Act => ({
  caller: request.caller,
  now: request.receivedAt,
  ifMatch: request.headers['if-match'],
})

export const slotRoutes = (deps: Deps, names: SlotNames) => async (app: App) => {
  readRoutes(app, deps, names)
  writeRoutes(app, deps, names)
}

const instant = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', pattern: '^2[01]', description: `${description} RFC 3339.` }))

const query = closed({
  preSession: Type.Optional(Type.Integer({ minimum: 1, maximum: 999, description: 'Of this round.' })),
  country: Type.Optional(Iso3('About this State under Review.')),
  room: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'In this room; letter case does not count.' }),
  ),
  status: Type.Optional(enumOf(schemas.statuses, { description: 'In this status.' })),
  from: instant('Ending later than this.'),
  until: instant('Beginning earlier than this.'),
  limit: limitQuery,
  cursor: cursorQuery,
})

function readRoutes(app: App, { db }: Deps, { kind, one, many, word }: SlotNames): void {
  app.get(
    '',
    {
      config: open,
      schema: {
        tags,
        operationId: `list${many}`,
        summary: `List ${word}s`,
        description: `The ${word}s in the order of time. The public and missions see those of a published programme; a speaker also those in which it may have a seat; staff all.`,
        querystring: query,
        response: {
          200: {
            description: 'A page of slots.',
            ...Type.Union([ref(schemas.SlotForStaffPage), ref(schemas.SlotPage)]),
          },
        },
      },
    },
    async (request, reply) => {
      const { limit, cursor, ...rest } = readInstants(request.query, ['from', 'until'])
      const reader = readerOf(request.caller)
      const filters = {
        ...rest,
        country: rest.country?.toUpperCase(),
        room: rest.room === undefined ? undefined : roomKey(rest.room),
      }
      const binding = [kind, reader.role, request.caller.id, filters]
      const after = decodeCursor(cursor, binding, { value: 'instant', id: 'uuid' })
      const rows = await listSlots(db, kind, reader, request.receivedAt, { filters, after, limit })
      const keyOf = (row: SlotRow) => ({ value: row.starts_at, id: row.id })
      const page = reader.isStaff
        ? toPage(rows, limit, binding, keyOf, toSlotForStaff)
        : toPage(rows, limit, binding, keyOf, toSlot)
      setNextLink(request, reply, page.nextCursor)
      reply.serializer(writerOf(reader.isStaff ? schemas.SlotForStaffPage : schemas.SlotPage))
      return page as never
    },
  )

  app.get(
    '/:id',
    {
      config: open,
      schema: {
        tags,
        operationId: `get${one}`,
        summary: `Get ${word}`,
        description: `One ${word}. Where to join is told to those who are admitted: its speakers, its moderators and registered missions.`,
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: { description: 'The slot.', ...Type.Union([ref(schemas.SlotForStaff), ref(schemas.Slot)]) },
          304: notModified,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const row = await service.readSlot(db, { kind, id: request.params.id }, actOf(request))
      const { isStaff } = readerOf(request.caller)
      reply.serializer(writerOf(isStaff ? schemas.SlotForStaff : schemas.Slot))
      return sendView(request, reply, isStaff ? toSlotForStaff(row) : toSlot(row)) as never
    },
  )
}

function writeRoutes(app: App, deps: Deps, { kind, path, one, word }: SlotNames): void {
  app.post(
    '',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: `create${one}`,
        summary: `Create ${word}`,
        description:
          'Makes a slot for one or several countries of a round (R27). It takes its room and its countries for its time; where one of them is taken, nothing is made and `conflicts` tells what stands in the way.',
        body: ref(schemas.CreateSlot),
        response: {
          201: { ...slot, headers: { location: Type.String({ description: 'Address of the slot.' }) } },
          ...problems(409),
        },
      },
    },
    async (request, reply) => {
      const row = await service.createSlot(deps, kind, request.body, actOf(request))
      reply.code(201).header('location', `${path}/${row.id}`)
      return sendView(request, reply, toSlotForStaff(row))
    },
  )

  app.patch(
    '/:id',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: `update${one}`,
        summary: `Update ${word}`,
        description:
          'JSON Merge Patch (RFC 7396). A change of time, room or countries takes the new places, speakers included, and gives up the old ones, or changes nothing.',
        params,
        headers: ifMatchHeaders,
        body: ref(schemas.UpdateSlot),
        response: { 200: slot, ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) =>
      sendView(
        request,
        reply,
        toSlotForStaff(await patchSlot(deps, { kind, id: request.params.id }, request.body, actOf(request))),
      ),
  )

  app.delete(
    '/:id',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: `delete${one}`,
        summary: `Delete ${word}`,
        description:
          'Removes a slot that no published programme has and in which no speaker sits or waits; any other is called off.',
        params,
        headers: ifMatchHeaders,
        response: { 204: Type.Null({ description: 'It is gone.' }), ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      await service.removeSlot(deps, { kind, id: request.params.id }, actOf(request))
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/:id/transitions',
    {
      config: { access: ['admin', 'secretariat', 'moderator'] as const },
      schema: {
        tags,
        operationId: `transition${one}`,
        summary: `Move ${word}`,
        description:
          'One move of the life cycle `slot`. Its moderator opens, begins and ends it; only the secretariat calls it off, which frees its places, or reinstates it, if they are free.',
        params,
        headers: optionalIfMatchHeaders,
        body: ref(schemas.TransitionSlot),
        response: {
          200: { description: 'The slot.', ...Type.Union([ref(schemas.SlotForStaff), ref(schemas.Slot)]) },
          ...problems(404, 409, 412),
        },
      },
    },
    async (request, reply) => {
      const row = await transitionSlot(deps, { kind, id: request.params.id }, request.body, actOf(request))
      const { isStaff } = readerOf(request.caller)
      reply.serializer(writerOf(isStaff ? schemas.SlotForStaff : schemas.Slot))
      return sendView(request, reply, isStaff ? toSlotForStaff(row) : toSlot(row)) as never
    },
  )
}
