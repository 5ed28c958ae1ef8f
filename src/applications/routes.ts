import type { FastifyReply, FastifyRequest } from 'fastify'
import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { assessmentForApplicant } from '../domain/assessment.ts'
import { AppError } from '../errors.ts'
import { listApplicationHistory } from '../history/queries.ts'
import { HistoryPage, toHistoryEvent } from '../history/schemas.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import {
  closed,
  cursorQuery,
  Id,
  Iso3,
  ifMatchHeaders,
  ifNoneMatchHeaders,
  limitQuery,
  optionalIfMatchHeaders,
  problems,
  reason,
  ref,
  Type,
} from '../http/schemas.ts'
import { writerOf } from '../http/serialization.ts'
import { dryRun, readAssessment } from './assessment-reading.ts'
import { decisionRoutes } from './decision-routes.ts'
import { patchApplication } from './editing.ts'
import { listRoute } from './list-route.ts'
import { type ApplicationDetailRow, listVersions } from './queries.ts'
import { readApplication, requireReadable } from './reading.ts'
import { Application, ApplicationForApplicant, ApplicationVersionPage, AssessmentView } from './schemas.ts'
import { ApplicationInput, ApplicationPatch, DryRunInput } from './schemas-content.ts'
import { ApplicationForReviewer, ReleasedSpeaker, SpeakerForMissions } from './schemas-outside.ts'
import { createApplication, submitApplication, withdrawApplication } from './service.ts'
import { toAssessment, toVersion } from './views.ts'
import { viewFor } from './views-by-caller.ts'

const tags = ['applications']
const access = ['admin', 'secretariat', 'integration'] as const
const params = closed({ id: Id('Id of the application.') })
/** One's own application is the applicant's to work on, as it is the secretariat's. */
const withApplicant = ['admin', 'secretariat', 'integration', 'applicant'] as const
const ownViews = Type.Union([ref(Application), ref(ApplicationForApplicant)])
const ok = { description: 'The application, in the view of the caller.', ...ownViews }
const anyView = Type.Union([
  ref(Application),
  ref(ApplicationForApplicant),
  ref(ApplicationForReviewer),
  ref(SpeakerForMissions),
  ref(ReleasedSpeaker),
])

