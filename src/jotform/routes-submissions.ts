import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, enumOf, ifNoneMatchHeaders, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { findSubmissionDetail, listSubmissionPage } from './queries-submissions.ts'
import * as schemas from './schemas.ts'
import { Status } from './schemas-status.ts'
import { SubmissionDetail, SubmissionPage, toSubmission, toSubmissionDetail } from './schemas-submissions.ts'
import { getIntakeStatus } from './status.ts'
import { listInstants } from './timeline.ts'

const tags = ['jotform']
const config = { access: ['admin'] as const, wholeService: true as const }

export function submissionRoutes(app: App, deps: Deps): void {
  app.get(
    '/submissions',
    {
      config,
      schema: {
        tags,
        operationId: 'listJotformSubmissions',
        summary: 'List Jotform submissions',
        description: 'Submissions and what became of them, those first seen last first.',
        querystring: closed({
          formId: Type.Optional(schemas.FormId),
          state: Type.Optional(enumOf(schemas.submissionStates, { description: 'Only those in this state.' })),
          verification: Type.Optional(
            enumOf(schemas.verifications, { description: 'Only those of this verification.' }),
          ),
          limit: limitQuery,
          cursor: cursorQuery,
        }),
        response: { 200: ref(SubmissionPage) },
      },
    },
    async (request, reply) => {
      const { limit, cursor, ...filters } = request.query
      const binding = { list: 'submissions', ...filters }
      const rows = await listSubmissionPage(deps.db, {
        filters,
        after: decodeCursor(cursor, binding, { value: 'instant', id: 'text' }),
        limit,
      })
      const page = toPage(
        rows,
        limit,
        binding,
        (row) => ({ value: row.first_seen_at, id: row.submission_id }),
        toSubmission,
      )
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/submissions/:submissionId',
    {
      config,
      schema: {
        tags,
        operationId: 'getJotformSubmission',
        summary: 'Get Jotform submission',
        description:
          'One submission with every instant known in UTC, Geneva and US Eastern time, its contents, files and arrivals.',
        params: closed({ submissionId: schemas.SubmissionId }),
        querystring: closed({ formId: Type.Optional(schemas.FormId) }),
        headers: ifNoneMatchHeaders,
        response: {
          200: ref(SubmissionDetail),
          304: Type.Null({ description: 'You hold the current representation.' }),
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const row = await findSubmissionDetail(deps.db, request.params.submissionId, request.query.formId)
      if (row === undefined) throw new AppError('submission_not_found')
      return sendView(request, reply, toSubmissionDetail(row, listInstants(row)))
    },
  )

  app.get(
    '/status',
    {
      config,
      schema: {
        tags,
        operationId: 'getJotformStatus',
        summary: 'Get Jotform intake status',
        description: 'Counts by state, the last signs of life, and what asks for a person.',
        response: { 200: ref(Status) },
      },
    },
    async () => getIntakeStatus(deps),
  )
}
