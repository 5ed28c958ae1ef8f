import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { staffRoles } from '../http/access.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, Id, Iso3, limitQuery, problems, ref, Type } from '../http/schemas.ts'
import { findPreSession } from '../pre-sessions/queries.ts'
import { numberParams } from '../pre-sessions/schemas.ts'
import { reportAttendance } from '../slots/queries-attendance.ts'
import { deliverInvitation, inviteMissions, readCoverage } from './invitations.ts'
import { cancelForRound, registerForRound } from './missions.ts'
import { listInvitations } from './queries-invitations.ts'
import { listRegistrations } from './queries-registrations.ts'
import * as schemas from './schemas-missions.ts'

const tags = ['missions']
const staffOnly = { access: staffRoles }
const withMissions = { access: [...staffRoles, 'mission'] as const }
const pageQuery = closed({ limit: limitQuery, cursor: cursorQuery })

/** Below a round: whom it invites, who comes, who was there. */
export const invitationRoutes = (deps: Deps) => async (app: App) => {
  inviteRoutes(app, deps)
  registrationRoutes(app, deps)
  reportRoute(app, deps)
}

const contextOf = ({
  caller,
  receivedAt,
}: {
  caller: Parameters<typeof inviteMissions>[2]['caller']
  receivedAt: string
}) => ({
  caller,
  now: receivedAt,
})

async function requireRound({ db }: Deps, number: number, seesDrafts = true): Promise<void> {
  if ((await findPreSession(db, number, seesDrafts)) === undefined) throw new AppError('pre_session_not_found')
}

function inviteRoutes(app: App, deps: Deps): void {
  app.post(
    '/:number/invitations',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'inviteMissions',
        summary: 'Invite all missions',
        description:
          "Invites every State's mission, those of the States under Review always (R28). There is nothing to choose. The call can be made again: nobody is invited twice, and an address that came in since gets its message. Each message has one recipient.",
        params: numberParams,
        response: { 200: { description: 'What was done.', ...ref(schemas.InvitationResult) }, ...problems(404, 409) },
      },
    },
    async (request) => inviteMissions(deps, request.params.number, contextOf(request)),
  )

  app.get(
    '/:number/invitations',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'listInvitations',
        summary: 'List invitations',
        description: 'The invitations of a round by State, with how far each got.',
        params: numberParams,
        querystring: pageQuery,
        response: { 200: { description: 'A page of invitations.', ...ref(schemas.InvitationPage) }, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const { number } = request.params
      await requireRound(deps, number)
      const binding = ['invitations', number]
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'text' })?.id
      const rows = await listInvitations(deps.db, number, { after, limit })
      const page = toPage(rows, limit, binding, (row) => ({ value: '', id: row.state }), schemas.toInvitation)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.get(
    '/:number/invitations/coverage',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'getInvitationCoverage',
        summary: 'Get coverage of invitations',
        description:
          'Proves that no State is missing (R28), and names those that have to be reached otherwise than by mail.',
        params: numberParams,
        response: { 200: { description: 'The coverage.', ...ref(schemas.InvitationCoverage) }, ...problems(404) },
      },
    },
    async (request) => readCoverage(deps, request.params.number),
  )

  app.post(
    '/:number/invitations/:state/deliveries',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'deliverInvitation',
        summary: 'Record delivery of invitation',
        description:
          'Writes down that an invitation was handed over otherwise, for example by note verbale to a mission elsewhere.',
        params: closed({ ...numberParams.properties, state: Iso3('The State, in any letter case.') }),
        body: ref(schemas.DeliverInvitation),
        response: { 200: { description: 'The invitation.', ...ref(schemas.Invitation) }, ...problems(404) },
      },
    },
    async (request) => {
      const { number, state } = request.params
      return schemas.toInvitation(await deliverInvitation(deps, number, state, request.body, contextOf(request)))
    },
  )
}

function registrationRoutes(app: App, deps: Deps): void {
  app.get(
    '/:number/registrations',
    {
      config: withMissions,
      schema: {
        tags,
        operationId: 'listRegistrations',
        summary: 'List registrations',
        description: 'Who comes to a round. A mission sees its own delegates, the secretariat all.',
        params: numberParams,
        querystring: closed({
          state: Type.Optional(Iso3('Only those of this State.')),
          limit: limitQuery,
          cursor: cursorQuery,
        }),
        response: {
          200: { description: 'A page of registrations.', ...ref(schemas.RegistrationPage) },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { limit, cursor, state: wanted } = request.query
      const { number } = request.params
      const { caller } = request
      await requireRound(deps, number, caller.role !== 'mission')
      const state = wanted?.toUpperCase() ?? (caller.role === 'mission' ? caller.state : undefined)
      const binding = ['registrations', number, caller.id, state]
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })?.id
      // Of another State a mission finds none.
      const isForeign = caller.role === 'mission' && state !== caller.state
      const rows = isForeign ? [] : await listRegistrations(deps.db, { preSession: number, state, after, limit })
      const page = toPage(rows, limit, binding, ({ id }) => ({ value: '', id }), schemas.toRegistration)
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )

  app.post(
    '/:number/registrations',
    {
      config: withMissions,
      schema: {
        tags,
        operationId: 'registerForRound',
        summary: 'Register delegate for round',
        description:
          'Registers who comes for a mission; from then on that address can ask for access links, and the mission is told where to join. A mission registers its own delegates.',
        params: numberParams,
        body: ref(schemas.RegisterForRound),
        response: {
          201: {
            description: 'The registration.',
            ...ref(schemas.Registration),
            headers: { location: Type.String({ description: 'Address of the registration.' }) },
          },
          ...problems(404, 409),
        },
      },
    },
    async (request, reply) => {
      const { number } = request.params
      const row = await registerForRound(deps, number, request.body, contextOf(request))
      reply.code(201).header('location', `/v1/pre-sessions/${number}/registrations/${row.id}`)
      return schemas.toRegistration(row)
    },
  )

  app.delete(
    '/:number/registrations/:id',
    {
      config: withMissions,
      schema: {
        tags,
        operationId: 'cancelRegistration',
        summary: 'Cancel registration',
        description: 'Cancels a registration; one that is cancelled stays so.',
        params: closed({ ...numberParams.properties, id: Id('Id of the registration.') }),
        response: { 204: Type.Null({ description: 'It is cancelled.' }), ...problems(404) },
      },
    },
    async (request, reply) => {
      await cancelForRound(deps, request.params.number, request.params.id, contextOf(request))
      return reply.code(204).send(null)
    },
  )
}

function reportRoute(app: App, deps: Deps): void {
  app.get(
    '/:number/attendance',
    {
      config: staffOnly,
      schema: {
        tags,
        operationId: 'getAttendance',
        summary: 'Get attendance of round',
        description:
          'Which missions were present for which country and which took the floor, over all slots of the round (R31).',
        params: numberParams,
        response: { 200: { description: 'The attendance.', ...ref(schemas.AttendanceOfRound) }, ...problems(404) },
      },
    },
    async (request) => {
      const { number } = request.params
      await requireRound(deps, number)
      return schemas.toAttendance(number, await reportAttendance(deps.db, number))
    },
  )
}
