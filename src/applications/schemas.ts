import type { TSchema } from 'typebox'
import { consentCodes, ecosocStatuses, genders, organisationTypes } from '../domain/application.ts'
import { outcomes } from '../domain/assessment.ts'
import {
  closed,
  component,
  enumOf,
  Id,
  Instant,
  Iso3,
  nullable,
  pageOf,
  ref,
  type Static,
  Type,
} from '../http/schemas.ts'

const text = (max: number, description: string, options: object = {}) =>
  Type.String({ maxLength: max, description, ...options })
const place = (description: string) =>
  text(100, `${description} ISO 3166-1 alpha-3, or the text given where it is no known State.`)

const address = {
  line1: text(200, 'First line.'),
  line2: text(200, 'Second line.'),
  city: text(200, 'City.'),
  region: text(200, 'Region, state or province.'),
  postalCode: text(40, 'Postal code.'),
  country: place('Country.'),
}
const ganhri = {
  status: enumOf(['A', 'B', 'none'], { description: 'Accreditation of the NHRI.' }),
  asOf: Type.Optional(
    Type.String({ format: 'date', description: 'Date on which this was the status, YYYY-MM-DD (R11).' }),
  ),
}
const organisation = {
  name: text(300, 'Name of the institution.', { examples: ['Réseau des défenseurs'] }),
  type: enumOf(organisationTypes, { description: 'Kind of organisation (R10). An NHRI is a State body, not a CSO.' }),
  basedIn: place('Where it is based.'),
  address: closed(optional(address), { description: 'Postal address.' }),
  phone: text(60, 'Phone of the institution.'),
  email: text(320, 'E-mail of the institution.', { examples: ['contact@example.org'] }),
  website: text(500, 'Website.'),
  aim: text(20_000, "Aim and work. More than the round's limit of words (default 200) is a warning (R8)."),
  foundedYear: Type.Integer({ minimum: 0, maximum: 9999, description: 'Year since when it exists.' }),
  ecosocStatus: enumOf(ecosocStatuses, { description: 'ECOSOC consultative status: recorded, never required (R12).' }),
  ganhriStatus: closed(ganhri, { description: 'GANHRI accreditation with its date: recorded, no bar (R11).' }),
}
const speaker = {
  firstName: text(200, 'First name.'),
  lastName: text(200, 'Last name.'),
  position: text(200, 'Position in the organisation.'),
  email: text(320, 'E-mail of the speaker.'),
  phone: text(60, 'Phone of the speaker.'),
  gender: enumOf(genders, { description: 'As declared by the person; absent is unknown, never guessed (R17).' }),
  timeZone: text(100, 'IANA time zone of the speaker.', { examples: ['Pacific/Palau'] }),
  atRisk: Type.Boolean({
    description: 'Would appearing by name put the speaker at risk? An unanswered question counts as yes.',
  }),
}
const issue = Type.Union(
  [
    Type.String({ pattern: '^[a-z0-9-]{1,60}$', description: 'Code of a theme, see GET /v1/themes.' }),
    closed({ other: text(500, 'Own words where no theme fits.') }),
  ],
  { description: 'What the statement is about (R16).', examples: ['right-to-health', { other: 'Access to land' }] },
)
const content = {
  country: Iso3('State under Review that the application is for.'),
  organisation: closed(optional(organisation), { description: 'Who applies.' }),
  speaker: closed(optional(speaker), { description: 'Who would speak.' }),
  issues: Type.Array(issue, { maxItems: 30, description: 'Issues that the statement will address.' }),
  statementLanguage: text(35, 'Language of the statement, BCP 47.', { examples: ['fr'] }),
  uprSubmission: closed(
    optional({
      reference: text(200, 'Reference of the submission to OHCHR, e.g. of a joint one.', { examples: ['JS17'] }),
      documentIds: Type.Array(Id('Id of a document of this application.'), {
        maxItems: 20,
        uniqueItems: true,
        description: 'Its files among the documents of this application.',
      }),
    }),
    { description: 'The UPR submission to OHCHR: a file or a reference (R9).' },
  ),
  coalitionMembers: Type.Array(closed({ name: text(300, 'Member.'), country: Type.Optional(place('Its country.')) }), {
    maxItems: 500,
    description: 'Members of a coalition.',
  }),
  consents: Type.Array(enumOf(consentCodes), {
    uniqueItems: true,
    maxItems: consentCodes.length,
    description:
      'Consents given; everything not named is not consented to. `shareWithMissions` is for the missions of other States; that of the State under Review sees more than the public only with `shareWithStateUnderReview` as well.',
  }),
  accessibilityNeeds: text(2000, 'What the speaker needs to take part.'),
}

