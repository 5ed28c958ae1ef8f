import { requireReadable } from '../applications/reading.ts'
import type { App, Deps } from '../deps.ts'
import { sendView } from '../http/etag.ts'
import { closed, Id, ifNoneMatchHeaders, optionalIfMatchHeaders, problems, ref, Type } from '../http/schemas.ts'
import { readAvailability, stateAvailability } from './availability.ts'
import { actOf } from './routes.ts'
import { Availability, StateAvailability } from './speaker-schemas.ts'

const tags = ['applications']
const config = { access: ['admin', 'secretariat', 'applicant'] as const }
const params = closed({ id: Id('Id of the application.') })

export const availabilityRoutes = (deps: Deps) => async (app: App) => {
  app.get(
    '/:id/availability',
    {
      config,
      schema: {
        tags,
        operationId: 'getAvailability',
        summary: 'Get availability of speaker',
        description: 'When the speaker of an application can speak, as it was said last.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: { description: 'The availability.', ...ref(Availability) },
          304: Type.Null({ description: 'You hold the current representation.' }),
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      await requireReadable(deps, request.params.id, request.caller, request.receivedAt)
      return sendView(request, reply, await readAvailability(deps.db, request.params.id))
    },
  )

  app.put(
    '/:id/availability',
    {
      config,
      schema: {
        tags,
        operationId: 'stateAvailability',
        summary: 'State availability of speaker',
        description:
          'Says when the speaker can speak, in place of what was said before. A seat at another time is not refused for it; whoever gives one is warned, and proposals keep to it.',
        params,
        headers: optionalIfMatchHeaders,
        body: ref(StateAvailability),
        response: { 200: { description: 'The availability.', ...ref(Availability) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await requireReadable(deps, id, request.caller, request.receivedAt)
      return sendView(request, reply, await stateAvailability(deps, id, request.body, actOf(request)))
    },
  )
}
