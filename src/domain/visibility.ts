import type { Consent } from './application.ts'
import { type Instant, isEarlier } from './instant.ts'

/** What a reader is, as far as it matters for what may be seen. */
export interface Reader {
  role: 'public' | 'applicant' | 'mission' | 'moderator' | 'reviewer' | 'secretariat' | 'admin' | 'integration'
  /** The State of a mission. */
  state?: string | undefined
  email?: string | undefined
}

/** What a record says about who may see it. */
export interface RecordFacts {
  country: string | null
  status: 'draft' | 'submitted' | 'withdrawn' | 'prevented'
  decision: 'undecided' | 'selected' | 'reserve' | 'notSelected'
  /** Lower case addresses of the organisation and the speaker. */
  emails: readonly string[]
  consents: readonly Consent[]
  /** An unanswered question counts as yes. */
  atRisk: boolean
  /** When the selection of that country is released; nothing is before it is set. */
  releaseAt: Instant | null
  /** Only for reviewers: the country is assigned to this one, and whether with an explicit grant to see who is at risk. */
  assignment?: { seesIdentities: boolean } | undefined
}

/** `staff`: everything. `applicant`: its own, without what is not released. `reviewer`, `mission`, `public`: ever less. `none`: as if it never was. */
export type View = 'staff' | 'applicant' | 'reviewer' | 'mission' | 'public' | 'none'

export interface Visibility {
  view: View
  /** A pseudonym instead of name, organisation, contact, position and file names (contract §2, invariant 4). */
  isPseudonymous: boolean
  /** Decision and answer may be told (R20). */
  showsDecision: boolean
}

const nothing: Visibility = { view: 'none', isPseudonymous: true, showsDecision: false }

/** R20: what was released is told, and not a moment before. */
export const isReleased = (releaseAt: Instant | null, now: Instant): boolean =>
  releaseAt !== null && !isEarlier(now, releaseAt)

/** Who sees what the secretariat sees: its people, and software that works for it. */
export const seesAsStaff = (role: string): boolean =>
  role === 'admin' || role === 'secretariat' || role === 'integration'

/**
 * R20, R28, R32: nobody outside sees who applied or was selected before the country's release and the person's own consent. The mission of the State
 * under Review sees of its own country what the public sees, unless the person lets it see more.
 */
export function visibilityOf(reader: Reader, record: RecordFacts, now: Instant): Visibility {
  if (seesAsStaff(reader.role)) return { view: 'staff', isPseudonymous: false, showsDecision: true }
  const released = isReleased(record.releaseAt, now)
  switch (reader.role) {
    case 'applicant':
      return isOwn(reader, record) ? { view: 'applicant', isPseudonymous: false, showsDecision: released } : nothing
    case 'reviewer':
      return reviewerView(record, released)
    default:
      return outsideView(reader, record, released)
  }
}

/** Its own are those that name its address; what happened to one that was prevented is told to nobody but the secretariat. */
const isOwn = ({ email }: Reader, { emails }: RecordFacts): boolean => email !== undefined && emails.includes(email)

function reviewerView(record: RecordFacts, released: boolean): Visibility {
  if (record.assignment === undefined || record.status === 'draft' || record.status === 'prevented') return nothing
  return {
    view: 'reviewer',
    isPseudonymous: record.atRisk && !record.assignment.seesIdentities,
    showsDecision: released,
  }
}

/** Missions see more where the person agreed to that; the one of the State under Review only where it was named as well. */
export const sharesWith = (state: string, { country, consents }: RecordFacts): boolean =>
  consents.includes('shareWithMissions') && (state !== country || consents.includes('shareWithStateUnderReview'))

/** The public and missions: selected speakers after the release, each by its own consent. */
function outsideView(reader: Reader, record: RecordFacts, released: boolean): Visibility {
  if (!released || record.status !== 'submitted' || record.decision !== 'selected') return nothing
  if (reader.role === 'mission' && reader.state !== undefined && sharesWith(reader.state, record))
    return { view: 'mission', isPseudonymous: record.atRisk, showsDecision: true }
  if (record.consents.includes('showNameInProgramme'))
    return { view: 'public', isPseudonymous: record.atRisk, showsDecision: true }
  return nothing
}

/**
 * Who is seen as a speaker of a slot. Its moderator knows the panel; a speaker sees itself, and from the release on those of the same slot who agreed to
 * that; whoever is at risk stays behind a pseudonym for both. Everybody else sees what the public or a mission sees.
 */
export function visibilityInSlot(reader: Reader, record: RecordFacts, takesPart: boolean, now: Instant): Visibility {
  const isOnPanel = record.status === 'submitted' && record.decision === 'selected'
  const behind = record.atRisk
  if (reader.role === 'moderator' && takesPart)
    return isOnPanel ? { view: 'mission', isPseudonymous: behind, showsDecision: true } : nothing
  if (reader.role === 'applicant' && isReleased(record.releaseAt, now)) {
    if (isOwn(reader, record)) return { view: 'applicant', isPseudonymous: false, showsDecision: true }
    if (takesPart && isOnPanel && record.consents.includes('shareWithPanellists'))
      return { view: 'public', isPseudonymous: behind, showsDecision: true }
  }
  const isStaffOrMission = seesAsStaff(reader.role) || reader.role === 'mission'
  return visibilityOf(isStaffOrMission ? reader : { role: 'public' }, record, now)
}