function optional<T extends Record<string, TSchema>>(properties: T) {
  return Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, Type.Optional(schema)])) as {
    [K in keyof T]: ReturnType<typeof Type.Optional<T[K]>>
  }
}

const preSessionNumber = Type.Integer({ minimum: 1, maximum: 999, description: 'Number of the round.', examples: [38] })

export const ApplicationInput = component(
  'ApplicationInput',
  closed(
    { preSession: preSessionNumber, ...optional(content) },
    {
      description:
        'An application as it is given. Only `preSession` is needed to begin a draft; what is missing is told by the assessment.',
      examples: [
        {
          preSession: 38,
          country: 'BEL',
          organisation: {
            name: 'Réseau des défenseurs',
            type: 'nationalCso',
            basedIn: 'BEL',
            email: 'contact@example.org',
            aim: 'We document cases and train lawyers.',
          },
          speaker: { firstName: 'Zoë', lastName: 'Machel', email: 'zoe@example.org', atRisk: false },
          issues: ['right-to-health'],
          uprSubmission: { reference: 'JS17' },
        },
      ],
    },
  ),
)

export const DryRunInput = component(
  'DryRunInput',
  closed(
    { preSession: Type.Optional(preSessionNumber), ...optional(content) },
    {
      description:
        'An application body to try out. `preSession` and `country` come from the path; when given, they must agree with it.',
      examples: [
        {
          organisation: { name: 'Ligue des droits', type: 'nationalCso', basedIn: 'BEL' },
          issues: ['right-to-health'],
        },
      ],
    },
  ),
)

/** RFC 7396: each field may also be null, which removes it. Objects merge, lists are replaced whole. */
function patchable(schema: TSchema): TSchema {
  const s = schema as TSchema & {
    type?: string
    enum?: unknown[]
    properties?: Record<string, TSchema>
    required?: string[]
  }
  if (s.type === 'object' && s.properties !== undefined) {
    const properties = Object.fromEntries(Object.entries(s.properties).map(([key, value]) => [key, patchable(value)]))
    const { required: _, ...rest } = s
    return { ...rest, type: ['object', 'null'], properties } as unknown as TSchema
  }
  if (s.type !== undefined)
    return {
      ...s,
      type: [s.type, 'null'],
      ...(s.enum === undefined ? {} : { enum: [...s.enum, null] }),
    } as unknown as TSchema
  return schema
}

export const ApplicationPatch = component(
  'ApplicationPatch',
  Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(content).map(([key, schema]) => [key, patchable(schema)])),
    description:
      'JSON Merge Patch (RFC 7396): absent keeps, null removes, objects merge, lists are replaced. After the deadline a change is kept beside the assessed version and never replaces it.',
    examples: [{ speaker: { lastName: 'Machel' }, accessibilityNeeds: null }],
  }),
)

const OrganisationView = component(
  'Organisation',
  Type.Object(
    optional({
      ...organisation,
      address: Type.Object(optional(address), { description: 'Postal address.' }),
      // What was stored must never keep an answer from going out: no field of a view inside the content is required.
      ganhriStatus: Type.Object(optional(ganhri), { description: 'GANHRI accreditation with its date.' }),
    }),
    { description: 'Who applies.' },
  ),
)
const SpeakerView = component(
  'Speaker',
  Type.Object(
    {
      ...optional(speaker),
      atRisk: Type.Boolean({ description: 'At risk when appearing by name; an unanswered question counts as yes.' }),
    },
    { description: 'Who would speak.' },
  ),
)
const IssueView = component(
  'Issue',
  Type.Union(
    [
      Type.String({ description: 'Code of a theme, see GET /v1/themes.' }),
      Type.Object({ other: Type.Optional(Type.String({ description: 'Own words where no theme fits.' })) }),
    ],
    { description: 'What the statement is about (R16).', examples: ['right-to-health', { other: 'Access to land' }] },
  ),
)

export const statuses = ['draft', 'submitted', 'withdrawn', 'prevented'] as const
export const decisions = ['undecided', 'selected', 'reserve', 'notSelected'] as const

const Source = component(
  'ApplicationSource',
  Type.Object(
    {
      kind: enumOf(['api', 'jotform', 'import'], { description: 'How it came in.' }),
      formId: Type.Optional(Type.String({ description: 'Jotform form.' })),
      submissionId: Type.Optional(Type.String({ description: 'Jotform submission; a string, larger than 2^53.' })),
    },
    { description: 'Where the application came from.' },
  ),
)

