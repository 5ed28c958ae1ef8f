import { decodeCursor, encodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { organisationTypes } from '../domain/application.ts'
import { outcomes } from '../domain/assessment.ts'
import { seesAsStaff } from '../domain/visibility.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import { readInstants } from '../http/instants.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, enumOf, Iso3, limitQuery, ref, Type } from '../http/schemas.ts'
import { writerOf } from '../http/serialization.ts'
import { listApplications, listVisibleApplications, type Sort, sorts } from './queries-list.ts'
import { assignmentIn, visibilityFor } from './reading.ts'
import { ApplicationForApplicantPage, ApplicationPage, decisions, statuses } from './schemas.ts'
import { ApplicationForReviewerPage, ReleasedSpeakerPage, SpeakerForMissionsPage } from './schemas-outside.ts'
import { toApplicationListItem } from './views.ts'
import { viewFor } from './views-by-caller.ts'

const instant = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', pattern: '^2[01]', description: `${description} RFC 3339.` }))

const defaultSort = '-createdAt'

const query = closed({
  preSession: Type.Optional(Type.Integer({ minimum: 1, maximum: 999, description: 'Of this round.' })),
  country: Type.Optional(Iso3('For this State under Review.')),
  status: Type.Optional(enumOf(statuses, { description: 'In this status; staff only.' })),
  outcome: Type.Optional(enumOf(outcomes, { description: 'With this outcome; staff only.' })),
  decision: Type.Optional(enumOf(decisions, { description: 'With this decision; staff only.' })),
  organisationType: Type.Optional(
    enumOf(organisationTypes, { description: 'Of this kind of organisation; staff only.' }),
  ),
  receivedAfter: instant('Received later than this; staff only.'),
  receivedBefore: instant('Received earlier than this; staff only.'),
  q: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'Part of a name or an e-mail address; staff only.' }),
  ),
  sort: enumOf(sorts, {
    default: defaultSort,
    description: 'Order; staff only. By `receivedAt`, drafts are left out: they have none.',
  }),
  limit: limitQuery,
  cursor: cursorQuery,
})

interface Query {
  preSession?: number
  country?: string
  receivedAfter?: string
  receivedBefore?: string
  limit?: number
  cursor?: string
  sort?: string
}

export function listRoute(app: App, deps: Deps): void {
  app.get(
    '',
    {
      config: { access: 'public', restricted: true },
      schema: {
        operationId: 'listApplications',
        tags: ['applications'],
        summary: 'List applications',
        description:
          'For staff one page of applications, filtered and sorted; `q` looks for a part of the names and e-mail addresses, without regard to case and accents. ' +
          'An applicant gets its own, a reviewer those of the countries assigned, missions and everybody the selected speakers after the release and with their consent. ' +
          'Filters on what a view does not show are for staff only.',
        querystring: query,
        response: {
          200: {
            description: 'A page in the view of the caller.',
            ...Type.Union([
              ref(ApplicationPage),
              ref(ApplicationForApplicantPage),
              ref(ApplicationForReviewerPage),
              ref(SpeakerForMissionsPage),
              ref(ReleasedSpeakerPage),
            ]),
          },
        },
      },
    },
    async (request, reply) => {
      const { caller } = request
      const isStaff = seesAsStaff(caller.role)
      const page = isStaff
        ? await listForStaff(deps, caller, request.query)
        : await listForOthers(deps, caller, request.query, request.receivedAt)
      setNextLink(request, reply, page.nextCursor)
      reply.serializer(writerOf(isStaff ? ApplicationPage : pageOfRole(caller)))
      return page as never
    },
  )
}

async function listForStaff(
  { db }: Deps,
  caller: Caller,
  { limit = 20, cursor, sort = defaultSort, ...filters }: Query,
) {
  const binding = ['applications', sort, filters]
  const rows = await listApplications(db, {
    filters: {
      ...readInstants(filters, ['receivedAfter', 'receivedBefore']),
      withinRounds: caller.preSessions,
      withinCountries: caller.countries,
    },
    sort: sort as Sort,
    after: decodeCursor(cursor, binding, { value: 'instant', id: 'uuid' }),
    limit,
  })
  const keyOf = (row: (typeof rows)[number]) => ({
    value: sort.endsWith('createdAt') ? row.created_at : (row.received_at ?? ''),
    id: row.id,
  })
  return toPage(rows, limit, binding, keyOf, toApplicationListItem)
}

async function listForOthers(
  deps: Deps,
  caller: Caller,
  { limit = 20, cursor, sort, preSession, country, ...rest }: Query,
  now: string,
) {
  const hidden = [...Object.keys(rest), ...(sort === undefined || sort === defaultSort ? [] : ['sort'])]
  if (hidden.length > 0) {
    throw new AppError('invalid_request', {
      detail: 'Filters and orders on what this view does not show are for staff.',
      errors: hidden.map((name) => ({
        pointer: `/query/${name}`,
        code: 'not_for_this_caller',
        message: 'For staff only.',
      })),
    })
  }
  const binding = ['applications', caller.role, caller.id, preSession, country]
  const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })?.id
  const rows = await listVisibleApplications(deps.db, { caller, filters: { preSession, country }, now, after, limit })
  const shown = rows.slice(0, limit)
  const data = shown.flatMap((row) => {
    const visibility = visibilityFor(caller, { ...row, assignment: assignmentIn(row) }, now)
    // The statement asked the same already: this is the second wall.
    return visibility.view === 'none' ? [] : [viewFor(deps.keys.pseudonym, caller, row, now, visibility).view]
  })
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { data, nextCursor: more ? encodeCursor({ value: '', id: last.id }, binding) : null }
}

function pageOfRole({ role }: Caller) {
  if (role === 'applicant') return ApplicationForApplicantPage
  if (role === 'reviewer') return ApplicationForReviewerPage
  return role === 'mission' ? SpeakerForMissionsPage : ReleasedSpeakerPage
}
