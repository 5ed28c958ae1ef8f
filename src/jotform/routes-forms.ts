import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, Instant, ifNoneMatchHeaders, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { requestPoll, saveMapping } from './forms.ts'
import { previewMapping } from './previews.ts'
import { findForm, listFormPage } from './queries-forms.ts'
import * as schemas from './schemas.ts'

const tags = ['jotform']
const config = { access: ['admin'] as const, wholeService: true as const }
const params = closed({ formId: schemas.FormId })
const notModified = Type.Null({ description: 'You hold the current representation.' })

export function formRoutes(app: App, deps: Deps): void {
  app.get(
    '/forms',
    {
      config,
      schema: {
        tags,
        operationId: 'listJotformForms',
        summary: 'List Jotform forms',
        description: 'Forms with a mapping, by their id.',
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: ref(schemas.FormPage) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const after = decodeCursor(cursor, 'forms', { value: 'text', id: 'text' })?.id
      const rows = await listFormPage(deps.db, { after, limit })
      const page = toPage(
        rows,
        limit,
        'forms',
        (row) => ({ value: row.form_id, id: row.form_id }),
        (row) => schemas.toForm(row),
      )
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/forms/:formId',
    {
      config,
      schema: {
        tags,
        operationId: 'getJotformForm',
        summary: 'Get Jotform form',
        description: 'The mapping of a form and how it compares with the form in Jotform.',
        params,
        headers: ifNoneMatchHeaders,
        response: { 200: ref(schemas.Form), 304: notModified, ...problems(404) },
      },
    },
    async (request, reply) => {
      const row = await findForm(deps.db, request.params.formId)
      if (row === undefined) throw new AppError('form_not_found')
      return sendView(request, reply, schemas.toForm(row))
    },
  )

  app.put(
    '/forms/:formId',
    {
      config,
      schema: {
        tags,
        operationId: 'putJotformForm',
        summary: 'Put Jotform form mapping',
        description:
          'Creates or replaces the mapping. It is checked against itself, which refuses it, and against the live questions, which is told in `drift`. ' +
          'Every version is kept; everything stored is mapped anew and nothing is fetched again. Without an API key `checked` is false.',
        params,
        body: ref(schemas.Mapping),
        response: {
          200: { description: 'The mapping holds.', ...ref(schemas.Form) },
        },
      },
    },
    async (request, reply) => {
      const { formId } = request.params
      const { form, check } = await saveMapping(deps, request.body, { formId, actor: request.caller.id })
      return sendView(request, reply, schemas.toForm(form, check))
    },
  )

  app.post(
    '/forms/:formId/mapping-previews',
    {
      config,
      schema: {
        tags,
        operationId: 'previewJotformMapping',
        summary: 'Preview Jotform mapping',
        description:
          'What a mapping would make of the newest stored submissions, or of answers sent along. Nothing is stored.',
        params,
        body: closed(
          {
            mapping: Type.Optional(ref(schemas.Mapping)),
            answers: Type.Optional(
              Type.Unsafe<Record<string, unknown>>({
                type: 'object',
                additionalProperties: true,
                description:
                  'A sample: `answers` of the API, or `rawRequest` of a webhook. Absent: stored submissions.',
              }),
            ),
            limit: Type.Optional(
              Type.Integer({ minimum: 1, maximum: 100, description: 'How many stored submissions; default 20.' }),
            ),
          },
          { description: 'The mapping to try; absent: the one that is stored.', examples: [{ limit: 5 }] },
        ),
        response: { 200: ref(schemas.MappingPreview), ...problems(404) },
      },
    },
    async (request) => previewMapping(deps, request.params.formId, request.body),
  )

  app.post(
    '/forms/:formId/polls',
    {
      config,
      schema: {
        tags,
        operationId: 'pollJotformForm',
        summary: 'Poll Jotform form',
        description:
          'Reads the whole list from Jotform now and compares: new, edited and deleted submissions, questions, webhook. The answer does not wait for it.',
        params,
        response: {
          202: Type.Object(
            { formId: Type.String({ description: 'The form.' }), requestedAt: Instant('When the poll was asked for.') },
            { description: 'The poll is under way; see GET /v1/integrations/jotform/status.' },
          ),
          ...problems(404, 409, 413, 415),
        },
      },
    },
    async (request, reply) => {
      await requestPoll(deps, request.params.formId)
      reply.code(202)
      return { formId: request.params.formId, requestedAt: request.receivedAt }
    },
  )
}