const receipt = {
  receivedAt: Type.Optional(
    Instant(
      'When it was received: for the API the instant at which the whole request had been read, for Jotform its own receive time where the evidence agrees (R4). Absent in a draft.',
    ),
  ),
  receivedBasis: Type.Optional(
    enumOf(['requestRead', 'ownArrival', 'apiAndId', 'api', 'import', 'conflict'], {
      description: 'What `receivedAt` rests on; `conflict` needs a person.',
    }),
  ),
  marginSeconds: Type.Optional(
    Type.Number({
      description: '`closesAt` minus `receivedAt` in seconds, decimal; 0 or less is late (R4).',
      examples: [0.001],
    }),
  ),
}

const outcome = enumOf(outcomes, { description: 'What the rules make of it; absent in a draft.' })

export const ApplicationListItem = component(
  'ApplicationListItem',
  Type.Object(
    {
      id: Id('Id of the application.'),
      preSession: preSessionNumber,
      country: nullable(Iso3(''), {
        description: 'State under Review; null where the answer named none that is known.',
      }),
      organisation: ref(OrganisationView),
      speaker: ref(SpeakerView),
      source: ref(Source),
      status: enumOf(statuses, { description: 'Life cycle, see GET /v1/lifecycles.' }),
      outcome: Type.Optional(outcome),
      decision: enumOf(decisions, { description: 'Decision of the secretariat.' }),
      answer: enumOf(['none', 'confirmed', 'declined'], { description: 'Answer of a selected speaker.' }),
      ...receipt,
      updatedAt: Instant('Last change.'),
    },
    { description: 'An application in a list.' },
  ),
)
export const ApplicationPage = pageOf('ApplicationPage', ApplicationListItem)

const DocumentView = component(
  'Document',
  Type.Object(
    {
      id: Id('Id of the document.'),
      kind: enumOf(['uprSubmission', 'statement', 'factSheet', 'other'], { description: 'What it is.' }),
      fileName: Type.String({ description: 'Name as given by the sender.' }),
      mediaType: nullable(Type.String(), {
        description: 'Found in the content, not believed from the sender; null while the copy is pending.',
      }),
      sizeBytes: nullable(Type.Integer(), { description: 'Bytes; null while pending.' }),
      sha256: nullable(Type.String(), { description: 'SHA-256 of the content, hexadecimal; null while pending.' }),
      status: enumOf(['stored', 'pending', 'failed'], {
        description:
          '`pending`: the copy from Jotform is under way and counts as present; `failed`: a person has to look.',
      }),
      failure: nullable(Type.String(), { description: 'Why the copy failed.' }),
      scan: Type.Optional(
        nullable(
          Type.Object(
            {
              status: enumOf(['clean', 'infected', 'notScanned'], {
                description: 'What was found. `infected`: nobody is given the file.',
              }),
              reason: nullable(Type.String(), { description: 'What was found, or why there was no scan.' }),
            },
            { description: 'The scan for malware.' },
          ),
          { description: 'The scan for malware; null until it was made. Told by the list of documents.' },
        ),
      ),
      review: Type.Optional(
        Type.Object(
          {
            status: enumOf(['needsReview', 'accepted', 'changesRequested', 'rejected'], {
              description: 'Where the review stands.',
            }),
            reasons: Type.Array(Type.String(), { description: 'Why.' }),
          },
          {
            description:
              'The review of a statement or a fact sheet; told by the list of documents, to the person from the release of the country on (R20).',
          },
        ),
      ),
      hasCopy: Type.Optional(
        Type.Boolean({ description: 'Is there a copy without metadata, which others may get? Told by the list.' }),
      ),
    },
    { description: 'A file of an application.' },
  ),
)

export { DocumentView }

