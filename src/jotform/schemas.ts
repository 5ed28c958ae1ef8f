import { lifecycles } from '../domain/lifecycles.ts'
import { component, enumOf, Id, Instant, nullable, pageOf, ref, type Static, Type } from '../http/schemas.ts'
import { readFields } from './delivery.ts'
import { driftCodes } from './drift.ts'
import { inZones } from './eastern.ts'
import type { Check } from './forms.ts'
import { Mapping as MappingFormat } from './mapping-format.ts'
import type { DeliveryDetailRow, DeliveryListRow } from './queries-deliveries.ts'
import type { FormRow } from './queries-forms.ts'
import type { SubmissionDetailRow, SubmissionRow } from './queries-submissions.ts'

export const submissionStates = lifecycles.jotformSubmission.states.map((state) => state.name)
export const verifications = ['verified', 'unverified', 'forged'] as const
export const deliverySources = ['webhook', 'poll', 'import', 'replay'] as const

export const FormId = Type.String({
  pattern: '^\\d{5,25}$',
  description: "The form's id in Jotform.",
  examples: ['203423859147358'],
})
export const SubmissionId = Type.String({
  pattern: '^\\d{5,25}$',
  description: "The submission's id in Jotform: text, since it is larger than 2^53.",
  examples: ['4859559982514470923'],
})
const State = enumOf(submissionStates, {
  description: 'Where the submission stands; the machine is in GET /v1/lifecycles as `jotformSubmission`.',
})
const Verification = enumOf(verifications, {
  description:
    '`verified`: Jotform holds it. `unverified`: not asked yet, or no API key. `forged`: Jotform denied it at least three times over half an hour while the key worked.',
})
const free = (description: string) =>
  Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description })

export const Mapping = component('JotformMapping', MappingFormat)

const Drift = component(
  'JotformDrift',
  Type.Object(
    {
      code: enumOf(driftCodes, { description: 'What no longer is as the mapping says.' }),
      qid: Type.String({ description: 'The question.' }),
      message: Type.String({ description: 'What changed and what to do.' }),
    },
    { description: 'A difference between the mapping and the live form.' },
  ),
)

export const Form = component(
  'JotformForm',
  Type.Object(
    {
      formId: FormId,
      preSession: Type.Integer({ description: 'The round that the form takes applications for.' }),
      mappingVersion: Type.Integer({ description: 'Counts up with every changed mapping.' }),
      mapping: ref(Mapping),
      checked: Type.Boolean({ description: 'Whether the mapping was held against the live questions.' }),
      uncheckedBecause: Type.Optional(Type.String({ description: 'Why it was not.' })),
      drift: Type.Array(ref(Drift), { description: 'What in the live form differs from the mapping; empty is well.' }),
      questionsAt: nullable(Instant('When the questions were last read.'), { description: 'Null: never.' }),
      webhookRegistered: nullable(Type.Boolean(), {
        description: 'Whether our address is registered in Jotform exactly once. Null: not known.',
      }),
      createdAt: Instant('When the form was added.'),
      updatedAt: Instant('When the mapping was last changed.'),
    },
    { description: 'A Jotform form and how its questions map to an application.' },
  ),
)
export const FormPage = pageOf('JotformFormPage', Form)

