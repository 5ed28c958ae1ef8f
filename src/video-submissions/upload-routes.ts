import { Server } from '@tus/server'
import { ERRORS } from '@tus/utils'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App, Deps } from '../deps.ts'
import { AppError, invalidInput } from '../errors.ts'
import { closed, documentedBody, problems, ref, Type } from '../http/schemas.ts'
import { StorageFullError } from '../storage/storage.ts'
import { findUpload } from './queries-uploads.ts'
import { ownViews, readSubmission } from './reading.ts'
import { VideoUpload } from './schemas.ts'
import { type UploadLocks, uploadLocks } from './upload-locks.ts'
import { checksumAlgorithms, tusExtensions, type UploadRequest, uploadStore } from './upload-store.ts'
import { toUpload } from './views.ts'

const path = '/v1/uploads'
const tags = ['video-submissions']
const own = ['admin', 'secretariat', 'applicant'] as const
const octets = 'application/offset+octet-stream'
const tusVersion = '1.0.0'
/** How long a request may go on that somebody else waits for: what it has is kept in that time. */
const drainMs = 300
/** A line on which nothing comes for so long is given up. */
const silentMs = 60_000
/** So much of a refused body is read and thrown away, so that the answer arrives and the connection lives on. */
const drainedBytes = 1024 * 1024

const params = closed({
  uploadId: Type.String({
    maxLength: 64,
    description: 'From `upload.url` of the submission.',
    examples: ['pYw3qg0n8yqB1h6mK2sVJ4tZxE7rLc9A'],
  }),
})
const tusResumable = Type.Optional(Type.String({ description: `Version of the protocol: ${tusVersion}.` }))
const offset = Type.String({ description: 'How many bytes are surely kept.' })
const expires = Type.String({ description: 'Until when the next byte must come.' })

/** tus 1.0: resumable uploads of videos, by the library of the protocol's authors. */
export const uploadRoutes = (deps: Deps) => async (app: App) => {
  const locks = uploadLocks(deps)
  app.addHook('preClose', async () => locks.interrupt())
  app.addHook('onClose', () => locks.close())
  // Every answer says which protocol this is, refusals too.
  app.addHook('onSend', (_request, reply, payload, done) => {
    reply.header('tus-resumable', tusVersion)
    if (reply.statusCode === 412) reply.header('tus-version', tusVersion)
    done(null, payload)
  })
  // The body goes to the storage as it comes, whatever its size.
  app.addContentTypeParser(octets, (_request, _payload, done) => done(null))

  const config = { access: own, limited: isKnown }

  app.get(
    '/:uploadId',
    {
      config,
      schema: {
        operationId: 'getUpload',
        tags,
        summary: 'Get upload',
        description:
          'How far an upload is. HEAD with `Tus-Resumable` answers a tus 1.0 client that goes on after an interruption: `Upload-Offset`, `Upload-Length`, `Upload-Expires`.',
        params,
        headers: Type.Object({ 'tus-resumable': tusResumable }),
        response: {
          200: { description: 'The upload.', ...ref(VideoUpload), headers: { 'upload-offset': offset } },
          ...problems(404, 410, 412, 423),
        },
      },
    },
    async (request, reply) => {
      if (request.method === 'HEAD') return answer(deps, locks, request, reply)
      const row = await requireOwn(deps, request.params.uploadId, request)
      reply.header('upload-offset', String(row.received_bytes))
      return toUpload(deps.config.http.publicUrl, row)
    },
  )

  app.patch(
    '/:uploadId',
    {
      config: { ...config, takesLong: true },
      schema: {
        operationId: 'appendToUpload',
        tags,
        summary: 'Append to upload',
        description:
          'Appends bytes from `Upload-Offset` on (tus 1.0). What came before a line broke is kept, and no offset is told before its bytes are on disk. ' +
          'With `Upload-Checksum` (sha1 or sha256) all of the request is kept or nothing. The last byte makes it a version, which is checked then.',
        params,
        headers: Type.Object({
          'tus-resumable': tusResumable,
          'upload-offset': Type.Optional(
            Type.String({ description: 'From which byte on; must be the offset that is kept.', examples: ['0'] }),
          ),
          'upload-checksum': Type.Optional(
            Type.String({ description: '`sha1` or `sha256`, a space, and the Base64 of the digest of this body.' }),
          ),
        }),
        consumes: [octets],
        ...documentedBody('The bytes.', {
          [octets]: { schema: { type: 'string', format: 'binary', description: 'Bytes of the file.' } },
        }),
        response: {
          204: {
            description: 'What came is kept.',
            type: 'null',
            headers: { 'upload-offset': offset, 'upload-expires': expires },
          },
          ...problems(404, 409, 410, 412, 413, 415, 423, 460, 507),
        },
      },
    },
    (request, reply) => answer(deps, locks, request, reply),
  )

  app.delete(
    '/:uploadId',
    {
      config,
      schema: {
        operationId: 'cancelUpload',
        tags,
        summary: 'Cancel upload',
        description:
          'Gives an upload up (tus 1.0); its bytes are removed. What is all here stays, unless reading it does not end within ten minutes.',
        params,
        headers: Type.Object({ 'tus-resumable': tusResumable }),
        response: { 204: Type.Null({ description: 'It is given up.' }), ...problems(404, 409, 410, 412, 423) },
      },
    },
    (request, reply) => answer(deps, locks, request, reply),
  )

  for (const url of ['', '/:uploadId'])
    app.options(
      url,
      // What a browser asks before it sends is answered here too, with what tus adds.
      { schema: { hide: true }, config: { access: 'public', methodRefusal: true, cors: { preflightContinue: true } } },
      async (_request, reply) => {
        reply
          .code(204)
          .header('tus-version', tusVersion)
          .header('tus-extension', tusExtensions.join(','))
          .header('tus-checksum-algorithm', checksumAlgorithms.join(','))
        return reply.send()
      },
    )
}

