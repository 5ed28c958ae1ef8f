import type { App, Deps } from '../deps.ts'
import { problems, ref } from '../http/schemas.ts'
import { numberParams as params } from '../pre-sessions/schemas.ts'
import { proposeProgramme } from './proposals.ts'
import { readRound, staffOnly, tags } from './routes.ts'
import * as schemas from './schemas-proposals.ts'

export const proposalRoutes = (deps: Deps) => async (app: App) => {
  app.post(
    '/proposals',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'proposeProgramme',
        summary: 'Propose programme',
        description:
          'Plans a whole programme for the selected speakers, by where they are and when they can be there: every hard rule is kept (R26, R27, one place at a time, availability), and as few people as possible speak between 22:00 and 07:00 of their own clock. Each one who does has a reason. Nothing is kept: edit it, adopt it with PUT /v1/pre-sessions/{number}/programme, then publish. The same input gives the same proposal. Takes seconds.',
        params,
        body: ref(schemas.ProposeProgramme),
        response: {
          200: { description: 'The proposal.', ...ref(schemas.ProgrammeProposal) },
          ...problems(404, 409),
        },
      },
    },
    async (request) => proposeProgramme(deps, await readRound(deps, request), request.body),
  )
}
