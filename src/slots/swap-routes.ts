import type { App, Deps } from '../deps.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, Id, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { actOf, params, type SlotNames, tags } from './routes.ts'
import * as schemas from './speaker-schemas.ts'
import { listOffers, offerSwap, ownOf, settleSwap, toSwap } from './swaps.ts'

const person = { access: ['admin', 'secretariat', 'applicant'] as const }

/** Speakers swap seats by an offer and its taking. */
export const swapRoutes =
  (deps: Deps, { kind, path, one, word }: SlotNames) =>
  async (app: App) => {
    app.get(
      '/:id/swaps',
      {
        config: person,
        schema: {
          tags,
          operationId: `list${one}Swaps`,
          summary: `List swaps of ${word}`,
          description:
            'Offers of seats in this slot and for seats in it. A speaker sees its own ones and those that it could take.',
          params,
          querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
          response: { 200: { description: 'A page of offers.', ...ref(schemas.SlotSwapPage) }, ...problems(404) },
        },
      },
      async (request, reply) => {
        const page = await listOffers(deps, { kind, id: request.params.id }, request.query, actOf(request))
        setNextLink(request, reply, page.nextCursor)
        return page
      },
    )

    app.post(
      '/:id/swaps',
      {
        config: person,
        schema: {
          tags,
          operationId: `offer${one}Swap`,
          summary: `Offer swap of seat in ${word}`,
          description:
            'A speaker offers its seat in exchange for one in another slot. Speakers there who could come here are told; nothing says whether there are any, nor who offers. An offer that stands is answered again.',
          params,
          body: ref(schemas.OfferSwap),
          response: {
            201: {
              description: 'The offer.',
              ...ref(schemas.SlotSwap),
              headers: { location: Type.String({ description: 'Address of the offer.' }) },
            },
            ...problems(404, 409),
          },
        },
      },
      async (request, reply) => {
        const act = actOf(request)
        const row = await offerSwap(deps, { kind, id: request.params.id }, request.body, act)
        reply.code(201).header('location', `${path}/${row.slot_id}/swaps/${row.id}`)
        return toSwap(row, await ownOf(deps.db, row.pre_session, act))
      },
    )

    app.post(
      '/:id/swaps/:swapId/transitions',
      {
        config: person,
        schema: {
          tags,
          operationId: `settle${one}Swap`,
          summary: `Settle swap of seat in ${word}`,
          description:
            'A speaker of the wanted slot takes the offer, and both seats change hands at once; or whoever offered takes it back.',
          params: closed({ ...params.properties, swapId: Id('Id of the offer.') }),
          body: ref(schemas.SettleSwap),
          response: { 200: { description: 'The offer.', ...ref(schemas.SlotSwap) }, ...problems(404, 409) },
        },
      },
      async (request) => {
        const act = actOf(request)
        const { id, swapId } = request.params
        const row = await settleSwap(deps, { kind, id }, swapId, request.body, act)
        return toSwap(row, await ownOf(deps.db, row.pre_session, act))
      },
    )
  }
