import type { App, Deps } from '../deps.ts'
import { invalidInput } from '../errors.ts'
import { closed, documentedBody, problems, ref, Type } from '../http/schemas.ts'
import { importExport } from './imports.ts'
import { FormId } from './schemas.ts'
import { ImportReport } from './schemas-status.ts'
import { readUpload } from './upload.ts'

const importBodyLimit = 25 * 1024 * 1024
const importTypes = ['text/csv', 'application/json', 'multipart/form-data']

/** A plugin of its own: its bodies are files, read here and not by the JSON parser. */
export const importRoutes = (deps: Deps) => async (app: App) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(importTypes, { parseAs: 'buffer', bodyLimit: importBodyLimit }, (request, body, done) => {
    request.receivedAt = deps.clock.now()
    done(null, body)
  })
  app.post(
    '/imports',
    {
      config: { access: ['admin'] as const, wholeService: true },
      schema: {
        tags: ['jotform'],
        operationId: 'importJotformExport',
        summary: 'Import Jotform export',
        description:
          'The submissions table as Jotform exports it (CSV with the texts of the questions as headings, or JSON as the API gives it), as the body or as the part `file` of a form. ' +
          'What is known already is not doubled. Times come from the file (`import` as the basis) until Jotform confirms them.',
        querystring: closed({
          formId: Type.Optional(FormId),
          dryRun: Type.Boolean({ default: false, description: 'True: only tell what would change.' }),
        }),
        consumes: importTypes,
        ...documentedBody('The export: as it is, or as the part `file` of a form.', {
          'text/csv': {
            schema: { type: 'string', description: 'The table as CSV.' },
            example: 'Submission ID,Submission Date\n4856715181114297811,2021-01-05 10:58:38',
          },
          'application/json': {
            schema: {
              type: 'array',
              items: { type: 'object', description: 'A submission as the API gives it.' },
              description: 'The submissions.',
            },
            example: [],
          },
          'multipart/form-data': {
            schema: {
              type: 'object',
              required: ['file'],
              additionalProperties: false,
              properties: { file: { type: 'string', format: 'binary', description: 'The export.' } },
            },
            example: { file: '(the bytes of the export)' },
          },
        }),
        response: { 200: ref(ImportReport), ...problems(404) },
      },
    },
    async (request) => {
      const body = request.body as Buffer | undefined
      if (body === undefined || body.length === 0) throw invalidInput('', 'required', 'The body is empty.')
      const text = await readUpload(request.headers['content-type'] ?? '', body)
      return importExport(deps, text, { ...request.query, formId: request.query.formId, now: request.receivedAt })
    },
  )
}
