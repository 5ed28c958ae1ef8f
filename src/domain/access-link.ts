import { addSeconds, earliest, type Instant, latest } from './instant.ts'

/** Whom a link lets in. */
export const linkPurposes = ['applicant', 'mission', 'moderator'] as const
export type LinkPurpose = (typeof linkPurposes)[number]

const minute = 60
const hour = 60 * minute
export const linkLifeMinutes = 30
const sessionLifeSeconds: Record<LinkPurpose, number> = {
  applicant: 8 * hour,
  mission: 12 * hour,
  moderator: 12 * hour,
}
const linksPerLife = 3

/** An access link works for half an hour. */
export const linkExpiresAt = (now: Instant): Instant => addSeconds(now, linkLifeMinutes * minute)

/** A moderator's link works until the slot is over, and never shorter than any other. */
export const moderatorLinkExpiresAt = (now: Instant, slotEndsAt: Instant): Instant =>
  latest(linkExpiresAt(now), slotEndsAt) as Instant

/** A slot may overrun, and there is something to tidy up after it. */
const afterSlotSeconds = 2 * hour

/** The same for those who reckon in the database. */
export const moderatorSessionLimits = {
  whole: `${sessionLifeSeconds.moderator} seconds`,
  afterSlot: `${afterSlotSeconds} seconds`,
}

/** A session lasts a working day of an applicant, a conference day of a mission; that of a moderator ends two hours after its slot at the latest. */
export function sessionExpiresAt(purpose: LinkPurpose, now: Instant, slotEndsAt?: Instant): Instant {
  const end = addSeconds(now, sessionLifeSeconds[purpose])
  return slotEndsAt === undefined ? end : (earliest(end, addSeconds(slotEndsAt, afterSlotSeconds)) as Instant)
}

/** Links made after this instant count towards the limit: those that have not expired. */
export const countedSince = (now: Instant): Instant => addSeconds(now, -linkLifeMinutes * minute)

/** Three mails to a person per half hour, as long as a link works: whoever gets no further one has a link that is valid. */
export const maySendLink = (sentLately: number): boolean => sentLately < linksPerLife
