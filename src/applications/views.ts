import type { ApplicationBody } from '../domain/application.ts'
import type { Assessment } from '../domain/assessment.ts'
import { latest } from '../domain/instant.ts'
import type { Static } from '../http/schemas.ts'
import type { ApplicationDetailRow, VersionRow } from './queries.ts'
import type { ApplicationListRow } from './queries-list.ts'
import type { Application, ApplicationListItem, ApplicationVersion, AssessmentView } from './schemas.ts'

/** At risk by the newest answer, even where an earlier content counts. */
const withRisk = (speaker: ApplicationBody['speaker'], row: { at_risk: boolean }) => ({
  ...speaker,
  atRisk: row.at_risk,
})

const sourceOf = (row: {
  source: 'api' | 'jotform' | 'import'
  form_id: string | null
  submission_id: string | null
}) =>
  row.submission_id === null
    ? { kind: row.source }
    : { kind: row.source, formId: row.form_id ?? '', submissionId: row.submission_id }

const marginOf = (receivedAt: string | null, closesAt: string | null): number | undefined =>
  receivedAt === null || closesAt === null ? undefined : (Date.parse(closesAt) - Date.parse(receivedAt)) / 1000

/** For staff, who are told of everything. */
const lastChangeOf = (row: { updated_at: string; staff_updated_at: string | null }): string =>
  latest(row.updated_at, row.staff_updated_at ?? undefined) ?? row.updated_at

/** Optional fields are left out, not undefined: the ETag is a hash of what is sent. */
function compact<T extends object>(view: T): T {
  for (const key of Object.keys(view) as (keyof T)[])
    if (view[key] === undefined || view[key] === null) delete view[key]
  return view
}

export function toApplicationListItem(row: ApplicationListRow): Static<typeof ApplicationListItem> {
  const margin = marginOf(row.received_at, row.closes_at)
  return {
    id: row.id,
    preSession: row.pre_session,
    country: row.country,
    organisation: row.organisation ?? {},
    speaker: withRisk(row.speaker ?? undefined, row),
    source: sourceOf(row),
    status: row.status,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    decision: row.decision,
    answer: row.answer,
    ...(row.received_at === null
      ? {}
      : {
          receivedAt: row.received_at,
          receivedBasis: row.received_basis,
          ...(margin === undefined ? {} : { marginSeconds: margin }),
        }),
    updatedAt: lastChangeOf(row),
  } as Static<typeof ApplicationListItem>
}

export function toApplication(row: ApplicationDetailRow): Static<typeof Application> {
  const { body } = row
  return {
    id: row.id,
    preSession: row.pre_session,
    country: row.country,
    ...compact({
      organisation: body.organisation ?? {},
      speaker: withRisk(body.speaker, row),
      issues: body.issues ?? [],
      statementLanguage: body.statementLanguage,
      uprSubmission: body.uprSubmission ?? {},
      coalitionMembers: body.coalitionMembers ?? [],
      consents: row.consents,
      accessibilityNeeds: body.accessibilityNeeds,
      source: sourceOf(row),
      status: row.status,
      outcome: row.outcome,
      decision: row.decision,
      answer: row.answer,
      receivedAt: row.received_at,
      receivedBasis: row.received_basis,
      marginSeconds: marginOf(row.received_at, row.closes_at),
      closesAt: row.closes_at,
      withdrawalReason: row.withdrawal_reason,
      latestVersion: row.latest_version,
      assessedVersion: row.assessed_version,
      documents: row.documents,
      linkedApplications: row.linked,
      createdAt: row.created_at,
      updatedAt: lastChangeOf(row),
    }),
  } as Static<typeof Application>
}

export const toAssessment = (assessment: Assessment, preview = false): Static<typeof AssessmentView> =>
  preview ? { ...assessment, preview } : { ...assessment }

export const toVersion = (row: VersionRow): Static<typeof ApplicationVersion> => ({
  n: row.n,
  receivedAt: row.received_at,
  recordedAt: row.recorded_at,
  isAssessed: row.n === row.assessed_version,
  isAfterDeadline: row.closes_at !== null && Date.parse(row.received_at) >= Date.parse(row.closes_at),
  content: row.body as unknown as Record<string, unknown>,
})