export function toForm(row: FormRow, check?: Check): Static<typeof Form> {
  return {
    formId: row.form_id,
    preSession: row.pre_session,
    mappingVersion: row.mapping_version,
    mapping: row.mapping,
    checked: check?.checked ?? row.questions_at !== null,
    ...(check?.uncheckedBecause === undefined ? {} : { uncheckedBecause: check.uncheckedBecause }),
    drift: row.drift,
    questionsAt: row.questions_at,
    webhookRegistered: row.webhook_count === null ? null : row.webhook_count === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

const Note = Type.Object(
  {
    code: enumOf(['drift', 'unknownChoice', 'unreadable'] as const, { description: 'Kind of note.' }),
    pointer: Type.String({ description: 'The place in the application body.' }),
    qid: Type.String({ description: 'The question.' }),
    message: Type.String({ description: 'What the mapping could not do.' }),
  },
  { description: 'Something in the answers that the mapping does not settle.' },
)

export const MappingPreview = component(
  'JotformMappingPreview',
  Type.Object(
    {
      checked: Type.Boolean({ description: 'Whether the mapping was held against the live questions.' }),
      uncheckedBecause: Type.Optional(Type.String({ description: 'Why it was not.' })),
      drift: Type.Array(ref(Drift), { description: 'What in the live form differs from the mapping.' }),
      results: Type.Array(
        Type.Object({
          submissionId: nullable(Type.String(), {
            description: 'The stored submission; null for the answers that were sent along.',
          }),
          testMark: nullable(Type.String(), { description: 'Why it would be set aside as a test.' }),
          body: free('The application body that would come of it.'),
          undecided: Type.Array(
            Type.Object({
              pointer: Type.String({ description: 'The place in the body.' }),
              value: Type.String({ description: 'The answer as given.' }),
            }),
            { description: 'Choices without a code.' },
          ),
          notes: Type.Array(Note, { description: 'What the mapping does not settle.' }),
          files: Type.Array(
            Type.Object({
              pointer: Type.String({ description: 'The place in the body.' }),
              url: Type.String({ description: 'Address in Jotform.' }),
              name: Type.String({ description: 'File name.' }),
            }),
            { description: 'Uploaded files.' },
          ),
          extra: free('Answers to questions that are not mapped, by question id.'),
        }),
        { description: 'One result a submission.' },
      ),
    },
    { description: 'What a mapping would make of answers. Nothing is stored.' },
  ),
)

const deliveryProperties = {
  id: Id('Id of the delivery.'),
  receivedAt: Instant('When the whole body had been read, by our clock.'),
  source: enumOf(deliverySources, { description: 'How it came.' }),
  formId: nullable(Type.String(), { description: 'Null where it could not be read.' }),
  submissionId: nullable(Type.String(), { description: 'Null where it could not be read.' }),
  state: enumOf(submissionStates, {
    description:
      'State of its submission; `received` until it has been read, `unreadable` where no submission could be told.',
  }),
  parseError: nullable(Type.String(), { description: 'What could not be read.' }),
  replayOf: nullable(Type.String(), { description: 'The delivery that was sent through again.' }),
}
export const Delivery = component(
  'JotformDelivery',
  Type.Object(deliveryProperties, { description: 'One arrival from Jotform: evidence, never changed.' }),
)
export const DeliveryPage = pageOf('JotformDeliveryPage', Delivery)
export const DeliveryDetail = component(
  'JotformDeliveryDetail',
  Type.Object(
    {
      ...deliveryProperties,
      interpretedAt: nullable(Instant('When it was read.'), { description: 'Null: not yet.' }),
      contentType: nullable(Type.String(), { description: 'As sent.' }),
      remoteIp: nullable(Type.String(), { description: 'Where it came from.' }),
      headers: Type.Record(Type.String(), Type.String(), { description: 'As sent, without credentials and traces.' }),
      sizeBytes: Type.Integer({ description: 'Size of the body.' }),
      sha256: Type.String({ description: 'SHA-256 of the body.' }),
      fields: Type.Array(
        Type.Object({
          name: Type.String({ description: 'Name of the part.' }),
          value: Type.String({ description: 'Its text; very long ones are cut.' }),
        }),
        { description: 'The parts of the body in the order sent; our secret is taken out of `webhookURL`.' },
      ),
    },
    { description: 'A delivery with what was sent.' },
  ),
)

export function toDelivery(row: DeliveryListRow): Static<typeof Delivery> {
  return {
    id: row.id,
    receivedAt: row.received_at,
    source: row.source,
    formId: row.form_id,
    submissionId: row.submission_id,
    state: (row.submission_state as 'received' | null) ?? (row.interpreted_at === null ? 'received' : 'unreadable'),
    parseError: row.parse_error,
    replayOf: row.replay_of,
  }
}

/** A huge `rawRequest` helps nobody on a page; the body itself is kept whole. */
const shownCharacters = 100_000

export async function toDeliveryDetail(
  row: DeliveryDetailRow,
  secrets: string[],
): Promise<Static<typeof DeliveryDetail>> {
  const fields =
    row.format === 'webhook'
      ? await readFields(row.content_type ?? '', row.raw_body, [])
      : new Map([['row', row.raw_body.toString('utf8')]])
  const redact = (text: string) =>
    secrets
      .reduce((left, secret) => left.replaceAll(secret, '[secret]'), text)
      .replace(/(\/jotform\/hooks\/)[^/?&"\\]+/gi, '$1[secret]')
  return {
    ...toDelivery(row),
    interpretedAt: row.interpreted_at,
    contentType: row.content_type,
    remoteIp: row.remote_ip,
    headers: row.headers,
    sizeBytes: row.raw_body.length,
    sha256: row.raw_sha256.toString('hex'),
    fields: [...fields].map(([name, value]) => ({ name, value: redact(value.slice(0, shownCharacters)) })),
  }
}

const submissionProperties = {
  formId: Type.String({ description: "The form's id in Jotform." }),
  submissionId: Type.String({ description: "The submission's id in Jotform." }),
  state: State,
  stateReason: nullable(Type.String(), { description: 'What is the matter and what to do, in a sentence.' }),
  verification: Verification,
  applicationId: nullable(Type.String(), { description: 'The application that was made of it.' }),
  firstSeenAt: Instant('When it was first seen here.'),
  firstSeenSource: enumOf(deliverySources, { description: 'How it was first seen.' }),
  webhookAt: nullable(Instant('Earliest arrival by webhook.'), { description: 'Null: Jotform never delivered it.' }),
  pollAt: nullable(Instant('Earliest sight by poll.'), { description: 'Null: not listed yet.' }),
  jotformCreatedAt: nullable(Type.String(), { description: 'US Eastern wall time, as Jotform writes it.' }),
  jotformUpdatedAt: nullable(Type.String(), { description: 'US Eastern wall time of the last edit.' }),
  jotformStatus: nullable(Type.String(), { description: 'Status in Jotform; OVERQUOTA counts as received.' }),
  updatedAt: Instant('When anything of this changed.'),
}
export const Submission = component(
  'JotformSubmission',
  Type.Object(submissionProperties, { description: 'A submission of a Jotform form and what became of it.' }),
)
export const SubmissionPage = pageOf('JotformSubmissionPage', Submission)

const TimelineEntry = Type.Object(
  {
    what: Type.String({ description: 'Which instant this is.' }),
    utc: Type.String({ description: 'RFC 3339, UTC.' }),
    geneva: Type.String({ description: 'The same instant in Geneva (CET or CEST).' }),
    eastern: Type.String({ description: 'The same instant in US Eastern time.' }),
  },
  { description: 'One instant in three zones.' },
)

export const SubmissionDetail = component(
  'JotformSubmissionDetail',
  Type.Object(
    {
      ...submissionProperties,
      attempts: Type.Integer({ description: 'How often Jotform was asked without success.' }),
      lastError: nullable(Type.String(), { description: 'What came of the last try.' }),
      refusals: Type.Array(Type.String(), { description: 'When Jotform denied it while the key worked.' }),
      testMark: nullable(Type.String(), { description: 'What marks it as a test.' }),
      timeline: Type.Array(TimelineEntry, { description: 'Every instant known, in order.' }),
      versions: Type.Array(
        free('One content: `n`, `source`, `contentSha256`, `updatedAt` (US Eastern), `observedAt`.'),
        { description: 'Contents in the order seen.' },
      ),
      files: Type.Array(free('One uploaded file: `url`, `status`, `attempts`, `error`, `documentId`.'), {
        description: 'Uploaded files and their copies.',
      }),
      deliveries: Type.Array(free('One arrival: `id`, `receivedAt`, `source`, `parseError`.'), {
        description: 'Arrivals, earliest first.',
      }),
      notes: Type.Array(Note, { description: 'What the mapping does not settle.' }),
      extra: free('Answers to questions that are not mapped, by question id.'),
      possibleDuplicates: Type.Array(Type.String(), {
        description: 'Submissions sent from the same page load: probably a double click. Never merged.',
      }),
      application: nullable(free('The application: `id`, `outcome`, `receivedAt`, `receivedBasis`, `closesAt`.'), {
        description: 'Null: none was made.',
      }),
    },
    { description: 'A submission with its whole history.' },
  ),
)

export function toSubmission(row: SubmissionRow): Static<typeof Submission> {
  return {
    formId: row.form_id,
    submissionId: row.submission_id,
    state: row.state,
    stateReason: row.state_reason,
    verification: row.verification,
    applicationId: row.application_id,
    firstSeenAt: row.first_seen_at,
    firstSeenSource: row.first_seen_source,
    webhookAt: row.webhook_at,
    pollAt: row.poll_at,
    jotformCreatedAt: row.jotform_created_at,
    jotformUpdatedAt: row.jotform_updated_at,
    jotformStatus: row.jotform_status,
    updatedAt: row.updated_at,
  }
}

export function toSubmissionDetail(
  row: SubmissionDetailRow,
  instants: { what: string; at: string }[],
): Static<typeof SubmissionDetail> {
  const application = row.application && {
    ...row.application,
    receivedAt: toUtc(row.application.receivedAt),
    closesAt: toUtc(row.application.closesAt),
  }
  return {
    ...toSubmission(row),
    attempts: row.attempts,
    lastError: row.last_error,
    refusals: row.refusals,
    testMark: row.test_mark,
    timeline: instants
      .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
      .map(({ what, at }) => ({ what, ...inZones(at) })),
    versions: row.versions.map((version) => ({ ...version, observedAt: toUtc(version.observedAt) })),
    files: row.files,
    deliveries: row.deliveries.map((delivery) => ({ ...delivery, receivedAt: toUtc(delivery.receivedAt) })),
    notes: row.notes,
    extra: row.extra,
    possibleDuplicates: row.possible_duplicates,
    application,
  }
}

/** Instants inside aggregated JSON come in the database's own form. */
export function toUtc<T extends string | null>(at: T): T {
  return (at === null ? null : new Date(at).toISOString().replace('.000Z', 'Z')) as T
}

export const ImportReport = component(
  'JotformImportReport',
  Type.Object(
    {
      dryRun: Type.Boolean({ description: 'True: nothing was stored.' }),
      formId: Type.String({ description: 'The form that the file belongs to.' }),
      format: enumOf(['csv', 'json'] as const, { description: 'How the file was read.' }),
      rows: Type.Integer({ description: 'Submissions that could be read.' }),
      created: Type.Integer({ description: 'Submissions that were not known.' }),
      changed: Type.Integer({ description: 'Known submissions with other content.' }),
      unchanged: Type.Integer({ description: 'Known submissions with this content.' }),
      faults: Type.Array(
        Type.Object({
          row: Type.Integer({ description: 'Line of the CSV, or position in the list.' }),
          message: Type.String({ description: 'What is wrong with it.' }),
        }),
        { description: 'Rows that were left out.' },
      ),
      unknownColumns: Type.Array(Type.String(), { description: 'Headings that belong to no question.' }),
    },
    { description: 'What came of an import.' },
  ),
)

export const alertCodes = [
  'apiKeyRejected',
  'pollFailing',
  'pollOverdue',
  'webhookUnregistered',
  'webhookRegisteredTwice',
  'missedWebhooks',
  'jotformSilent',
  'questionsChanged',
  'limitLow',
  'overQuota',
  'needsAttention',
  'forgedDeliveries',
] as const

export const Status = component(
  'JotformStatus',
  Type.Object(
    {
      verification: enumOf(['on', 'off'] as const, {
        description: '`off` without an API key: every submission stays unverified and its arrival here counts.',
      }),
      hookSecrets: Type.Integer({
        description: 'How many secrets are valid now; two while one is being changed, none: nothing can arrive.',
      }),
      now: Instant('The clock of the service.'),
      counts: Type.Record(Type.String(), Type.Integer(), { description: 'Submissions by state.' }),
      forgedCount: Type.Integer({ description: 'Submissions that Jotform denies.' }),
      unreadableCount: Type.Integer({ description: 'Deliveries of which no submission could be told.' }),
      recoveredCount: Type.Integer({ description: 'Submissions that Jotform never delivered and a poll found.' }),
      oldestUnfinishedAt: nullable(Instant('Since when the oldest submission waits that is on its way.'), {
        description: 'Null: none waits.',
      }),
      lastWebhookAt: nullable(Instant('Last delivery by webhook.'), { description: 'Null: none yet.' }),
      forms: Type.Array(
        Type.Object({
          formId: Type.String({ description: 'The form.' }),
          preSession: Type.Integer({ description: 'Its round.' }),
          lastPollAt: nullable(Instant('Last poll that worked.'), { description: 'Null: none yet.' }),
          lastFullPollAt: nullable(Instant('Last poll of the whole list that worked.'), {
            description: 'Null: none yet.',
          }),
          pollFailures: Type.Integer({ description: 'Polls that failed since.' }),
          pollError: nullable(Type.String(), { description: 'Why the last one failed.' }),
          limitLeft: nullable(Type.Integer(), { description: 'API calls left today in the Jotform account.' }),
          webhookRegistered: nullable(Type.Boolean(), {
            description: 'Our address is registered exactly once. Null: not known.',
          }),
          drift: Type.Array(ref(Drift), { description: 'What in the live form differs from the mapping.' }),
        }),
        { description: 'Each form with a mapping.' },
      ),
      alerts: Type.Array(
        Type.Object({
          code: enumOf(alertCodes, { description: 'Kind of alarm.' }),
          formId: nullable(Type.String(), { description: 'The form, where it is about one.' }),
          message: Type.String({ description: 'What is the matter and what to do.' }),
        }),
        { description: 'What asks for a person; empty is well.' },
      ),
    },
    { description: 'How the intake stands.' },
  ),
)
