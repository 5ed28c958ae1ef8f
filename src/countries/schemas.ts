import { effectiveDeadline } from '../domain/effective-deadline.ts'
import { lifecycles } from '../domain/lifecycles.ts'
import { isBeforeClosing } from '../domain/window.ts'
import {
  closed,
  component,
  enumOf,
  Id,
  Instant,
  Iso3,
  pageOf,
  reason,
  ref,
  type Static,
  Type,
} from '../http/schemas.ts'
import { Deadline, deadlineInputParts, toDeadline } from '../pre-sessions/deadlines.ts'
import { isAccepting, numberParams } from '../pre-sessions/schemas.ts'
import type { CountryRow, ExtensionRow, WaiverRow } from './queries.ts'

const statuses = lifecycles.countryUnderReview.states.map((state) => state.name)

const count = (description: string) => Type.Integer({ minimum: 0, description })

const ApplicationCounts = Type.Object(
  {
    draft: count('Drafts.'),
    submitted: count('Submitted, whatever the outcome.'),
    byOutcome: Type.Object(
      {
        eligible: count('In time, complete, and from who may apply.'),
        incomplete: count('Something required is missing (R8, R9).'),
        late: count('Received when the deadline had closed (R4, R7).'),
        ineligible: count('From who may not apply for this country (R10, R11).'),
        needsReview: count('A person has to look at it.'),
      },
      { description: 'The submitted ones by the outcome of their assessment.' },
    ),
  },
  { description: 'How many applications there are for this country; the secretariat alone sees it.' },
)

const fields = {
  iso3: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 3166-1 alpha-3 code.', examples: ['BEL'] }),
  name: Type.String({ description: 'Short name in English that the United Nations uses.', examples: ['Belgium'] }),
  confidence: enumOf(['sourced', 'inferred', 'entered'], {
    description: 'Where it comes from: a published calendar, the order of review, or a person.',
  }),
  applicationDeadline: ref(Deadline),
  acceptingApplications: Type.Boolean({
    description:
      'Whether the call is open, the deadline that holds here has not closed (R4, R6), and the country is not withdrawn.',
  }),
  releaseAt: Type.Optional(Instant('From when on the public sees what was decided (R20).')),
}

export const Country = component(
  'Country',
  Type.Object(
    {
      ...fields,
      status: enumOf(statuses, {
        description:
          'Until `releaseAt` it is `candidate` or `withdrawn` and says nothing of whether a Pre-session is held (R20).',
      }),
    },
    { description: 'A State under Review in a round. `applicationDeadline` is the one that holds here (R6).' },
  ),
)
export const CountryPage = pageOf('CountryPage', Country)

export const CountryForStaff = component(
  'CountryForStaff',
  Type.Object(
    {
      ...fields,
      status: enumOf(statuses, { description: 'Where the country stands, released or not.' }),
      applicationCounts: ApplicationCounts,
      updatedAt: Instant('Last change of the country, its deadline or its release.'),
    },
    { description: 'A State under Review in a round, as the secretariat sees it.' },
  ),
)
export const CountryForStaffPage = pageOf('CountryForStaffPage', CountryForStaff)

export const listParams = numberParams
export const countryParams = closed({ ...numberParams.properties, iso3: Iso3('The State, in any letter case.') })

const instantInput = (description: string) =>
  Type.String({ maxLength: 40, pattern: '^2[01]\\d{2}-', description, examples: ['2021-01-11T22:59:59Z'] })

export const AddCountry = component(
  'AddCountry',
  closed(
    { iso3: Iso3('The Member State to add; it goes behind the others.') },
    { description: 'A country to add.', examples: [{ iso3: 'SDN' }] },
  ),
)

export const UpdateCountry = component(
  'UpdateCountry',
  closed(
    {
      status: Type.Optional(enumOf(statuses, { description: 'The status to move to.' })),
      reason: Type.Optional(reason('Why, for the history.')),
    },
    {
      description: 'A change of a country (RFC 7396).',
      examples: [{ status: 'held', reason: 'Twelve eligible applications' }],
    },
  ),
)

export const ReleaseCountry = component(
  'ReleaseCountry',
  closed(
    {
      at: {
        ...instantInput('When to release, RFC 3339; a later instant than the one set before puts it off.'),
        format: 'date-time',
      },
    },
    {
      description: 'The instant from which on the public sees what was decided for this country.',
      examples: [{ at: '2021-02-15T09:00:00Z' }],
    },
  ),
)

export const deadlineKinds = ['application', 'statement', 'video'] as const
const kindInput = Type.Optional(
  enumOf(deadlineKinds, {
    default: 'application',
    description: 'Which of the deadlines: for applications, for written statements, or for videos.',
  }),
)

