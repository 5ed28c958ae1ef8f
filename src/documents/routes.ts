import { pipeline, Transform } from 'node:stream'
import multipart from '@fastify/multipart'
import { findPlace } from '../applications/queries.ts'
import { requireReadable } from '../applications/reading.ts'
import { DocumentView } from '../applications/schemas.ts'
import { addDocument, type ByHand } from '../applications/service.ts'
import type { Tx } from '../db/database.ts'
import type { App, Deps } from '../deps.ts'
import { AppError, invalidInput } from '../errors.ts'
import { closed, documentedBody, Id, problems, ref, type Static, Type } from '../http/schemas.ts'
import { once } from '../idempotency/once.ts'
import { detectDocumentType, documentTypes } from './content.ts'
import { eraseFiles, keepFile } from './erasing.ts'
import { findDocument, insertDocument } from './queries.ts'

const tags = ['applications']
const access = ['admin', 'secretariat', 'integration', 'applicant'] as const
const maxDocumentBytes = 50 * 1024 * 1024
const kinds = ['uprSubmission', 'statement', 'factSheet', 'other'] as const
type Kind = (typeof kinds)[number]

export const documentRoutes = (deps: Deps) => async (app: App) => {
  const { db, storage, clock } = deps
  await app.register(multipart, {
    throwFileSizeLimit: true,
    limits: { fileSize: maxDocumentBytes, files: 1, fields: 5, fieldSize: 1_000, parts: 8 },
  })

  app.post(
    '',
    {
      bodyLimit: maxDocumentBytes + 64 * 1024,
      config: { access, readsOwnBody: true },
      schema: {
        operationId: 'addDocument',
        tags,
        summary: 'Add document',
        description: `One file as multipart/form-data: the field \`kind\` (${kinds.join(', ')}; default uprSubmission) before the part \`file\`. At most 50 MiB; ${Object.values(documentTypes).join(', ')}, recognised by content. A UPR submission becomes part of the content, as an edit would (R9). The content of an application from Jotform is Jotform's: there the file is kept beside it, and counts if it came before the deadline or if staff give it in place of a file whose copy failed.`,
        params: closed({ id: Id('Id of the application.') }),
        consumes: ['multipart/form-data'],
        ...documentedBody('One file with its kind.', {
          'multipart/form-data': {
            schema: {
              type: 'object',
              required: ['file'],
              additionalProperties: false,
              properties: {
                kind: {
                  type: 'string',
                  enum: [...kinds],
                  default: 'uprSubmission',
                  description: 'What the file is; comes before it.',
                },
                file: { type: 'string', format: 'binary', description: 'The file, at most 50 MiB.' },
              },
            },
            example: { kind: 'uprSubmission', file: '(the bytes of a PDF)' },
          },
        }),
        response: { 201: { description: 'The document.', ...ref(DocumentView) }, ...problems(404, 409, 413, 415, 422) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await requireReadable(deps, id, request.caller, request.receivedAt)
      if ((await findPlace(db, id)) === undefined) throw new AppError('application_not_found')
      if (!request.isMultipart()) throw new AppError('unsupported_media_type')
      const part = await request.file().catch(refuseMultipart)
      if (part === undefined) throw invalidInput('/file', 'required', 'The part "file" is missing.')
      const kind = kindOf(part.fields.kind)
      let receivedAt = ''
      let mediaType: string | undefined
      const untilRead = new Transform({
        transform: (chunk, _encoding, done) => done(null, chunk),
        flush: (done) => {
          // The last byte is here: this is the receive time, whatever inspection and disk still take.
          receivedAt = clock.now()
          done()
        },
      })
      // A form that was cut off may have ended with an error before anybody listened; a pipeline tells of that too, where a pipe waits for ever.
      pipeline(part.file, untilRead, () => {})
      const stored = await storage
        .put(untilRead, async (path) => {
          if (part.file.truncated) throw new AppError('payload_too_large')
          mediaType = await detectDocumentType(path)
          if (mediaType === undefined) throw new AppError('unsupported_document')
        })
        .catch(refuseMultipart)
      const fileName = cleanFileName(part.filename)
      const insert = async (tx: Tx, byHand: ByHand) => {
        await keepFile(tx, deps, stored.sha256)
        return insertDocument(tx, {
          application_id: id,
          kind,
          file_name: fileName,
          media_type: mediaType ?? null,
          size_bytes: stored.sizeBytes,
          sha256: stored.sha256,
          status: 'stored',
          failure: null,
          source_url: null,
          added_by_hand: byHand,
          created_at: receivedAt,
        })
      }
      const add = async () => {
        const row = await addDocument(deps, id, kind, insert, { caller: request.caller, now: receivedAt })
        reply.code(201).header('location', `/v1/applications/${id}/documents/${row.id}`)
        return toDocument(row)
      }
      try {
        return await once(deps, request, reply, add, { kind, fileName, sha256: stored.sha256 })
      } catch (error) {
        // Nothing names it: an application that was erased meanwhile must not leave its file behind.
        await db.transaction().execute((tx) => eraseFiles(tx, [stored.sha256], receivedAt))
        throw error
      }
    },
  )

  app.get(
    '/:docId',
    {
      config: { access },
      schema: {
        operationId: 'getDocument',
        tags,
        summary: 'Get document content',
        description:
          'The bytes of a stored file, always as a download. Its facts are in `documents` of the application.',
        params: closed({ id: Id('Id of the application.'), docId: Id('Id of the document.') }),
        produces: Object.keys(documentTypes),
        response: {
          200: {
            description: 'The file.',
            content: {
              'application/octet-stream': { schema: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }) },
            },
          },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      await requireReadable(deps, request.params.id, request.caller, request.receivedAt)
      const row = await findDocument(db, request.params.id, request.params.docId)
      const file = row?.sha256 == null || row.status !== 'stored' ? undefined : await storage.read(row.sha256)
      if (row === undefined || file === undefined) throw new AppError('document_not_found')
      reply
        .type(row.media_type ?? 'application/octet-stream')
        .header('content-length', file.sizeBytes)
        .header(
          'content-disposition',
          `attachment; filename*=UTF-8''${encodeURIComponent(row.file_name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`,
        )
      return reply.serializer(String).send(file.stream) as never
    },
  )
}

function kindOf(field: unknown): Kind {
  const value = (Array.isArray(field) ? field[0] : field) as { value?: unknown } | undefined
  if (value === undefined) return 'uprSubmission'
  if ((kinds as readonly unknown[]).includes(value.value)) return value.value as Kind
  throw invalidInput('/kind', 'not_an_allowed_value', `It must be one of: ${kinds.join(', ')}.`)
}

/** The name as given, without path and control characters: it is shown and never used as a path. */
const cleanFileName = (name: string): string =>
  (name.split(/[\\/]/).at(-1) ?? '').replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '').slice(0, 255) || 'document'

/** The multipart reader's own refusals, as problems. */
function refuseMultipart(error: unknown): never {
  const { code = '' } = error as { code?: string }
  if (code === 'FST_REQ_FILE_TOO_LARGE') throw new AppError('payload_too_large')
  if (code.startsWith('FST_') && code.endsWith('_LIMIT'))
    throw invalidInput('', 'too_many_parts', 'Send one part "file" and at most the field "kind".')
  if (error instanceof AppError) throw error
  if (
    code.startsWith('FST_') ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    /multipart|boundary|form/i.test(String((error as Error).message))
  )
    throw invalidInput('', 'unreadable', 'The multipart body could not be read.')
  throw error
}

type Row = Awaited<ReturnType<typeof insertDocument>>

const toDocument = (row: Row): Static<typeof DocumentView> => ({
  id: row.id,
  kind: row.kind,
  fileName: row.file_name,
  mediaType: row.media_type,
  sizeBytes: row.size_bytes,
  sha256: row.sha256,
  status: row.status,
  failure: row.failure,
})
