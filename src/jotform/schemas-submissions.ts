import { component, enumOf, Instant, nullable, pageOf, type Static, Type } from '../http/schemas.ts'
import { inZones } from './eastern.ts'
import type { SubmissionDetailRow, SubmissionRow } from './queries-submissions.ts'
import { deliverySources, free, Note, submissionStates, verifications } from './schemas.ts'

const State = enumOf(submissionStates, {
  description: 'Where the submission stands; the machine is in GET /v1/lifecycles as `jotformSubmission`.',
})
const Verification = enumOf(verifications, {
  description:
    '`verified`: Jotform holds it. `unverified`: not asked yet, or no API key. `forged`: Jotform denied it at least three times over half an hour while the key worked.',
})

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
