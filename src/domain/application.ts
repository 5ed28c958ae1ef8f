/** The content of an application as applicants give it: contract §3, domain.md §2.4. Every field may be absent in a draft. */
export interface ApplicationBody {
  preSession: number
  country?: string
  organisation?: Organisation
  speaker?: Speaker
  issues?: Issue[]
  statementLanguage?: string
  uprSubmission?: { reference?: string; documentIds?: string[] }
  coalitionMembers?: { name: string; country?: string }[]
  consents?: Consent[]
  accessibilityNeeds?: string
}

export interface Organisation {
  name?: string
  type?: OrganisationType
  basedIn?: string
  address?: { line1?: string; line2?: string; city?: string; region?: string; postalCode?: string; country?: string }
  phone?: string
  email?: string
  website?: string
  aim?: string
  foundedYear?: number
  ecosocStatus?: EcosocStatus
  ganhriStatus?: { status: 'A' | 'B' | 'none'; asOf?: string }
}

export interface Speaker {
  firstName?: string
  lastName?: string
  position?: string
  email?: string
  phone?: string
  gender?: Gender
  timeZone?: string
  atRisk?: boolean
}

/** An unanswered question about risk counts as yes (contract §2, invariant 4). */
export const isAtRisk = ({ speaker }: ApplicationBody): boolean => speaker?.atRisk ?? true

/** A theme by its stable code, or the applicant's own words where no theme fits (R16). */
export type Issue = string | { other: string }

export const organisationTypes = ['nationalCso', 'regionalCso', 'internationalCso', 'csoCoalition', 'nhri'] as const
export type OrganisationType = (typeof organisationTypes)[number]

export const ecosocStatuses = ['none', 'roster', 'special', 'general'] as const
export type EcosocStatus = (typeof ecosocStatuses)[number]

export const genders = ['woman', 'man', 'nonBinary', 'undisclosed'] as const
export type Gender = (typeof genders)[number]

/** One consent per person and artefact, off unless given (domain.md §8.3). */
export const consentCodes = [
  'processApplication',
  'shareWithPanellists',
  'showNameInProgramme',
  'shareWithMissions',
  'shareWithStateUnderReview',
  'recordQuestions',
  'publishStatement',
  'publishVideo',
  'publishPhoto',
  'keepContact',
] as const
export type Consent = (typeof consentCodes)[number]
