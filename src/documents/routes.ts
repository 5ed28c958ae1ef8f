import { pipeline, Transform } from 'node:stream'
import multipart from '@fastify/multipart'
import { addDocument, type ByHand } from '../applications/editing.ts'
import { findPlace } from '../applications/queries.ts'
import { requireReadable } from '../applications/reading.ts'
import { DocumentView } from '../applications/schemas.ts'
import type { Tx } from '../db/database.ts'
import type { App, Deps } from '../deps.ts'
import { shownKinds } from '../domain/document-access.ts'
import { awaitsScan } from '../domain/scan.ts'
import { seesAsStaff } from '../domain/visibility.ts'
import { AppError, invalidInput } from '../errors.ts'
import { staffRoles } from '../http/access.ts'
import { closed, documentedBody, Id, problems, ref, Type } from '../http/schemas.ts'
import { writerOf } from '../http/serialization.ts'
import { once } from '../idempotency/once.ts'
import { enqueue } from '../jobs/queue.ts'
import { detectDocumentType, documentTypes } from './content.ts'
import { eraseFiles, keepFile } from './erasing.ts'
import { insertDocument } from './queries.ts'
import { readDocument, readDocuments } from './reading.ts'
import { reviewDocument } from './reviews.ts'
import { enqueueScan } from './scans.ts'
import { DocumentList, PublishedDocumentList, ReviewDocument, toDocument, toPublishedDocument } from './schemas.ts'

const tags = ['applications']
const access = ['admin', 'secretariat', 'integration', 'applicant'] as const
const params = closed({ id: Id('Id of the application.'), docId: Id('Id of the document.') })
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
        const isShown = (shownKinds as readonly string[]).includes(kind)
        const row = await insertDocument(tx, {
          review_status: isShown ? 'needsReview' : null,
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
        if (isShown) await enqueue(tx, 'document-copy', { documentId: row.id })
        else await enqueueScan(tx, row.id)
        return row
      }
      const add = async () => {
        const row = await addDocument(deps, id, kind, insert, { caller: request.caller, now: receivedAt })
        reply.code(201).header('location', `/v1/applications/${id}/documents/${row.id}`)
        return toDocument(row, { showsReview: seesAsStaff(request.caller.role) })
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
    '',
    {
      config: { access: 'public', restricted: true },
      schema: {
        operationId: 'listDocuments',
        tags,
        summary: 'List documents',
        description:
          'The documents of an application with their reviews, for the secretariat and, from the release of the selection on, for the person; for others the statements and fact sheets that were accepted and released, as far as the speaker consents.',
        params: closed({ id: Id('Id of the application.') }),
        response: {
          200: {
            description: 'The documents in the view of the caller.',
            ...Type.Union([ref(DocumentList), ref(PublishedDocumentList)]),
          },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { caller, receivedAt: now } = request
      const seen = await readDocuments(db, request.params.id, caller, now)
      const isWhole = (access as readonly string[]).includes(caller.role)
      reply.serializer(writerOf(isWhole ? DocumentList : PublishedDocumentList))
      const data = seen.map(({ view, document, showsReview }) =>
        view === 'outside' ? toPublishedDocument(document) : toDocument(document, { showsReview }),
      )
      return { data } as never
    },
  )

  app.post(
    '/:docId/reviews',
    {
      config: { access: staffRoles },
      schema: {
        operationId: 'reviewDocument',
        tags,
        summary: 'Review document',
        description:
          'Accepts a statement or a fact sheet, asks for changes or rejects. Others get the copy without metadata of what is accepted, from the release on and by the consent of the speaker.',
        params,
        body: ref(ReviewDocument),
        response: { 200: { description: 'The document.', ...ref(DocumentView) }, ...problems(404, 409) },
      },
    },
    async (request) => {
      const { id: applicationId, docId: id } = request.params
      const act = { caller: request.caller, now: request.receivedAt }
      return toDocument(await reviewDocument(deps, { applicationId, id }, request.body, act), { showsReview: true })
    },
  )

  app.get(
    '/:docId',
    {
      config: { access: 'public', restricted: true },
      schema: {
        operationId: 'getDocument',
        tags,
        summary: 'Get document content',
        description:
          'The bytes of a stored file, always as a download: the original for the secretariat and the person, for others the copy without metadata of a statement or a fact sheet that was accepted and released. Its facts are in the list of documents. One in which the scan found malware is given to nobody; one that was not scanned yet, to the secretariat and the person alone.',
        params,
        produces: Object.keys(documentTypes),
        response: {
          200: {
            description: 'The file.',
            content: {
              'application/octet-stream': { schema: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }) },
            },
          },
          ...problems(404, 409),
        },
      },
    },
    async (request, reply) => {
      const { id: applicationId, docId: id } = request.params
      const { caller, receivedAt } = request
      const { view, document } = await readDocument(db, { applicationId, id }, caller, receivedAt)
      const isOutside = view === 'outside'
      // As with a video: its bytes stay where they are.
      if (document.scan?.status === 'infected') throw new AppError('document_infected')
      // R25: what was not looked at yet goes to people who were told to open it with care, and to whose it is; no software passes it on.
      if (caller.role === 'integration' && awaitsScan(document.scan)) throw new AppError('document_not_scanned')
      const key = isOutside ? document.copy_sha256 : document.status === 'stored' ? document.sha256 : null
      const file = key === null ? undefined : await storage.read(key)
      if (file === undefined) throw new AppError('document_not_found')
      // A name may say who somebody is.
      const name = isOutside ? `${document.kind}.pdf` : document.file_name
      reply
        .type(isOutside ? 'application/pdf' : (document.media_type ?? 'application/octet-stream'))
        .header('content-length', file.sizeBytes)
        .header('content-disposition', `attachment; filename*=UTF-8''${encodeFileName(name)}`)
      return reply.serializer(String).send(file.stream) as never
    },
  )
}

const encodeFileName = (name: string): string =>
  encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

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