export const applicationRoutes = (deps: Deps) => async (app: App) => {
  listRoute(app, deps)
  decisionRoutes(app, deps)
  const { db } = deps

  app.post(
    '',
    {
      config: { access: withApplicant },
      schema: {
        operationId: 'createApplication',
        tags,
        summary: 'Create application',
        description:
          'Begins an application as a draft. Only `preSession` is needed; the draft counts for nothing until it is submitted.',
        body: ref(ApplicationInput),
        response: {
          201: { ...ok, headers: { location: Type.String({ description: 'Address of the application.' }) } },
          ...problems(409),
        },
      },
    },
    async (request, reply) => {
      const row = await createApplication(deps, request.body, { caller: request.caller, now: request.receivedAt })
      reply.code(201).header('location', `/v1/applications/${row.id}`)
      return sendAsSeen(request, reply, deps, row)
    },
  )

  app.get(
    '/:id',
    {
      config: { access: 'public', restricted: true },
      schema: {
        operationId: 'getApplication',
        tags,
        summary: 'Get application',
        description:
          'The application with the content that counts, in the view of the caller: staff, its applicant, a reviewer of its country, missions and everybody after the release and with consent. What a caller may not see is, to it, not there.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: { description: 'The application as the caller may see it.', ...anyView },
          304: { description: 'You hold the current representation.', type: 'null' },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { caller, receivedAt } = request
      const { row, visibility } = await readApplication(deps, request.params.id, caller, receivedAt)
      const { component, view } = viewFor(deps.keys.pseudonym, caller, row, receivedAt, visibility)
      reply.serializer(writerOf(component))
      return sendView(request, reply, view) as never
    },
  )

  app.patch(
    '/:id',
    {
      config: { access: withApplicant },
      schema: {
        operationId: 'updateApplication',
        tags,
        summary: 'Update application',
        description:
          'Changes the content by JSON Merge Patch. Before the deadline a submitted application is assessed again; after it the change is kept as a version beside the one that counts (R4, R8).',
        params,
        headers: ifMatchHeaders,
        consumes: ['application/merge-patch+json', 'application/json'],
        body: ref(ApplicationPatch),
        response: { 200: ok, ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const row = await patchApplication(deps, request.params.id, request.body, {
        caller: request.caller,
        now: request.receivedAt,
        ifMatch: request.headers['if-match'],
      })
      return sendAsSeen(request, reply, deps, row)
    },
  )

  app.post(
    '/:id/submission',
    {
      config: { access: withApplicant },
      schema: {
        operationId: 'submitApplication',
        tags,
        summary: 'Submit application',
        description:
          'Hands the draft in. The instant at which this request had been read is its receive time. Late or incomplete is no error: the answer is 200 with the `outcome` (R4, R7).',
        params,
        headers: optionalIfMatchHeaders,
        response: { 200: ok, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      const row = await submitApplication(deps, request.params.id, {
        caller: request.caller,
        now: request.receivedAt,
        ifMatch: request.headers['if-match'],
      })
      return sendAsSeen(request, reply, deps, row)
    },
  )

  app.post(
    '/:id/withdrawal',
    {
      config: { access: withApplicant, bodyMayBeAbsent: true },
      schema: {
        operationId: 'withdrawApplication',
        tags,
        summary: 'Withdraw application',
        description: 'Takes the application back, at any time. It stays withdrawn.',
        params,
        headers: optionalIfMatchHeaders,
        body: closed(
          { reason: Type.Optional(reason('Why, for the history.')) },
          { description: 'May be left out.', examples: [{ reason: 'The speaker cannot travel.' }] },
        ),
        response: { 200: ok, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      const row = await withdrawApplication(deps, request.params.id, request.body.reason, {
        caller: request.caller,
        now: request.receivedAt,
        ifMatch: request.headers['if-match'],
      })
      return sendAsSeen(request, reply, deps, row)
    },
  )

  app.get(
    '/:id/assessment',
    {
      config: { access: withApplicant },
      schema: {
        operationId: 'getAssessment',
        tags,
        summary: 'Get assessment',
        description:
          'Every rule with its outcome, a sentence and the values compared. For a draft: what the outcome would be now, marked `preview`.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: { description: 'The assessment.', ...ref(AssessmentView) },
          304: { description: 'You hold the current representation.', type: 'null' },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { assessment, preview } = await readAssessment(deps, request.params.id, request.caller, request.receivedAt)
      const shown = request.caller.role === 'applicant' ? assessmentForApplicant(assessment) : assessment
      return sendView(request, reply, toAssessment(shown, preview))
    },
  )

  app.get(
    '/:id/versions',
    {
      config: { access: withApplicant },
      schema: {
        operationId: 'listApplicationVersions',
        tags,
        summary: 'List versions',
        description: 'Every state of the content, oldest first, with the one that counts marked.',
        params,
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of versions.', ...ref(ApplicationVersionPage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { limit = 20, cursor } = request.query
      await requireReadable(deps, request.params.id, request.caller, request.receivedAt)
      const binding = ['versions', request.params.id]
      const rows = await listVersions(db, request.params.id, {
        after: decodeCursor(cursor, binding, { value: 'integer', id: 'none' })?.value as number | undefined,
        limit,
      })
      // Every application has a first version: none at all means no such application.
      if (rows.length === 0 && cursor === undefined) throw new AppError('application_not_found')
      const page = toPage(rows, limit, binding, (row) => ({ value: row.n, id: '' }), toVersion)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/:id/history',
    {
      config: { access },
      schema: {
        operationId: 'getApplicationHistory',
        tags,
        summary: 'Get history',
        description: 'What happened to the application, oldest first: creation, edits, assessments with their cause.',
        params,
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of events.', ...ref(HistoryPage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { limit = 20, cursor } = request.query
      await requireReadable(deps, request.params.id, request.caller, request.receivedAt)
      const binding = ['history', request.params.id]
      const rows = await listApplicationHistory(db, request.params.id, {
        after: decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })?.id,
        limit,
      })
      if (rows.length === 0 && cursor === undefined) throw new AppError('application_not_found')
      const page = toPage(rows, limit, binding, (row) => ({ value: '', id: row.id }), toHistoryEvent)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )
}

/** A single application in the view of whoever asked for the change. */
export function sendAsSeen(
  request: FastifyRequest,
  reply: FastifyReply,
  { keys }: Deps,
  row: ApplicationDetailRow,
): never {
  const { component, view } = viewFor(keys.pseudonym, request.caller, row, request.receivedAt)
  reply.serializer(writerOf(component))
  return sendView(request, reply, view) as never
}

/** The public dry run stands below the country it is about. */
export const dryRunRoutes = (deps: Deps) => async (app: App) => {
  app.post(
    '',
    {
      config: { access: 'public', audit: false },
      schema: {
        operationId: 'assessWithoutStoring',
        tags,
        summary: 'Try out application',
        description:
          'The same rules as for a submission received now, on a body that is not stored. Files named are taken as present; waivers are personal and not looked at.',
        params: closed({
          number: Type.Integer({ minimum: 1, maximum: 999, description: 'Number of the round.' }),
          iso3: Iso3('State under Review.'),
        }),
        body: ref(DryRunInput),
        response: { 200: { description: 'What the outcome would be.', ...ref(AssessmentView) }, ...problems(404) },
      },
    },
    async (request) => {
      const { number, iso3 } = request.params
      return toAssessment(await dryRun(deps, { preSession: number, iso3 }, request.body, request.receivedAt), true)
    },
  )
}
