import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import type { Act } from '../http/access.ts'
import { sendView } from '../http/etag.ts'
import { setNextLink } from '../http/link.ts'
import {
  closed,
  cursorQuery,
  Id,
  ifNoneMatchHeaders,
  limitQuery,
  optionalIfMatchHeaders,
  problems,
  ref,
  Type,
} from '../http/schemas.ts'
import { transitionQuestion } from './moderating.ts'
import { readQuestion, requireSlotQuestions } from './reading.ts'
import * as schemas from './schemas.ts'
import { orderQueueOf, putQuestion } from './service.ts'
import { type ShownView, toQueue, toView, viewOf } from './views.ts'
import { castVote, withdrawVote } from './voting.ts'

export const tags = ['questions']
export const open = { access: 'public' as const, restricted: true }
const moderators = { access: ['moderator', 'secretariat', 'admin'] as const }
const slotParams = closed({ id: Id('Id of the Q&A slot.') })
const questionParams = closed({ id: Id('Id of the question.') })
const question = (description: string) => ({ description, ...ref(schemas.AnyQuestion) })
const notModified = Type.Null({ description: 'You hold the current representation.' })

type Request = Parameters<typeof sendView>[0]
export const actOf = (request: Request): Act => ({
  caller: request.caller,
  now: request.receivedAt,
  ifMatch: request.headers['if-match'],
})

/** Below `/v1/qa-slots/:id`. */
export const slotQuestionRoutes = (deps: Deps) => async (app: App) => {
  app.get(
    '/questions',
    {
      config: open,
      schema: {
        tags,
        operationId: 'listQuestions',
        summary: 'List questions',
        description:
          'The questions of a slot, each in the view that it has for you. Before the release of the countries that a question concerns only the mission that put it, the moderator and the secretariat see it; afterwards missions see what the moderator let through, speakers what is put to them, everybody what was called. ' +
          'The mission of the State under Review sees of its own country what everybody sees. What is put to a speaker whom you may not know of is not there. The order is that of the ids, which tells nothing; the queue has an address of its own.',
        params: slotParams,
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of questions.', ...ref(schemas.QuestionPage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const seen = await requireSlotQuestions(deps.db, request.params.id, actOf(request))
      const binding = ['questions', seen.slot.id, request.caller.role, request.caller.id]
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })?.id ?? ''
      const visible = seen.rows.filter((row) => row.id > after && viewOf(seen.audience, row, seen) !== 'none')
      const keyOf = ({ id }: (typeof visible)[number]) => ({ value: '', id })
      const page = toPage(visible.slice(0, limit + 1), limit, binding, keyOf, (row) =>
        toView(viewOf(seen.audience, row, seen) as ShownView, seen.audience, row, seen),
      )
      setNextLink(request, reply, page.nextCursor)
      return page as never
    },
  )

  app.post(
    '/questions',
    {
      config: { access: ['mission', 'moderator', 'secretariat', 'admin'] },
      schema: {
        tags,
        operationId: 'putQuestion',
        summary: 'Put question',
        description:
          'Puts a question of your mission, in advance or live, to the panel or to one speaker whom you may know of; the moderator decides whether it is called (R30). The State under Review asks nothing about itself: it offers its opening statement or wishes for the floor (R29). ' +
          'What the moderator puts goes straight into the queue. Five of one mission may wait at a time, twenty be put in one slot.',
        params: slotParams,
        body: ref(schemas.PutQuestion),
        response: {
          201: {
            ...question('The question.'),
            headers: { location: Type.String({ description: 'Address of the question.' }) },
          },
          ...problems(404, 409),
        },
      },
    },
    async (request, reply) => {
      const { id, body } = await putQuestion(deps, request.params.id, request.body, actOf(request))
      reply.code(201).header('location', `/v1/questions/${id}`)
      return sendView(request, reply, body) as never
    },
  )

  app.get(
    '/question-queue',
    {
      config: open,
      schema: {
        tags,
        operationId: 'getQuestionQueue',
        summary: 'Get question queue',
        description:
          'Those questions that are to be called and that you may see, in the order of their call: the opening statement of the State under Review, the moderator’s own, then the missions’ by time or by turn. All who hide their State’s name share one turn, so that a place tells nothing of the State.',
        params: slotParams,
        headers: ifNoneMatchHeaders,
        response: {
          200: { description: 'The queue.', ...ref(schemas.QuestionQueue) },
          304: notModified,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const seen = await requireSlotQuestions(deps.db, request.params.id, actOf(request))
      return sendView(request, reply, toQueue(seen.audience, seen))
    },
  )

  app.put(
    '/question-queue',
    {
      config: moderators,
      schema: {
        tags,
        operationId: 'orderQuestionQueue',
        summary: 'Order question queue',
        description: 'Orders the queue by time, or by turn between States: whose State was called least is next.',
        params: slotParams,
        body: ref(schemas.OrderQuestionQueue),
        response: { 200: { description: 'The queue.', ...ref(schemas.QuestionQueue) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const seen = await orderQueueOf(deps, request.params.id, request.body.order, actOf(request))
      return sendView(request, reply, toQueue(seen.audience, seen))
    },
  )
}

/** Below `/v1/questions`. */
export const questionRoutes = (deps: Deps) => async (app: App) => {
  app.get(
    '/:id',
    {
      config: open,
      schema: {
        tags,
        operationId: 'getQuestion',
        summary: 'Get question',
        description:
          'One question in the view that it has for you. What you may not see is answered like an id that never was.',
        params: questionParams,
        headers: ifNoneMatchHeaders,
        response: { 200: question('The question.'), 304: notModified, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { body } = await readQuestion(deps.db, request.params.id, actOf(request))
      return sendView(request, reply, body) as never
    },
  )

  app.post(
    '/:id/transitions',
    {
      config: { access: ['applicant', 'moderator', 'secretariat', 'admin'] },
      schema: {
        tags,
        operationId: 'transitionQuestion',
        summary: 'Move question to another status',
        description:
          'The moderator lets a question through, holds it with a reason, joins it into another, calls it and marks it answered. One that was not answered at the meeting lapses: a written answer is due by a date, and its speaker or the secretariat gives it.',
        params: questionParams,
        headers: optionalIfMatchHeaders,
        body: ref(schemas.TransitionQuestion),
        response: { 200: question('The question as it is now.'), ...problems(404, 409, 412) },
      },
    },
    async (request, reply) => {
      const { body } = await transitionQuestion(deps, request.params.id, request.body, actOf(request))
      return sendView(request, reply, body) as never
    },
  )

  app.put(
    '/:id/votes/mine',
    {
      config: { access: ['mission'], bodyMayBeAbsent: true },
      schema: {
        tags,
        operationId: 'voteForQuestion',
        summary: 'Vote for question',
        description:
          'Supports a question that waits to be called, with the one vote of your mission. The State under Review has none on its own country (R30).',
        params: questionParams,
        body: ref(schemas.CastVote),
        response: { 200: question('The question with its votes.'), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const { body } = await castVote(deps, request.params.id, actOf(request))
      return sendView(request, reply, body) as never
    },
  )

  app.delete(
    '/:id/votes/mine',
    {
      config: { access: ['mission'] },
      schema: {
        tags,
        operationId: 'withdrawVote',
        summary: 'Withdraw vote',
        description: 'Takes the vote of your mission back while the question waits to be called.',
        params: questionParams,
        response: { 200: question('The question with its votes.'), ...problems(404, 409) },
      },
    },
    async (request, reply) => {
      const { body } = await withdrawVote(deps, request.params.id, actOf(request))
      return sendView(request, reply, body) as never
    },
  )
}
