import type { App, Deps } from '../deps.ts'
import { sendBytes } from '../http/ranges.ts'
import { closed, enumOf, Id, problems, ref, Type } from '../http/schemas.ts'
import { signAddress } from './addresses.ts'
import { openPoster, partOf, parts, versionOf, watch } from './delivery.ts'
import { VideoAddresses } from './schemas.ts'

const tags = ['video-submissions']
const config = { access: 'public' as const, restricted: true }
const params = closed({ id: Id('Id of the submission.') })
const number = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: 'Which version; left out: the newest. For the secretariat and the person only.',
  }),
)
export const signature = Type.Optional(
  Type.String({
    maxLength: 1100,
    description: 'From POST /v1/video-submissions/{id}/addresses; stands in place of a credential.',
  }),
)
const octets = Type.Unsafe<unknown>({ type: 'string', format: 'binary' })

/** The bytes of videos, for those who may watch them at this moment. */
export const deliveryRoutes = (deps: Deps) => async (app: App) => {
  app.get(
    '/:id/content',
    {
      config,
      schema: {
        operationId: 'getVideoContent',
        tags,
        summary: 'Get video content',
        description:
          'The bytes of the newest version, whole or in part (`Range`). Others get the copy without metadata, once it is accepted and released and as long as the speaker consents; the original is for the secretariat and the person alone.',
        params,
        querystring: closed({
          part: enumOf(parts, {
            default: 'video',
            description: 'The copy without metadata, the original, or a rendition that every browser plays.',
          }),
          version: number,
          signature,
        }),
        headers: Type.Object({
          range: Type.Optional(Type.String({ description: 'One range of bytes.', examples: ['bytes=0-1023'] })),
          'if-range': Type.Optional(Type.String({ description: 'ETag of the bytes that the range continues.' })),
          'if-none-match': Type.Optional(Type.String({ description: 'ETag you hold; 304 if it is still current.' })),
        }),
        produces: ['video/mp4', 'video/quicktime', 'video/webm'],
        response: {
          200: { description: 'All bytes.', content: { 'application/octet-stream': { schema: octets } } },
          206: { description: 'The bytes asked for.', content: { 'application/octet-stream': { schema: octets } } },
          304: { description: 'You hold the current bytes.', type: 'null' },
          ...problems(404, 409, 416),
        },
      },
    },
    async (request, reply) => {
      const { part = 'video', version: wanted, signature } = request.query
      const { caller, receivedAt: now } = request
      const watched = await watch(deps, request.params.id, { caller, signature, now })
      const version = await versionOf(deps, watched, wanted)
      reply.header('content-disposition', 'inline')
      return sendBytes(request, reply, partOf(deps, version, part, watched.view)) as never
    },
  )

  app.get(
    '/:id/poster',
    {
      config,
      schema: {
        operationId: 'getVideoPoster',
        tags,
        summary: 'Get picture of video',
        description: 'A picture out of the video, where one could be made; for those who may watch it.',
        params,
        querystring: closed({ version: number, signature }),
        produces: ['image/jpeg'],
        response: {
          200: { description: 'The picture.', content: { 'application/octet-stream': { schema: octets } } },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { version: wanted, signature } = request.query
      const { caller, receivedAt: now } = request
      const watched = await watch(deps, request.params.id, { caller, signature, now })
      const poster = await openPoster(deps, await versionOf(deps, watched, wanted), watched.view)
      reply.type(poster.mediaType).header('content-length', poster.sizeBytes)
      return reply.serializer(String).send(poster.stream) as never
    },
  )

  app.post(
    '/:id/addresses',
    {
      config,
      schema: {
        operationId: 'createVideoAddresses',
        tags,
        summary: 'Create addresses for player',
        description:
          'Signed addresses for a player that sends no credential. They are for one version and one viewer, end after half an hour, and show nothing that the viewer may not see at the moment of use: a consent that is withdrawn ends them at once, and so does the end of the session or key that asked for them, but for what everybody may see.',
        params,
        querystring: closed({ version: number }),
        response: { 200: { description: 'The addresses.', ...ref(VideoAddresses) }, ...problems(404) },
      },
    },
    async (request) => {
      const { caller, receivedAt: now } = request
      const watched = await watch(deps, request.params.id, { caller, now })
      const version = await versionOf(deps, watched, request.query.version)
      const { signature, until } = signAddress(deps, version.id, caller, { view: watched.view, now })
      const at = (path: string, query = '') =>
        `${deps.config.http.publicUrl}/v1/video-submissions/${watched.row.id}/${path}?${query}signature=${signature}`
      return {
        content: at('content'),
        ...(version.rendition_key !== null && { rendition: at('content', 'part=rendition&') }),
        ...(version.poster_key !== null && { poster: at('poster') }),
        captions: watched.row.captions.map(({ language }) => ({ language, url: at(`captions/${language}`) })),
        expiresAt: until,
      }
    },
  )
}