export const ExtendDeadline = component(
  'ExtendDeadline',
  closed(
    { ...deadlineInputParts, kind: kindInput, reason: reason('Why; the secretariat alone sees it.') },
    {
      description: 'A later deadline for one country (R6).',
      examples: [{ local: '2021-01-15T23:59', reason: 'Few applications' }],
    },
  ),
)

export const DeadlineExtension = component(
  'DeadlineExtension',
  Type.Object(
    {
      id: Id('Id of the extension.'),
      kind: enumOf(deadlineKinds, { description: 'Which of the deadlines.' }),
      deadline: ref(Deadline),
      previous: ref(Deadline),
      reason: Type.String({ description: 'Why.' }),
      declaredBy: Type.String({ description: 'Id of the credential that declared it.' }),
      declaredAt: Instant('When it was declared.'),
      reassessedCount: count('Applications received between the old and the new end, assessed again.'),
    },
    { description: 'A deadline that was moved later for one country: from `previous` to `deadline` (R6).' },
  ),
)
export const DeadlineExtensionPage = pageOf('DeadlineExtensionPage', DeadlineExtension)

export const GrantWaiver = component(
  'GrantWaiver',
  closed(
    {
      email: Type.String({
        format: 'email',
        maxLength: 320,
        description: 'Address in the application, of the organisation or the speaker; letter case does not count.',
        examples: ['info@example.org'],
      }),
      until: {
        ...instantInput(
          'Until when: an RFC 3339 instant, the first that is too late, or YYYY-MM-DDTHH:MM in the zone of the round, where the named minute counts in full (R4).',
        ),
        examples: ['2021-01-11T23:59'],
      },
      kind: kindInput,
      reason: reason('Why, for example an outage or an internet shutdown.'),
    },
    {
      description: 'Late access for one applicant, before or after the fact (R7).',
      examples: [{ email: 'info@example.org', until: '2021-01-11T23:59', reason: 'Internet shutdown' }],
    },
  ),
)

export const DeadlineWaiver = component(
  'DeadlineWaiver',
  Type.Object(
    {
      id: Id('Id of the waiver.'),
      kind: enumOf(deadlineKinds, { description: 'Which of the deadlines.' }),
      email: Type.String({ description: 'Address of the applicant, in lower case.', examples: ['info@example.org'] }),
      until: Instant('The first instant that is too late for this applicant.'),
      reason: Type.String({ description: 'Why.' }),
      grantedBy: Type.String({ description: 'Id of the credential that granted it.' }),
      grantedAt: Instant('When it was granted.'),
      reassessedCount: count('Applications of this applicant, assessed again.'),
    },
    { description: 'Late access for one applicant (R7).' },
  ),
)
export const DeadlineWaiverPage = pageOf('DeadlineWaiverPage', DeadlineWaiver)

/** R6: the deadline in force here, the round's or a later one of this country. */
export const deadlineOf = ({ round_deadline, application_deadline }: CountryRow) =>
  effectiveDeadline(round_deadline, application_deadline ?? undefined)

function common(row: CountryRow, now: string) {
  const deadline = deadlineOf(row)
  return {
    iso3: row.iso3,
    name: row.name,
    confidence: row.confidence,
    applicationDeadline: toDeadline(deadline),
    acceptingApplications: row.status !== 'withdrawn' && isAccepting(row.round_status, now, deadline.closesAt),
    ...(row.release_at !== null && { releaseAt: row.release_at }),
  }
}

/** R20: what was decided is not told before the release; that a country left the round is. */
export function toCountry(row: CountryRow, now: string): Static<typeof Country> {
  const isReleased = row.release_at !== null && !isBeforeClosing(now, row.release_at)
  const status = isReleased || row.status === 'withdrawn' ? row.status : 'candidate'
  return { ...common(row, now), status }
}

export const toCountryForStaff = (row: CountryRow, now: string): Static<typeof CountryForStaff> => ({
  ...common(row, now),
  status: row.status,
  applicationCounts: row.counts as Static<typeof ApplicationCounts>,
  updatedAt: row.updated_at,
})

export const toExtension = (row: ExtensionRow): Static<typeof DeadlineExtension> => ({
  id: row.id,
  kind: row.kind,
  deadline: toDeadline(row.deadline),
  previous: toDeadline(row.previous_deadline),
  reason: row.reason,
  declaredBy: row.declared_by,
  declaredAt: row.declared_at,
  reassessedCount: row.reassessed_count,
})

export const toWaiver = (row: WaiverRow): Static<typeof DeadlineWaiver> => ({
  id: row.id,
  kind: row.kind,
  email: row.email,
  until: row.until,
  reason: row.reason,
  grantedBy: row.granted_by,
  grantedAt: row.granted_at,
  reassessedCount: row.reassessed_count,
})
