import { largestCaptions } from '../captions/text.ts'
import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { etagOf, sendView } from '../http/etag.ts'
import {
  closed,
  documentedBody,
  Id,
  ifNoneMatchHeaders,
  optionalIfMatchHeaders,
  problems,
  ref,
  Type,
} from '../http/schemas.ts'
import { canonical, removeCaptions, setCaptions, toCaptions } from './captions.ts'
import { versionOf, watch } from './delivery.ts'
import { signature } from './delivery-routes.ts'
import { findCaptions } from './queries-captions.ts'
import { VideoCaptions } from './schemas-captions.ts'

const tags = ['video-submissions']
const own = ['admin', 'secretariat', 'applicant'] as const
const types = { 'text/vtt': 'vtt', 'application/x-subrip': 'srt' } as const
const params = closed({
  id: Id('Id of the submission.'),
  language: Type.String({
    pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$',
    maxLength: 35,
    description: 'Language of the captions, BCP 47; one of the round.',
    examples: ['en'],
  }),
})
const example = 'WEBVTT\n\n00:00:00.500 --> 00:00:03.000\nThank you, Madam Moderator.\n'

/** A plugin of its own: its bodies are files, read here and not by the JSON parser. */
export const captionRoutes = (deps: Deps) => async (app: App) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    Object.keys(types),
    { parseAs: 'buffer', bodyLimit: largestCaptions },
    (request, body, done) => {
      request.receivedAt = deps.clock.now()
      done(null, body)
    },
  )

  app.put(
    '/:id/captions/:language',
    {
      config: { access: own },
      bodyLimit: largestCaptions,
      schema: {
        operationId: 'setVideoCaptions',
        tags,
        summary: 'Set captions of video',
        description:
          'Captions in one language of the round, as WebVTT or SubRip in UTF-8. They are kept as WebVTT of the captions alone: comments, styles, voices and names of captions are left out. ' +
          'Every fault is told with its line in `errors` (`/lines/12`, counted from 1); what a person should look at is in `checks`. Once the video is accepted the secretariat alone changes them.',
        params,
        headers: optionalIfMatchHeaders,
        consumes: Object.keys(types),
        ...documentedBody('The captions, at most 512 KiB.', {
          'text/vtt': { schema: { type: 'string', description: 'A WebVTT file.' }, example },
          'application/x-subrip': {
            schema: { type: 'string', description: 'A SubRip file.' },
            example: '1\n00:00:00,500 --> 00:00:03,000\nThank you, Madam Moderator.\n',
          },
        }),
        response: {
          200: { description: 'The captions were replaced.', ...ref(VideoCaptions) },
          201: { description: 'The captions are there.', ...ref(VideoCaptions) },
          ...problems(404, 409, 412, 422),
        },
      },
    },
    async (request, reply) => {
      const { id, language } = request.params
      const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() as keyof typeof types
      const bytes = request.body as Buffer | undefined
      if (types[type] === undefined || bytes === undefined) throw new AppError('unsupported_media_type')
      const { row, isNew } = await setCaptions(deps, id, { language, format: types[type], bytes }, actOf(request))
      reply.code(isNew ? 201 : 200).header('etag', etagOf(row.text))
      return toCaptions(row)
    },
  )

  app.get(
    '/:id/captions/:language',
    {
      config: { access: 'public', restricted: true },
      schema: {
        operationId: 'getVideoCaptions',
        tags,
        summary: 'Get captions of video',
        description: 'WebVTT for a player, for those who may watch the video.',
        params,
        querystring: closed({ signature }),
        headers: ifNoneMatchHeaders,
        produces: ['text/vtt'],
        response: {
          200: {
            description: 'The captions.',
            content: { 'text/vtt': { schema: Type.String({ description: 'A WebVTT file.' }) } },
          },
          304: { description: 'You hold the current captions.', type: 'null' },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { id, language } = request.params
      const { caller, receivedAt: now } = request
      const watched = await watch(deps, id, { caller, signature: request.query.signature, now })
      const { row, view } = watched
      // A signature is for one version, outside the newest alone.
      if (view === 'outside') await versionOf(deps, watched)
      const captions = await findCaptions(deps.db, row.id, canonical(language) ?? language)
      if (captions === undefined)
        throw new AppError(view === 'outside' ? 'video_submission_not_found' : 'captions_not_found')
      reply.type('text/vtt; charset=utf-8').serializer(String)
      return sendView(request, reply, captions.text) as never
    },
  )

  app.delete(
    '/:id/captions/:language',
    {
      config: { access: own },
      schema: {
        operationId: 'removeVideoCaptions',
        tags,
        summary: 'Remove captions of video',
        description: 'Removes the captions in one language.',
        params,
        headers: optionalIfMatchHeaders,
        response: { 204: Type.Null({ description: 'They are gone.' }), ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      await removeCaptions(deps, request.params.id, request.params.language, actOf(request))
      return reply.code(204).send(null)
    },
  )
}

type Request = Parameters<typeof sendView>[0]
const actOf = (request: Request) => ({
  caller: request.caller,
  now: request.receivedAt,
  ifMatch: request.headers['if-match'],
})