/** The chunks of a client are as many as it likes; whoever has no credential counts as before. */
function isKnown({ caller }: FastifyRequest): boolean {
  return caller.role !== 'public'
}

type Request = FastifyRequest<{ Params: { uploadId: string } }>

async function answer(deps: Deps, locks: UploadLocks, request: Request, reply: FastifyReply): Promise<never> {
  const { uploadId } = request.params
  const upload: UploadRequest = { caller: request.caller }
  try {
    await requireOwn(deps, uploadId, request)
    requireTus(request)
    upload.checksum = checksumIn(request)
    const response = await callTus(deps, locks, request, upload)
    for (const [name, value] of response.headers) if (/^(upload-|cache-control)/.test(name)) reply.header(name, value)
    if (upload.expiresAt !== undefined && request.method !== 'DELETE')
      reply.header('upload-expires', new Date(upload.expiresAt).toUTCString())
    // Somebody else goes on with it: what this client still sends is nobody's.
    if (response.headers.get('connection') === 'close') endConnection(request, reply)
    return reply.code(response.status).send() as never
  } catch (error) {
    leaveRest(request, reply)
    throw toRefusal(error)
  }
}

/** An upload is there for those alone who may hand it in; its address proves nothing by itself. */
async function requireOwn({ db, clock }: Deps, uploadId: string, { caller }: Request) {
  const upload = await findUpload(db, uploadId)
  if (upload === undefined) throw new AppError('upload_not_found')
  await readSubmission(db, upload.submission_id, { viewer: caller, now: clock.now(), views: ownViews }).catch(
    (error: unknown) => {
      throw error instanceof AppError ? new AppError('upload_not_found') : error
    },
  )
  return upload
}

function requireTus({ headers }: Request): void {
  if (headers['tus-resumable'] !== tusVersion) throw new AppError('tus_version_unsupported')
}

function checksumIn({ headers }: Request): string | undefined {
  const header = headers['upload-checksum']
  if (header === undefined) return undefined
  if (/^(sha1 [A-Za-z0-9+/]{27}=|sha256 [A-Za-z0-9+/]{43}=)$/.test(String(header))) return String(header)
  throw invalidInput(
    '/headers/upload-checksum',
    'wrong_format',
    'It must be "sha1" or "sha256", a space, and the digest in Base64.',
  )
}

async function callTus(deps: Deps, locks: UploadLocks, request: Request, upload: UploadRequest): Promise<Response> {
  let failure: { error: unknown } | undefined
  const server = new Server({
    path,
    datastore: uploadStore(deps, upload),
    locker: locks,
    lockDrainTimeout: drainMs,
    onResponseError: (_request, error) => {
      failure = { error }
      return undefined
    },
  })
  if (request.method === 'PATCH') endWhenSilent(request)
  const response = await server.handleWeb(toWebRequest(request))
  if (failure !== undefined) throw failure.error
  if (response.status >= 400) throw invalidInput('', 'unreadable', (await response.text()).trim())
  return response
}

const tusHeaders = ['tus-resumable', 'upload-offset', 'upload-length', 'content-type', 'content-length']

function toWebRequest({ method, url, headers, raw }: Request): globalThis.Request {
  const given = tusHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]))
  // Read as it is asked for, and never destroyed: the answer goes over the same connection.
  const chunks = raw.iterator({ destroyOnReturn: false })
  const body = new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
    },
    { highWaterMark: 0 },
  )
  return new globalThis.Request(`http://service${url}`, {
    method,
    headers: Object.fromEntries(given),
    ...(method === 'PATCH' && { body, duplex: 'half' }),
  } as RequestInit)
}

/** A client that is gone without a word leaves its connection open, and would keep the upload locked. */
function endWhenSilent({ raw }: Request): void {
  raw.setTimeout(silentMs, () => raw.destroy())
}

/** A body that is not read to its end: a small one is thrown away, a large one ends its connection. */
function leaveRest({ raw, headers }: Request, reply: FastifyReply): void {
  if (raw.complete) return
  const length = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY)
  if (length > drainedBytes) endConnection({ raw }, reply)
  else raw.resume()
}

function endConnection({ raw }: Pick<Request, 'raw'>, reply: FastifyReply): void {
  reply.header('connection', 'close')
  raw.resume()
}

/** What the library throws, as it is told here. */
function toRefusal(error: unknown): unknown {
  if (error instanceof StorageFullError) return new AppError('storage_full', { cause: error })
  if (error instanceof Error && !('status_code' in error)) return error
  const wait = { headers: { 'retry-after': '1' } }
  switch (error) {
    case ERRORS.FILE_NOT_FOUND:
      return new AppError('upload_not_found')
    case ERRORS.FILE_NO_LONGER_EXISTS:
      return new AppError('upload_expired')
    case ERRORS.INVALID_OFFSET:
      return new AppError('upload_offset_conflict')
    case ERRORS.MISSING_OFFSET:
      return invalidInput('/headers/upload-offset', 'required', 'Upload-Offset is needed.')
    case ERRORS.INVALID_CONTENT_TYPE:
      return new AppError('unsupported_media_type')
    case ERRORS.ABORTED:
    case ERRORS.ERR_LOCK_TIMEOUT:
      return new AppError('upload_locked', wait)
    default:
      if ((error as { status_code?: number }).status_code === 413) return new AppError('payload_too_large')
      return new Error('The upload failed.', { cause: error })
  }
}
