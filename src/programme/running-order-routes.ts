import type { App, Deps } from '../deps.ts'
import { sendView } from '../http/etag.ts'
import { closed, Id, ifMatchHeaders, ifNoneMatchHeaders, problems, ref, Type } from '../http/schemas.ts'
import { staffOnly } from './routes.ts'
import { RunningOrder, readRunningOrder, SetRunningOrder, setRunningOrder } from './running-order.ts'

const tags = ['slots']
const params = closed({ id: Id('Id of the slot.') })
const order = { description: 'The running order.', ...ref(RunningOrder) }

const actOf = ({ caller, receivedAt: now, headers }: Parameters<typeof sendView>[0]) => ({
  caller,
  now,
  ifMatch: headers['if-match'],
})

export const runningOrderRoutes = (deps: Deps) => async (app: App) => {
  app.get(
    '/:id/running-order',
    {
      config: { access: 'public', restricted: true },
      schema: {
        tags,
        operationId: 'getRunningOrder',
        summary: 'Get running order of screening',
        description:
          'The statements in their order, with times computed from the accepted videos, or from the speaking time where there is none yet. Before the release of a country it is empty for everybody but those who run it; afterwards it holds the speakers of whom you may know, and times only where nobody hidden can be told from them.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: order,
          304: Type.Null({ description: 'You hold the current representation.' }),
          ...problems(404),
        },
      },
    },
    async (request, reply) =>
      sendView(request, reply, await readRunningOrder(deps.db, request.params.id, actOf(request))),
  )

  app.put(
    '/:id/running-order',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'setRunningOrder',
        summary: 'Set running order of screening',
        description: 'Puts the statements of a screening in order. Times are computed, never set.',
        params,
        headers: ifMatchHeaders,
        body: ref(SetRunningOrder),
        response: { 200: order, ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) =>
      sendView(request, reply, await setRunningOrder(deps, request.params.id, request.body, actOf(request))),
  )
}
