import type { App, Deps } from '../deps.ts'
import { sendView } from '../http/etag.ts'
import { ifMatchHeaders, problems, ref } from '../http/schemas.ts'
import { numberParams as params } from '../pre-sessions/schemas.ts'
import { adoptProgramme } from './adoption.ts'
import { proposeProgramme } from './proposals.ts'
import { readRound, staffOnly, tags } from './routes.ts'
import { AdoptProgramme, ProgrammeForStaff } from './schemas.ts'
import * as schemas from './schemas-proposals.ts'

const actOf = ({ caller, receivedAt: now, headers }: Parameters<typeof sendView>[0]) => ({
  caller,
  now,
  ifMatch: headers['if-match'],
})

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

  app.put(
    '',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'adoptProgramme',
        summary: 'Adopt programme',
        description:
          'Makes the planned slots of the round these, in one transaction: those of a proposal or of the programme, edited or not, each with its kind, countries, room, times and the ids of its speakers, without what is computed of them. A slot with its `id` becomes what is sent, one without is made, and a planned one that is not named is removed, or called off where somebody knows of it. Slots that are open, live or over stay. Refused while a hard rule is broken, unless `allow` names it. Everybody concerned is told; nothing is published.',
        params,
        headers: ifMatchHeaders,
        body: ref(AdoptProgramme),
        response: {
          200: { description: 'The programme.', ...ref(ProgrammeForStaff) },
          ...problems(404, 409, 412, 428),
        },
      },
    },
    async (request, reply) => {
      const { number } = await readRound(deps, request)
      return sendView(request, reply, await adoptProgramme(deps, number, request.body, actOf(request)))
    },
  )
}
