import { createHmac } from 'node:crypto'
import type { TSchema } from 'typebox'
import { latest } from '../domain/instant.ts'
import type { Visibility } from '../domain/visibility.ts'
import type { Caller } from '../http/access.ts'
import type { ApplicationDetailRow } from './queries.ts'
import { statusToldTo, visibilityFor } from './reading.ts'
import { Application, ApplicationForApplicant } from './schemas.ts'
import { ApplicationForReviewer, ReleasedSpeaker, SpeakerForMissions } from './schemas-outside.ts'
import { toApplication } from './views.ts'

export interface ViewOfCaller {
  component: TSchema
  view: Record<string, unknown>
}

type Row = Omit<ApplicationDetailRow, 'documents' | 'linked'> &
  Partial<Pick<ApplicationDetailRow, 'documents' | 'linked'>>

/** The application as this caller sees it, with the component that writes it. Never called for a view of `none`. */
export function viewFor(
  pseudonymKey: Buffer,
  caller: Caller,
  row: Row,
  now: string,
  visibility = visibilityFor(caller, row, now),
): ViewOfCaller {
  switch (visibility.view) {
    case 'staff':
      return { component: Application, view: toApplication(row as ApplicationDetailRow) }
    case 'applicant':
      return { component: ApplicationForApplicant, view: forApplicant(row, visibility) }
    case 'reviewer':
      return { component: ApplicationForReviewer, view: forReviewer(pseudonymKey, row, visibility) }
    case 'mission':
      return { component: SpeakerForMissions, view: { view: 'mission', ...forOutside(pseudonymKey, row, visibility) } }
    case 'public':
      return { component: ReleasedSpeaker, view: { view: 'public', ...forOutside(pseudonymKey, row, visibility) } }
    default:
      throw new Error('This application is not there for this caller.')
  }
}

function forApplicant(row: Row, { showsDecision }: Visibility): Record<string, unknown> {
  const {
    linkedApplications: _,
    decision,
    answer,
    ...own
  } = toApplication({ ...row, documents: row.documents ?? [], linked: [] } as ApplicationDetailRow)
  const told =
    showsDecision && row.decided_at !== null ? latest(row.decided_at, row.release_at ?? undefined) : undefined
  return {
    ...own,
    status: statusToldTo('applicant', row),
    ...(showsDecision ? { decision, answer } : {}),
    // A change that is not told of must not show by its time either.
    updatedAt: latest(row.updated_at, told),
  }
}

function forOutside(pseudonymKey: Buffer, row: Row, { isPseudonymous }: Visibility): Record<string, unknown> {
  const { speaker, organisation, issues, statementLanguage } = row.body
  return {
    id: row.id,
    preSession: row.pre_session,
    country: row.country,
    speaker: isPseudonymous
      ? { pseudonym: pseudonymOf(pseudonymKey, row) }
      : {
          ...(speaker?.firstName && { firstName: speaker.firstName }),
          ...(speaker?.lastName && { lastName: speaker.lastName }),
        },
    ...(!isPseudonymous &&
      organisation?.name !== undefined && {
        organisation: { name: organisation.name, ...(organisation.type && { type: organisation.type }) },
      }),
    // Own words may say who somebody is; a theme's code does not.
    issues: (issues ?? []).filter((issue) => !isPseudonymous || typeof issue === 'string'),
    ...(statementLanguage !== undefined && { statementLanguage }),
  }
}

function forReviewer(pseudonymKey: Buffer, row: Row, visibility: Visibility): Record<string, unknown> {
  const { isPseudonymous, showsDecision } = visibility
  const { organisation, coalitionMembers, uprSubmission } = row.body
  return {
    ...forOutside(pseudonymKey, row, visibility),
    ...(!isPseudonymous && organisation?.aim !== undefined && { aim: organisation.aim }),
    coalitionMemberCount: coalitionMembers?.length ?? 0,
    ...(!isPseudonymous && uprSubmission?.reference !== undefined && { uprReference: uprSubmission.reference }),
    documents: (row.documents ?? []).map(({ id, kind, fileName }) => ({
      id,
      kind,
      ...(!isPseudonymous && { fileName }),
    })),
    status: row.status,
    ...(row.outcome !== null && { outcome: row.outcome }),
    ...(showsDecision && { decision: row.decision }),
  }
}

const letters = 'ABCDEFGHJKMNPQRSTVWXYZ23456789'

/** The same for one person within a round, unlinkable across rounds: an HMAC of round and address. */
function pseudonymOf(pseudonymKey: Buffer, row: Row): string {
  const person = row.body.speaker?.email?.trim().toLowerCase() || row.id
  const digest = createHmac('sha256', pseudonymKey).update(`${row.pre_session} ${person}`).digest()
  return `Speaker ${[...digest.subarray(0, 8)].map((byte) => letters[byte % letters.length]).join('')}`
}