export const Application = component(
  'Application',
  Type.Object(
    {
      id: Id('Id of the application.'),
      preSession: preSessionNumber,
      country: nullable(Iso3(''), {
        description: 'State under Review; null where the answer named none that is known.',
      }),
      organisation: ref(OrganisationView),
      speaker: ref(SpeakerView),
      issues: Type.Array(ref(IssueView), { description: 'Issues that the statement will address.' }),
      statementLanguage: Type.Optional(text(35, 'Language of the statement, BCP 47.')),
      uprSubmission: Type.Object(
        optional({
          reference: Type.String({ description: 'Reference of the submission.' }),
          documentIds: Type.Array(Type.String(), { description: 'Its files.' }),
        }),
        {
          description: 'The UPR submission (R9).',
        },
      ),
      coalitionMembers: Type.Array(
        Type.Object({
          name: Type.Optional(Type.String({ description: 'Member.' })),
          country: Type.Optional(Type.String({ description: 'Its country.' })),
        }),
        { description: 'Members of a coalition.' },
      ),
      consents: Type.Array(enumOf(consentCodes), { description: 'Consents that are given now.' }),
      accessibilityNeeds: Type.Optional(Type.String({ description: 'What the speaker needs to take part.' })),
      source: ref(Source),
      status: enumOf(statuses, { description: 'Life cycle, see GET /v1/lifecycles.' }),
      outcome: Type.Optional(outcome),
      decision: enumOf(decisions, { description: 'Decision of the secretariat.' }),
      answer: enumOf(['none', 'confirmed', 'declined'], { description: 'Answer of a selected speaker.' }),
      ...receipt,
      closesAt: Type.Optional(
        Instant('First instant that was too late for this application: extension and waiver included (R6, R7).'),
      ),
      withdrawalReason: Type.Optional(Type.String({ description: 'Reason given with the withdrawal.' })),
      latestVersion: Type.Integer({
        description:
          'Number of the newest content. Higher than `assessedVersion` when something was changed after the deadline.',
      }),
      assessedVersion: Type.Optional(
        Type.Integer({ description: 'Number of the content that counts and is shown here (R4).' }),
      ),
      documents: Type.Array(ref(DocumentView), { description: 'Files.' }),
      linkedApplications: Type.Array(
        Type.Object({
          id: Id('The other application.'),
          relation: enumOf(['sameOrganisation', 'coalitionMember', 'coalition'], {
            description:
              'Same organisation; that one is a member of this coalition; that one is a coalition with this member (R10).',
          }),
        }),
        { description: 'Applications of the same round that belong together with this one: flagged, never refused.' },
      ),
      createdAt: Instant('When the record was made.'),
      updatedAt: Instant('Last change that this view shows.'),
    },
    { description: 'An application with the content that counts.' },
  ),
)

/** What is left out for everybody but the secretariat: links to other applications, and what is not released. */
const { linkedApplications: _, decision: staffDecision, answer: staffAnswer, ...ownFields } = Application.properties
export const ApplicationForApplicant = component(
  'ApplicationForApplicant',
  Type.Object(
    { ...ownFields, decision: Type.Optional(staffDecision), answer: Type.Optional(staffAnswer) },
    {
      description:
        'An application as its own applicant sees it. `decision` and `answer` are there from the release of the country on (R20).',
    },
  ),
)

const pseudonym = Type.Optional(
  Type.String({
    description: 'Stands for the name of a person at risk: the same within a round, never the same in two rounds.',
    examples: ['Speaker K7QF2M'],
  }),
)

const NamedSpeaker = component(
  'NamedSpeaker',
  Type.Object(
    { firstName: Type.Optional(speaker.firstName), lastName: Type.Optional(speaker.lastName), pseudonym },
    { description: 'A speaker by name, or by a pseudonym where the person is at risk.' },
  ),
)
const NamedOrganisation = component(
  'NamedOrganisation',
  Type.Object(
    { name: organisation.name, type: Type.Optional(organisation.type) },
    { description: 'An organisation by name and kind.' },
  ),
)

const released = {
  id: Id('Id of the application.'),
  preSession: preSessionNumber,
  country: nullable(Iso3(''), { description: 'State under Review.' }),
  speaker: ref(NamedSpeaker),
  organisation: Type.Optional(ref(NamedOrganisation)),
  issues: Type.Array(ref(IssueView), { description: 'Issues that the statement will address.' }),
  statementLanguage: Type.Optional(text(35, 'Language of the statement, BCP 47.')),
}

export const ApplicationForReviewer = component(
  'ApplicationForReviewer',
  Type.Object(
    {
      ...released,
      aim: Type.Optional(organisation.aim),
      coalitionMemberCount: Type.Integer({ description: 'How many members the coalition has; 0 where it is none.' }),
      uprReference: Type.Optional(Type.String({ description: 'Reference of the UPR submission.' })),
      documents: Type.Array(
        Type.Object({
          id: Id('Id of the document.'),
          kind: enumOf(['uprSubmission', 'statement', 'factSheet', 'other'], { description: 'What it is.' }),
          fileName: Type.Optional(Type.String({ description: 'Name as given; left out where the person is at risk.' })),
        }),
        { description: 'Files.' },
      ),
      status: enumOf(statuses, { description: 'Life cycle.' }),
      outcome: Type.Optional(outcome),
      decision: Type.Optional(enumOf(decisions, { description: 'From the release on.' })),
    },
    {
      description:
        'An application as a reviewer of its country sees it; who is at risk stays behind a pseudonym unless the reviewer has a grant.',
    },
  ),
)

