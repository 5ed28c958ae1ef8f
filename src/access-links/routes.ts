import type { App, Deps } from '../deps.ts'
import { ref } from '../http/schemas.ts'
import { AccessLinkAccepted, AccessLinkRequest, accepted } from './schemas.ts'
import { requestAccessLink } from './service.ts'

export const accessLinkRoutes = (deps: Deps) => async (app: App) => {
  app.post(
    '',
    {
      config: { access: 'public' },
      schema: {
        tags: ['sessions'],
        operationId: 'requestAccessLink',
        summary: 'Request access link',
        description:
          'Asks for a link by mail. The answer is the same, and takes the same time, whether or not one is sent. The link is `ACCESS_LINK_URL#access-token=…`: the page there exchanges the token with POST /v1/sessions. It works once, for 30 minutes (that of a moderator until the slot is over), until a newer one is sent; a person gets at most three per half hour.',
        body: ref(AccessLinkRequest),
        response: { 202: { description: 'Taken.', ...ref(AccessLinkAccepted) } },
      },
    },
    async (request, reply) => {
      await requestAccessLink(deps, request.body, request.receivedAt)
      reply.code(202)
      return accepted
    },
  )
}
