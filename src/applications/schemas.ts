import { consentCodes } from '../domain/application.ts'
import { outcomes } from '../domain/assessment.ts'
import { component, enumOf, Id, Instant, Iso3, nullable, pageOf, ref, type Static, Type } from '../http/schemas.ts'

import { address, ganhri, optional, organisation, preSessionNumber, speaker, text } from './schemas-content.ts'

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
export const IssueView = component(
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

export const outcome = enumOf(outcomes, { description: 'What the rules make of it; absent in a draft.' })

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

export const ApplicationForApplicantPage = pageOf('ApplicationForApplicantPage', ApplicationForApplicant)
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

export type ApplicationDetail = Static<typeof Application>
