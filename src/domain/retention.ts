import { addSeconds, type Instant } from './instant.ts'

export interface RetentionClass {
  /** How long it is kept by default. Null: as long as the service is. */
  days: number | null
  /** What the days are counted from. */
  from: string
  /** What is kept, and what becomes of it then. */
  what: string
}

/**
 * How long what is kept (domain.md §8.4). UPR Info has no published periods, so these are suggestions, each to be changed with RETENTION_DAYS.
 * Nothing about an application goes earlier than so many days after it was last changed, whatever its round says.
 */
export const retentionClasses = {
  // Before the applications: what was put to a speaker goes with the speaker's, unless only what is counted is left of it.
  questions: {
    days: 180,
    from: 'the end of the Working Group session',
    what: 'Questions of Q&A slots with their written answers: the words, to whom they were put and who put them. The State, the votes and what became of them stay and are counted.',
  },
  drafts: {
    days: 90,
    from: 'the deadline, or the last change if that is later',
    what: 'Applications that were never submitted; a row without personal data stays and is counted.',
  },
  unsuccessfulApplications: {
    days: 30,
    from: 'the end of the Working Group session, or the last change if that is later',
    what: 'Applications that were not selected, with everything that hangs on them; a row without personal data stays and is counted. With the consent to keep contact: see keptContacts.',
  },
  selectedApplications: {
    days: 180,
    from: 'the end of the Working Group session, or the last change if that is later',
    what: 'Applications of selected speakers: about until the outcome is adopted. As long as a consent to publish lasts, they stay; with the consent to keep contact: see keptContacts.',
  },
  keptContacts: {
    days: 1095,
    from: 'the end of the Working Group session, or the last change if that is later',
    what: 'Applications whose person consented to be contacted for later rounds.',
  },
  jotformLeftovers: {
    days: 180,
    from: 'when it first came',
    what: 'Jotform submissions and deliveries of which no application was made: tests, forgeries, unknown forms, what cannot be read. They are never taken in again.',
  },
  deadlineWaivers: {
    days: 30,
    from: 'the end of the Working Group session, or the grant if that is later',
    what: 'Later deadlines granted to an address, once no application names it.',
  },
  accessLinkRequests: { days: 7, from: 'the request', what: 'Requests for access links that no job could answer.' },
  accessLinks: { days: 30, from: 'their expiry', what: 'Access links.' },
  sessions: { days: 30, from: 'their end', what: 'Sessions of applicants, missions and moderators.' },
  calendarFeeds: {
    days: 30,
    from: 'the end of the Working Group session, or the revocation if that is earlier',
    what: 'Addresses that show a calendar to a speaker or a mission.',
  },
  mails: {
    days: 30,
    from: 'when they were written',
    what: 'Messages that were sent, given up, or are worth nothing any more.',
  },
  missionDelegates: { days: 180, from: 'their revocation', what: 'Delegates of missions that were revoked.' },
  missionRegistrations: {
    days: 180,
    from: 'the end of the Working Group session',
    what: 'Who of a mission registered for a round; attendance is kept by mission and names nobody.',
  },
  moderators: { days: 180, from: 'the end of the slot', what: 'Moderators of slots.' },
  invitations: {
    days: 180,
    from: 'when it was queued',
    what: 'To which address an invitation went; that the State was invited stays.',
  },
  people: {
    days: 30,
    from: 'when they were first asked about',
    what: 'Ids of people about whom nothing is kept any more.',
  },
  erasureRecords: {
    days: 1095,
    from: 'the erasure',
    what: 'That somebody was erased, when, why and how much; it names nobody.',
  },
  failedJobs: { days: 30, from: 'the last try', what: 'Jobs that the queue has given up.' },
  orphanedFiles: {
    days: 1,
    from: 'when they were stored',
    what: 'Files that no record names, documents and videos alike, and what was coming in when the service died.',
  },
  answers: { days: 3, from: 'the request', what: 'Answers kept for a retry with the same Idempotency-Key. Fixed.' },
  auditLog: {
    days: null,
    from: 'the entry',
    what: 'The audit log: it holds ids and codes and no personal data, and is only ever appended to.',
  },
  statistics: {
    days: null,
    from: 'the erasure',
    what: 'What is counted of erased applications, what happened when, and which consents were given and withdrawn.',
  },
  erasureMarks: {
    days: null,
    from: 'the erasure',
    what: 'Keyed hashes of erased Jotform submissions, so that none is taken in again.',
  },
} as const satisfies Record<string, RetentionClass>

export type RetentionClassName = keyof typeof retentionClasses
export const retentionNames = Object.keys(retentionClasses) as RetentionClassName[]

/** Fixed by what it is for, or kept because it is nobody's. */
const fixed: readonly RetentionClassName[] = ['answers', 'auditLog', 'statistics', 'erasureMarks']

/** The classes whose period can be set, in the order in which they are applied. */
export const appliedNames = retentionNames.filter((name) => !fixed.includes(name))

/** What was there before this instant is due. */
export const cutoffOf = (now: Instant, days: number): Instant => addSeconds(now, -days * 86_400)

/** `drafts=60,sessions=7`: own periods in place of the defaults; answers what is wrong with the text. */
export function readPeriods(text: string): { periods: Record<string, number>; faults: string[] } {
  const faults: string[] = []
  const periods: Record<string, number> = {}
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const [, name = '', days = ''] = /^\s*([A-Za-z]+)\s*=\s*(\d{1,5})\s*$/.exec(part) ?? []
    if (!(appliedNames as string[]).includes(name))
      faults.push(`"${part.trim()}" names none of ${appliedNames.join(', ')}`)
    else if (Number(days) < 1) faults.push(`"${part.trim()}" must be one day at least`)
    else periods[name] = Number(days)
  }
  return { periods, faults }
}
