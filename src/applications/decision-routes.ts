import type { App, Deps } from '../deps.ts'
import { consentCodes } from '../domain/application.ts'
import { outcomes } from '../domain/assessment.ts'
import { sendView } from '../http/etag.ts'
import {
  closed,
  enumOf,
  Id,
  ifMatchHeaders,
  ifNoneMatchHeaders,
  optionalIfMatchHeaders,
  problems,
  reason,
  ref,
  Type,
} from '../http/schemas.ts'
import { writerOf } from '../http/serialization.ts'
import { readConsents } from './consents.ts'
import { answerSelection, decideApplication, recordPrevented, replaceConsents } from './decisions.ts'
import type { ApplicationDetailRow } from './queries.ts'
import { requireReadable } from './reading.ts'
import { Application, ApplicationForApplicant, ConsentsView, decisions } from './schemas.ts'
import { viewFor } from './views-by-caller.ts'

const tags = ['applications']
const staff = { access: ['admin', 'secretariat'] as const }
const person = { access: ['admin', 'secretariat', 'applicant'] as const }
const params = closed({ id: Id('Id of the application.') })
const ok = {
  description: 'The application, in the view of the caller.',
  ...Type.Union([ref(Application), ref(ApplicationForApplicant)]),
}

/** What people decide about an application, and what its person agrees to. */
export function decisionRoutes(app: App, deps: Deps): void {
  const send = (
    request: Parameters<typeof sendView>[0],
    reply: Parameters<typeof sendView>[1],
    row: ApplicationDetailRow,
  ) => {
    const { component, view } = viewFor(deps.keys.pseudonym, request.caller, row, request.receivedAt)
    reply.serializer(writerOf(component))
    return sendView(request, reply, view) as never
  }

  app.post(
    '/:id/decisions',
    {
      config: staff,
      schema: {
        operationId: 'decideApplication',
        tags,
        summary: 'Decide on application',
        description:
          'Selects, puts on the reserve list or does not select (R18), or sets the outcome where the rules are wrong about it; always with a reason. Nobody outside learns of it before the release of the country (R20). Late access is given by a waiver of the country.',
        params,
        headers: optionalIfMatchHeaders,
        body: closed(
          {
            decision: Type.Optional(
              enumOf(decisions, {
                description: 'The decision. Only an eligible application can be selected or put on the reserve list.',
              }),
            ),
            outcome: Type.Optional(
              enumOf(outcomes, {
                description: "Outcome in place of the rules' own; stands until a person changes it.",
              }),
            ),
            reason: reason(
              'Why; kept in the history. The person reads it in an export once the selection is released: it names nobody else.',
            ),
          },
          {
            minProperties: 2,
            description: 'A decision, an outcome, or both.',
            examples: [{ decision: 'selected', reason: 'Covers health, which nobody else does.' }],
          },
        ),
        response: { 200: ok, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) =>
      send(request, reply, await decideApplication(deps, request.params.id, request.body, actOf(request))),
  )

  app.post(
    '/:id/answers',
    {
      config: person,
      schema: {
        operationId: 'answerSelection',
        tags,
        summary: 'Answer selection',
        description: 'A selected speaker confirms or declines, from the release of the country on (R19).',
        params,
        headers: optionalIfMatchHeaders,
        body: closed(
          { answer: enumOf(['confirmed', 'declined'], { description: 'The answer.' }) },
          { description: 'The answer of the speaker.', examples: [{ answer: 'confirmed' }] },
        ),
        response: { 200: ok, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) =>
      send(request, reply, await answerSelection(deps, request.params.id, request.body.answer, actOf(request))),
  )

  app.post(
    '/:id/transitions',
    {
      config: staff,
      schema: {
        operationId: 'transitionApplication',
        tags,
        summary: 'Move application',
        description:
          'Records that the speaker is kept from taking part (R19). Closed to everybody but the secretariat, the applicant included.',
        params,
        headers: optionalIfMatchHeaders,
        body: closed(
          {
            to: enumOf(['prevented'], { description: 'The one move that is not an operation of its own.' }),
            reason: reason('What happened.'),
          },
          { description: 'The move.', examples: [{ to: 'prevented', reason: 'Passport taken at the airport.' }] },
        ),
        response: { 200: ok, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) =>
      send(request, reply, await recordPrevented(deps, request.params.id, request.body.reason, actOf(request))),
  )

  app.get(
    '/:id/consents',
    {
      config: person,
      schema: {
        operationId: 'getConsents',
        tags,
        summary: 'Get consents',
        description: 'Every consent of the person, with since when it holds and for which words.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: { description: 'The consents.', ...ref(ConsentsView) },
          304: { description: 'You hold the current representation.', type: 'null' },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      await requireReadable(deps, request.params.id, request.caller, request.receivedAt, ['staff', 'applicant'])
      return sendView(request, reply, { data: await readConsents(deps.db, request.params.id) })
    },
  )

  app.put(
    '/:id/consents',
    {
      config: person,
      schema: {
        operationId: 'replaceConsents',
        tags,
        summary: 'Replace consents',
        description:
          'Makes the named consents the ones that are given; every other is withdrawn, at once and on every surface (R32). A withdrawal leaves its date and no personal data. `If-Match` is the ETag of the consents.',
        params,
        headers: ifMatchHeaders,
        body: closed(
          {
            consents: Type.Array(enumOf(consentCodes), {
              uniqueItems: true,
              maxItems: consentCodes.length,
              description: 'What the person consents to from now on.',
            }),
          },
          {
            description: 'All consents that are given.',
            examples: [{ consents: ['showNameInProgramme', 'publishStatement'] }],
          },
        ),
        response: {
          200: { description: 'The consents as they are now.', ...ref(ConsentsView) },
          ...problems(404, 412, 428),
        },
      },
    },
    async (request, reply) => {
      await replaceConsents(deps, request.params.id, request.body.consents, actOf(request))
      return sendView(request, reply, { data: await readConsents(deps.db, request.params.id) })
    },
  )
}

const actOf = (request: Parameters<typeof sendView>[0]) => ({
  caller: request.caller,
  now: request.receivedAt,
  ifMatch: request.headers['if-match'],
})
