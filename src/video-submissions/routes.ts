import { decodeCursor, encodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import {
  closed,
  cursorQuery,
  enumOf,
  Id,
  Iso3,
  ifNoneMatchHeaders,
  limitQuery,
  optionalIfMatchHeaders,
  problems,
  reason,
  ref,
  Type,
} from '../http/schemas.ts'
import { writerOf } from '../http/serialization.ts'
import { listSubmissions, listVersions, type SubmissionDetail } from './queries.ts'
import { ownViews, readSubmission, viewOf } from './reading.ts'
import { recordScreened, reviewVideo } from './reviews.ts'
import * as schemas from './schemas.ts'
import { addVideoVersion, createVideoSubmission, deleteVideo, withdrawVideo } from './service.ts'
import { toVersion, viewFor } from './views.ts'

const tags = ['video-submissions']
const staff = ['admin', 'secretariat'] as const
const own = ['admin', 'secretariat', 'applicant'] as const
const params = closed({ id: Id('Id of the submission.') })
const location = Type.String({ description: 'Address of the submission.' })
const ok = { description: 'The submission.', ...ref(schemas.VideoSubmission) }

type Request = Parameters<typeof sendView>[0]
const actOf = (request: Request) => ({
  caller: request.caller,
  now: request.receivedAt,
  ifMatch: request.headers['if-match'],
})

export const videoSubmissionRoutes = (deps: Deps) => async (app: App) => {
  const { db } = deps
  const show = (request: Request, row: SubmissionDetail) => {
    const { caller: viewer, receivedAt: now } = request
    return viewFor(deps, row, { view: viewOf(viewer, row, now), viewer, now }) as schemas.VideoSubmissionBody
  }

  app.post(
    '',
    {
      config: { access: own },
      schema: {
        operationId: 'createVideoSubmission',
        tags,
        summary: 'Begin video submission',
        description:
          'Begins the video of a selected speaker (R23) and answers with the address, `upload.url`, that a tus 1.0 client sends the bytes to, with the same credential. ' +
          'An applicant can from the release of the selection on, the secretariat before. What comes after the deadline is kept and told to be late (R7).',
        body: ref(schemas.NewVideoSubmission),
        response: { 201: { ...ok, headers: { location } }, ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const row = await createVideoSubmission(deps, request.body, actOf(request))
      reply.code(201).header('location', `/v1/video-submissions/${row.id}`)
      return sendView(request, reply, show(request, row))
    },
  )

  app.get(
    '',
    {
      config: { access: 'public', restricted: true },
      schema: {
        operationId: 'listVideoSubmissions',
        tags,
        summary: 'List video submissions',
        description:
          'For the secretariat all, for an applicant its own once the selection is released; for everybody else those that were accepted and released, as far as the speaker consented. Newest first.',
        querystring: closed({
          preSession: Type.Optional(Type.Integer({ minimum: 1, maximum: 999, description: 'Of this round.' })),
          country: Type.Optional(Iso3('For this State under Review.')),
          application: Type.Optional(Id('Of this application.')),
          status: Type.Optional(enumOf(schemas.videoStatuses, { description: 'In this status.' })),
          limit: limitQuery,
          cursor: cursorQuery,
        }),
        response: {
          200: {
            description: 'A page in the view of the caller.',
            ...Type.Union([ref(schemas.VideoSubmissionPage), ref(schemas.PublishedVideoPage)]),
          },
        },
      },
    },
    async (request, reply) => {
      const { limit = 20, cursor, ...filters } = request.query
      const { caller, receivedAt: now } = request
      const binding = ['video-submissions', caller.role, caller.id, filters]
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })?.id
      const rows = await listSubmissions(db, { caller, filters, now, after, limit })
      const shown = rows.slice(0, limit)
      const isOwnList = (own as readonly string[]).includes(caller.role) || caller.role === 'integration'
      const data = shown.flatMap((row) => {
        const view = viewOf(caller, row, now)
        // The statement asked the same already: this is the second wall.
        if (view === 'none' || (view === 'outside') === isOwnList) return []
        const shown = viewFor(deps, row, { view, viewer: caller, now })
        // Whose video it is must not be guessed by a filter where it is not told.
        if (filters.application !== undefined && shown.applicationId === undefined) return []
        return [shown]
      })
      const last = shown.at(-1)
      const hasMore = rows.length > limit && last !== undefined
      const page = { data, nextCursor: hasMore ? encodeCursor({ value: '', id: last.id }, binding) : null }
      setNextLink(request, reply, page.nextCursor)
      reply.serializer(writerOf(isOwnList ? schemas.VideoSubmissionPage : schemas.PublishedVideoPage))
      return page as never
    },
  )

  app.get(
    '/:id',
    {
      config: { access: 'public', restricted: true },
      schema: {
        operationId: 'getVideoSubmission',
        tags,
        summary: 'Get video submission',
        description: 'One submission in the view of the caller; what may not be seen is not there.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: {
            description: 'The submission in the view of the caller.',
            ...Type.Union([ref(schemas.VideoSubmission), ref(schemas.PublishedVideo)]),
          },
          304: { description: 'You hold the current representation.', type: 'null' },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { caller: viewer, receivedAt: now } = request
      const { row, view } = await readSubmission(db, request.params.id, { viewer, now })
      reply.serializer(writerOf(view === 'outside' ? schemas.PublishedVideo : schemas.VideoSubmission))
      return sendView(request, reply, viewFor(deps, row, { view, viewer, now })) as never
    },
  )

  app.delete(
    '/:id',
    {
      config: { access: own },
      schema: {
        operationId: 'deleteVideoSubmission',
        tags,
        summary: 'Delete video submission',
        description: 'Removes a submission with all its versions, unless it was accepted; that one is withdrawn.',
        params,
        headers: optionalIfMatchHeaders,
        response: { 204: Type.Null({ description: 'Nothing of it is left.' }), ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      await deleteVideo(deps, request.params.id, actOf(request))
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/:id/versions',
    {
      config: { access: own },
      schema: {
        operationId: 'listVideoVersions',
        tags,
        summary: 'List versions of video',
        description: 'Every whole version that came, newest first; a new one never removes another.',
        params,
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of versions.', ...ref(schemas.VideoVersionPage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { limit = 20, cursor } = request.query
      const { id } = request.params
      const { row } = await readSubmission(db, id, { viewer: request.caller, now: request.receivedAt, views: ownViews })
      const binding = ['video-versions', id]
      const after = decodeCursor(cursor, binding, { value: 'integer', id: 'none' })?.value as number | undefined
      const rows = await listVersions(db, id, { after, limit })
      const page = toPage(
        rows,
        limit,
        binding,
        ({ n }) => ({ value: n, id: '' }),
        (version) => toVersion(version, row),
      )
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.post(
    '/:id/versions',
    {
      config: { access: own },
      schema: {
        operationId: 'addVideoVersion',
        tags,
        summary: 'Begin version of video',
        description:
          'Begins the upload of another version, or of the first one anew after it expired; an upload that was not finished is given up. The version before counts until all bytes are here; then the new one is checked and reviewed. The round limits how many there can be.',
        params,
        headers: optionalIfMatchHeaders,
        body: ref(schemas.NewVideoVersion),
        response: { 201: ok, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      const row = await addVideoVersion(deps, request.params.id, request.body, actOf(request))
      reply.code(201)
      return sendView(request, reply, show(request, row))
    },
  )

  app.post(
    '/:id/withdrawal',
    {
      config: { access: own, bodyMayBeAbsent: true },
      schema: {
        operationId: 'withdrawVideoSubmission',
        tags,
        summary: 'Withdraw video submission',
        description: 'Takes the statement back, at once and for everybody; its versions and captions are removed.',
        params,
        headers: optionalIfMatchHeaders,
        body: closed(
          { reason: Type.Optional(reason('Why, for the history.')) },
          { description: 'May be left out.', examples: [{ reason: 'It has become too dangerous.' }] },
        ),
        response: { 200: ok, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      const row = await withdrawVideo(deps, request.params.id, request.body.reason, actOf(request))
      return sendView(request, reply, show(request, row))
    },
  )

  app.post(
    '/:id/reviews',
    {
      config: { access: staff },
      schema: {
        operationId: 'reviewVideoSubmission',
        tags,
        summary: 'Review video submission',
        description:
          'Accepts the newest version, asks for changes or rejects, with reasons for the speaker. A version that replaces an accepted one is checked and reviewed again.',
        params,
        headers: optionalIfMatchHeaders,
        body: ref(schemas.ReviewVideo),
        response: { 200: ok, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      const row = await reviewVideo(deps, request.params.id, request.body, actOf(request))
      return sendView(request, reply, show(request, row))
    },
  )

  app.post(
    '/:id/transitions',
    {
      config: { access: staff },
      schema: {
        operationId: 'transitionVideoSubmission',
        tags,
        summary: 'Move video submission',
        description: 'Records that an accepted video was shown.',
        params,
        headers: optionalIfMatchHeaders,
        body: closed(
          { to: enumOf(['screened'], { description: 'The one move that is not an operation of its own.' }) },
          { description: 'The move.', examples: [{ to: 'screened' }] },
        ),
        response: { 200: ok, ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      const row = await recordScreened(deps, request.params.id, actOf(request))
      return sendView(request, reply, show(request, row))
    },
  )
}