export const SpeakerForMissions = component(
  'SpeakerForMissions',
  Type.Object(
    { view: Type.Literal('mission', { description: 'For missions that the person shares it with.' }), ...released },
    { description: 'A selected speaker after the release, for missions, where the person agreed to that.' },
  ),
)

export const ReleasedSpeaker = component(
  'ReleasedSpeaker',
  Type.Object(
    { view: Type.Literal('public', { description: 'For everybody.' }), ...released },
    {
      description:
        'A selected speaker after the release, for everybody, where the person agreed to that. The State under Review sees no more unless the person shares more with it.',
    },
  ),
)

export const ApplicationForApplicantPage = pageOf('ApplicationForApplicantPage', ApplicationForApplicant)
export const ApplicationForReviewerPage = pageOf('ApplicationForReviewerPage', ApplicationForReviewer)
export const SpeakerForMissionsPage = component(
  'SpeakerForMissionsPage',
  Type.Object(
    {
      data: Type.Array(Type.Union([ref(SpeakerForMissions), ref(ReleasedSpeaker)]), {
        description: 'The speakers, each in the view that holds for its country.',
      }),
      nextCursor: nullable(Type.String(), { description: 'Cursor of the next page, or null on the last one.' }),
    },
    { description: 'A page of selected speakers for a mission.' },
  ),
)
export const ReleasedSpeakerPage = pageOf('ReleasedSpeakerPage', ReleasedSpeaker)

export const ConsentsView = component(
  'Consents',
  Type.Object(
    {
      data: Type.Array(
        Type.Object({
          code: enumOf(consentCodes, { description: 'What is consented to.' }),
          given: Type.Boolean({ description: 'Off unless given.' }),
          since: nullable(Type.String({ format: 'date-time' }), {
            description: 'When it was last given or withdrawn.',
          }),
          wordingVersion: nullable(Type.String(), { description: 'Version of the words that were agreed to.' }),
          recordedBy: nullable(Type.String(), { description: 'Who recorded it.' }),
        }),
        { description: 'Every consent there is, each for one artefact.' },
      ),
    },
    { description: 'The consents of one person (domain rules R20, R32): dated, revocable, off by default.' },
  ),
)

export const AssessmentView = component(
  'Assessment',
  Type.Object(
    {
      outcome,
      missing: Type.Array(Type.String(), {
        description: 'JSON Pointers of required fields that are absent or malformed (R8, R9).',
        examples: [['/issues']],
      }),
      evaluatedAt: Instant('When the rules were applied.'),
      policyVersion: Type.String({
        description: 'Version of the rules; changes when the same facts could give another outcome.',
      }),
      preview: Type.Optional(
        Type.Boolean({ description: 'True where nothing was submitted: what the outcome would be now.' }),
      ),
      rules: Type.Array(
        Type.Object({
          rule: Type.String({ description: 'Number of the rule.', examples: ['R4'] }),
          outcome: enumOf(['pass', 'fail', 'warn', 'unknown'], { description: 'What came of it.' }),
          message: Type.String({ description: 'A sentence for the applicant.' }),
          evidence: Type.Unsafe<Record<string, unknown>>({
            type: 'object',
            additionalProperties: true,
            description: 'The values compared.',
          }),
        }),
        { description: 'Every rule that was applied.' },
      ),
    },
    { description: 'What the rules make of an application, with all reasons.' },
  ),
)

export const ApplicationVersion = component(
  'ApplicationVersion',
  Type.Object(
    {
      n: Type.Integer({ description: 'Number of the version, from 1.' }),
      receivedAt: Instant('When this content was received; compared with the deadline.'),
      recordedAt: Instant('When the service recorded it.'),
      isAssessed: Type.Boolean({ description: 'The version that counts.' }),
      isAfterDeadline: Type.Boolean({
        description: 'Received at or after the deadline of this application: kept beside, never assessed by itself.',
      }),
      content: Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        additionalProperties: true,
        description: 'The content, shaped as in ApplicationInput.',
      }),
    },
    { description: 'One state of the content.' },
  ),
)
export const ApplicationVersionPage = pageOf('ApplicationVersionPage', ApplicationVersion)

export type ApplicationInputBody = Static<typeof ApplicationInput>
export type ApplicationDetail = Static<typeof Application>
