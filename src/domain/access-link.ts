import { addSeconds, type Instant } from './instant.ts'

/** Whom a link lets in. */
export const linkPurposes = ['applicant', 'mission'] as const
export type LinkPurpose = (typeof linkPurposes)[number]

const minute = 60
const hour = 60 * minute
export const linkLifeMinutes = 30
const sessionLifeSeconds: Record<LinkPurpose, number> = { applicant: 8 * hour, mission: 12 * hour }
const linksPerLife = 3

/** An access link works for half an hour. */
export const linkExpiresAt = (now: Instant): Instant => addSeconds(now, linkLifeMinutes * minute)

/** A session lasts a working day of an applicant, a conference day of a mission. */
export const sessionExpiresAt = (purpose: LinkPurpose, now: Instant): Instant =>
  addSeconds(now, sessionLifeSeconds[purpose])

/** Links made after this instant count towards the limit: those that have not expired. */
export const countedSince = (now: Instant): Instant => addSeconds(now, -linkLifeMinutes * minute)

/** Three mails to a person per half hour, as long as a link works: whoever gets no further one has a link that is valid. */
export const maySendLink = (sentLately: number): boolean => sentLately < linksPerLife
