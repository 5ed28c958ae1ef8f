import type { FastifyRequest } from 'fastify'
import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { sendView } from '../http/etag.ts'
import { closed, Id, ifNoneMatchHeaders, problems, ref, Type } from '../http/schemas.ts'
import { archiveOf, namesIn } from './archive.ts'
import { erasePerson } from './erasure.ts'
import { collectExport, countExport } from './export.ts'
import type { Intake } from './intake.ts'
import * as schemas from './schemas.ts'
import { openPerson, readPerson } from './service.ts'

const tags = ['people']
const params = closed({ id: Id('Id of the person.') })
const location = Type.String({ description: 'Address of the person.' })

export const peopleRoutes = (deps: Deps, intake: Intake) => async (app: App) => {
  app.post(
    '',
    {
      config: { access: ['admin', 'applicant'], wholeService: true, bodyMayBeAbsent: true },
      schema: {
        operationId: 'openPerson',
        tags,
        summary: 'Open person',
        description:
          'Answers the id of the person behind some addresses, for an export or an erasure. Where nothing is kept under any of them: 404. An applicant gets its own.',
        body: ref(schemas.PersonLookup),
        response: {
          200: { description: 'The person.', ...ref(schemas.Person), headers: { location } },
          ...problems(404, 409),
        },
      },
    },
    async (request, reply) => {
      const { caller, receivedAt: now, body } = request
      const row = await openPerson(deps, intake, { emails: body.emails, caller, now })
      reply.header('location', `/v1/people/${row.id}`)
      return schemas.toPerson(row)
    },
  )

  app.get(
    '/:id',
    {
      config: { access: ['admin', 'applicant'], wholeService: true },
      schema: {
        operationId: 'getPerson',
        tags,
        summary: 'Get person',
        description: 'The addresses of a person, or when and why they were erased. An applicant sees itself.',
        params,
        headers: ifNoneMatchHeaders,
        response: {
          200: { description: 'The person.', ...ref(schemas.Person) },
          304: { description: 'You hold the current representation.', type: 'null' },
          ...problems(404),
        },
      },
    },
    async (request, reply) =>
      sendView(request, reply, schemas.toPerson(await readPerson(deps.db, request.params.id, request.caller))),
  )

  const collect = async ({
    params,
    caller,
    receivedAt: now,
  }: Pick<FastifyRequest, 'caller' | 'receivedAt'> & { params: { id: string } }) => {
    const person = await readPerson(deps.db, params.id, caller)
    if (person.erased_at !== null) throw new AppError('person_not_found')
    return collectExport(deps, intake, person, { caller, now })
  }

  app.get(
    '/:id/export',
    {
      config: { access: ['admin', 'applicant'], wholeService: true },
      schema: {
        operationId: 'exportPerson',
        tags,
        summary: 'Export person',
        description:
          'Everything that is kept about a person and told to them, as a ZIP: a page to read, the data of each class as JSON, and the files. It is made while it is sent, and kept nowhere. ' +
          'Others are in it as what they are, never by name; what is told after a release is in it after the release. An applicant gets what belongs to the round of its session.',
        params,
        produces: ['application/zip'],
        response: {
          200: {
            description: 'The archive.',
            content: { 'application/zip': { schema: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }) } },
          },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const made = await collect(request)
      reply.type('application/zip').header('content-disposition', `attachment; filename="person-${made.personId}.zip"`)
      return reply.serializer(String).send(archiveOf(deps, made)) as never
    },
  )

  app.post(
    '/:id/export',
    {
      config: { access: ['admin', 'applicant'], wholeService: true },
      schema: {
        operationId: 'previewPersonExport',
        tags,
        summary: 'Preview person export',
        description: 'What the archive would hold now: numbers by class and the names of its files. GET sends it.',
        params,
        response: { 200: { description: 'What it holds.', ...ref(schemas.ExportSummary) }, ...problems(404) },
      },
    },
    async (request) => {
      const made = await collect(request)
      return {
        personId: made.personId,
        madeAt: made.madeAt,
        counts: countExport(made),
        files: namesIn(deps, made),
        archive: `/v1/people/${made.personId}/export`,
      }
    },
  )

  app.post(
    '/:id/erasure',
    {
      config: { access: ['admin'], wholeService: true },
      schema: {
        operationId: 'erasePerson',
        tags,
        summary: 'Erase person',
        description:
          'Erases what is kept about a person: applications, versions, documents and files, Jotform submissions and deliveries, mails, links, sessions, registrations, kept answers, waiting jobs. ' +
          'What stays says nothing of them: numbers, and what happened when. First a dry run, which answers counts and a `confirmation`, then the same with it. ' +
          'Done twice, it answers what was done. Files follow within a minute. A submission that was erased is never taken in again; a new application is that of a new person.',
        params,
        body: ref(schemas.ErasePerson),
        response: {
          200: { description: 'What is or was erased.', ...ref(schemas.ErasureView) },
          ...problems(404, 409),
        },
      },
    },
    async (request) => {
      const { caller, receivedAt: now, params, body } = request
      return schemas.toErasureView(await erasePerson(deps, intake, params.id, body, { caller, now }))
    },
  )
}
