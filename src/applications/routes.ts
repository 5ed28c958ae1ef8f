import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { organisationTypes } from '../domain/application.ts'
import { outcomes } from '../domain/assessment.ts'
import { parseInstant } from '../domain/instant.ts'
import { AppError, invalidInput } from '../errors.ts'
import { listApplicationHistory } from '../history/queries.ts'
import { HistoryPage, toHistoryEvent } from '../history/schemas.ts'
import { sendView } from '../http/etag.ts'
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
  reason,
  ref,
  Type,
} from '../http/schemas.ts'
import { findApplication, listApplications, listVersions, type Sort, sorts } from './queries.ts'
import {
  Application,
  ApplicationInput,
  ApplicationPage,
  ApplicationPatch,
  ApplicationVersionPage,
  AssessmentView,
  DryRunInput,
  decisions,
  statuses,
} from './schemas.ts'
import {
  createApplication,
  dryRun,
  patchApplication,
  readAssessment,
  submitApplication,
  withdrawApplication,
} from './service.ts'
import { toApplication, toApplicationListItem, toAssessment, toVersion } from './views.ts'

const tags = ['applications']
const access = ['admin', 'secretariat'] as const
const params = closed({ id: Id('Id of the application.') })
const instant = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', pattern: '^2[01]', description: `${description} RFC 3339.` }))

/** What has the form of an instant may still be none: a leap second, an offset that no place has. */
function readInstants<T extends { receivedAfter?: string; receivedBefore?: string }>(filters: T): T {
  const read = { ...filters }
  for (const name of ['receivedAfter', 'receivedBefore'] as const) {
    const text = filters[name]
    if (text === undefined) continue
    const instant = parseInstant(text)
    if (instant === undefined)
      throw invalidInput(`/query/${name}`, 'wrong_format', `"${text}" is not an RFC 3339 instant.`)
    read[name] = instant
  }
  return read
}

const ok = { description: 'The application.', ...ref(Application) }

export const applicationRoutes = (deps: Deps) => async (app: App) => {
  const { db } = deps

  app.get(
    '',
    {
      config: { access },
      schema: {
        operationId: 'listApplications',
        tags,
        summary: 'List applications',
        description:
          'One page of applications, filtered and sorted. `q` looks for a part of the names and e-mail addresses, without regard to case and accents.',
        querystring: closed({
          preSession: Type.Optional(Type.Integer({ minimum: 1, maximum: 999, description: 'Of this round.' })),
          country: Type.Optional(Iso3('For this State under Review.')),
          status: Type.Optional(enumOf(statuses, { description: 'In this status.' })),
          outcome: Type.Optional(enumOf(outcomes, { description: 'With this outcome.' })),
          decision: Type.Optional(enumOf(decisions, { description: 'With this decision.' })),
          organisationType: Type.Optional(enumOf(organisationTypes, { description: 'Of this kind of organisation.' })),
          receivedAfter: instant('Received later than this.'),
          receivedBefore: instant('Received earlier than this.'),
          q: Type.Optional(
            Type.String({ minLength: 1, maxLength: 100, description: 'Part of a name or an e-mail address.' }),
          ),
          sort: enumOf(sorts, {
            default: '-createdAt',
            description: 'Order. By `receivedAt`, drafts are left out: they have none.',
          }),
          limit: limitQuery,
          cursor: cursorQuery,
        }),
        response: { 200: { description: 'A page of applications.', ...ref(ApplicationPage) } },
      },
    },
    async (request, reply) => {
      const { limit = 20, cursor, sort = '-createdAt', ...filters } = request.query
      const binding = ['applications', sort, filters]
      const rows = await listApplications(db, {
        filters: readInstants(filters),
        sort: sort as Sort,
        after: decodeCursor(cursor, binding, { value: 'instant', id: 'uuid' }),
        limit,
      })
      const page = toPage(
        rows,
        limit,
        binding,
        (row) => ({ value: sort.endsWith('createdAt') ? row.created_at : (row.received_at ?? ''), id: row.id }),
        toApplicationListItem,
      )
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.post(
    '',
    {
      config: { access },
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
      return sendView(request, reply, toApplication(row))
    },
  )

  app.get(
    '/:id',
    {
      config: { access },
      schema: {
        operationId: 'getApplication',
        tags,
        summary: 'Get application',
        description:
          'The application with the content that counts, its files, and the applications that belong together with it.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: ok,
          304: { description: 'You hold the current representation.', type: 'null' },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const row = await findApplication(db, request.params.id)
      if (row === undefined) throw new AppError('application_not_found')
      return sendView(request, reply, toApplication(row))
    },
  )

  app.patch(
    '/:id',
    {
      config: { access },
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
      return sendView(request, reply, toApplication(row))
    },
  )

  app.post(
    '/:id/submission',
    {
      config: { access },
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
      return sendView(request, reply, toApplication(row))
    },
  )

  app.post(
    '/:id/withdrawal',
    {
      config: { access, bodyMayBeAbsent: true },
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
      return sendView(request, reply, toApplication(row))
    },
  )

  app.get(
    '/:id/assessment',
    {
      config: { access },
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
      const { assessment, preview } = await readAssessment(deps, request.params.id, request.receivedAt)
      return sendView(request, reply, toAssessment(assessment, preview))
    },
  )

  app.get(
    '/:id/versions',
    {
      config: { access },
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

/** The public dry run stands below the country it is about. */
export const dryRunRoutes = (deps: Deps) => async (app: App) => {
  app.post(
    '',
    {
      config: { access: 'public' },
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
