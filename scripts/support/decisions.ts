import type { Expected } from '../../test/support/jotform-fixtures.ts'
import { type Instance, jotform } from './instance.ts'

/** What became of a submission, as the API tells it, beside what was expected. */
export interface Decision {
  expected: Expected
  application: Expected['application'] | 'missing'
  outcome: string
  state: string | undefined
  receivedAt?: string | undefined
  basis?: string | undefined
  marginSeconds?: number | undefined
  country?: string | undefined
  missing: string[]
  versions: number
  assessedVersion?: number | undefined
  recovered: boolean
  /** What differs from what was expected, in words; empty is well. */
  differences: string[]
}

interface Submission {
  submissionId: string
  state: string
  verification: string
  applicationId: string | null
  webhookAt: string | null
  pollAt: string | null
}

interface Application {
  id: string
  outcome: string
  country?: string | null
  organisation: { name?: string }
  speaker: { firstName?: string; lastName?: string }
  source: { submissionId?: string }
  receivedAt?: string
  receivedBasis?: string
  marginSeconds?: number
  latestVersion: number
  assessedVersion?: number
}

/** Every expected submission with what the service made of it. */
export async function readDecisions({ client, round }: Instance): Promise<Decision[]> {
  const list = await client.list<Submission>(`${jotform}/submissions`)
  const submissions = new Map(list.map((submission) => [submission.submissionId, submission]))
  const decisions: Decision[] = []
  for (const expected of round.expected) {
    const submission = submissions.get(expected.submissionID)
    if (submission?.applicationId == null) {
      decisions.push(withoutApplication(expected, submission))
      continue
    }
    const path = `/v1/applications/${submission.applicationId}`
    const application = await client.get<Application>(path)
    const { missing } = await client.get<{ missing: string[] }>(`${path}/assessment`)
    decisions.push(withApplication(expected, submission, application, missing))
  }
  return decisions
}

function withoutApplication(expected: Expected, submission: Submission | undefined): Decision {
  const isForged = submission?.verification === 'forged'
  const isTest = submission?.state === 'test'
  const decision: Decision = {
    expected,
    application: isTest ? 'test' : isForged ? 'none' : 'missing',
    outcome: isTest ? 'test' : isForged ? 'forged' : 'nothing',
    state: submission?.state,
    missing: [],
    versions: 0,
    recovered: false,
    differences: [],
  }
  const wanted = expected.application === 'none' ? 'forged' : expected.outcome
  if (decision.outcome !== wanted) decision.differences.push(`${wanted} expected`)
  return decision
}

function withApplication(
  expected: Expected,
  submission: Submission,
  application: Application,
  missing: string[],
): Decision {
  const differences: string[] = []
  const compare = (name: string, got: unknown, wanted: unknown) => {
    if (JSON.stringify(got) !== JSON.stringify(wanted)) differences.push(`${name} ${JSON.stringify(wanted)} expected`)
  }
  compare('application', 'created', expected.application)
  compare('outcome', application.outcome, expected.outcome)
  compare('missing', missing, expected.missing)
  compare('country', application.country ?? null, expected.country)
  if (expected.deadline !== 'undetermined') compare('received', application.receivedAt, expected.receivedAt)
  // Control characters and bidi overrides are taken out of texts.
  if (application.organisation.name !== expected.organisation.replace(/[\u202e\u0007]/g, '')) {
    differences.push('another organisation expected')
  }
  const { firstName, lastName = '' } = application.speaker
  if (firstName !== expected.speaker.firstName || lastName !== expected.speaker.lastName) {
    differences.push('another speaker expected')
  }
  compare('verification', submission.verification, 'verified')
  return {
    expected,
    application: 'created',
    outcome: application.outcome,
    state: submission.state,
    receivedAt: application.receivedAt,
    basis: application.receivedBasis,
    marginSeconds: application.marginSeconds,
    country: application.country ?? undefined,
    missing,
    versions: application.latestVersion,
    assessedVersion: application.assessedVersion,
    recovered: submission.webhookAt === null && submission.pollAt !== null,
    differences,
  }
}

export interface Total {
  what: string
  got: number
  expected: number
}

/** What the whole round must add up to, counted in the fixtures on the one side and asked of the service on the other. */
export async function readTotals({ client, round }: Instance, decisions: Decision[], sent: number): Promise<Total[]> {
  const status = await client.get<{ recoveredCount: number; forgedCount: number }>(`${jotform}/status`)
  const applications = await client.list<Application>(`/v1/applications?preSession=${round.mapping.preSession}`)
  const deliveries = await client.list<unknown>(`${jotform}/deliveries?source=webhook`)
  const ids = applications.map(({ source }) => source.submissionId)
  const count = (test: (decision: Decision) => boolean) => decisions.filter(test).length
  const outcomes = ['eligible', 'incomplete', 'late', 'needsReview', 'test'] as const
  const edited = (decision: Decision) => decision.expected.special === 'editedLate'
  const total = (what: string, got: number, expected: number): Total => ({ what, got, expected })
  return [
    ...outcomes.map((outcome) =>
      total(
        outcome,
        count((decision) => decision.outcome === outcome),
        count(({ expected }) => expected.outcome === outcome),
      ),
    ),
    total(
      'forged',
      status.forgedCount,
      count(({ expected }) => expected.kind === 'forged'),
    ),
    total(
      'recovered by polling',
      status.recoveredCount,
      count(({ expected }) => expected.kind === 'missed'),
    ),
    total(
      'recovered, each',
      count((decision) => decision.recovered && decision.expected.kind === 'missed'),
      count(({ expected }) => expected.kind === 'missed'),
    ),
    total(
      'applications',
      applications.length,
      count(({ expected }) => expected.application === 'created'),
    ),
    total('doubled', ids.length - new Set(ids).size, 0),
    total('deliveries kept', deliveries.length, sent),
    total(
      'completed after the deadline: incomplete, later version beside it',
      count((one) => edited(one) && one.outcome === 'incomplete' && one.versions > (one.assessedVersion ?? Infinity)),
      count(edited),
    ),
  ]
}
