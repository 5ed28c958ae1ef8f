import { addSeconds, compareInstants, earliest, fromMillis, type Instant, latest, secondsBetween } from './instant.ts'
import { isBeforeClosing, isBorderline, marginSeconds } from './window.ts'
import { instantsOfWall, readWall } from './zone.ts'

export interface JotformEvidence {
  /** `created_at` of Jotform's API as it stands there: a wall-clock text in US Eastern time. */
  createdAt?: string | undefined
  submissionId: string
  /** Our earliest arrival by webhook and by poll. */
  webhookAt?: Instant | undefined
  pollAt?: Instant | undefined
  verified: boolean
  apiConfigured: boolean
}

export interface ImportEvidence {
  createdAt?: string | undefined
  submissionId: string
  /** When the import was read: what is shown as receive time where nothing else is known. */
  importedAt: Instant
}

export type ReceivedBasis = 'requestRead' | 'ownArrival' | 'apiAndId' | 'api' | 'import' | 'conflict'
export type Timing = 'onTime' | 'late' | 'undetermined'

export interface Receipt {
  receivedAt: Instant
  basis: ReceivedBasis
  timing: Timing
  borderline: boolean
  /** Seconds left when it arrived; zero or less is late. */
  marginSeconds: number
  /** Every instant known, which one counts, and why. */
  evidence: Record<string, unknown>
  reason: string
}

/** Clocks of two machines may differ by so much before their evidence counts as a conflict. */
const tolerance = 5
const idEpoch = 1_124_190_800

/** R4: Jotform writes its times in US Eastern time without saying so; in the hour that clocks repeat, one text means two instants. */
export function easternToUtc(wall: string): Instant[] {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(wall)) return []
  const reading = readWall(wall.replace(' ', 'T'))
  return reading === undefined ? [] : instantsOfWall(reading, 'America/New_York').map(fromMillis)
}

/** R4: the number that Jotform gives a submission begins with the second at which Jotform stored it. */
export function submissionIdToUtc(id: string): Instant | undefined {
  return /^\d{18,19}$/.test(id) ? fromMillis((Number(id.slice(0, 9)) + idEpoch) * 1000) : undefined
}

/** R4: an application that came through this service was received when its whole request had been read. */
export function judgeApiReceipt(receivedAt: Instant, closesAt: Instant): Receipt {
  const reason = 'The application was received when the whole request had been read, by the clock of this service.'
  return receipt({ receivedAt, basis: 'requestRead', timing: timingOf(receivedAt, closesAt), reason }, { closesAt })
}

/** R4: a Jotform application was received when Jotform stored it, as far as the evidence agrees; a conflict is left to a person. */
export function judgeJotformReceipt(e: JotformEvidence, closesAt: Instant): Receipt {
  const known = knownInstants(e)
  const evidence = evidenceOf(e, known, closesAt)
  const { arrival } = known
  if (!e.apiConfigured && arrival) return receipt(byArrivalAlone(arrival, closesAt), evidence)
  if (e.apiConfigured && !e.verified)
    return receipt(undecided(known, 'Jotform has not confirmed this submission.'), evidence)
  return receipt(
    byOwnArrival(known, closesAt) ?? byJotform(known, closesAt) ?? undecided(known, conflictOf(e, known)),
    evidence,
  )
}

/** R4: an imported application is judged by the times in the imported file, and left to a person where they disagree. */
export function judgeImportReceipt(e: ImportEvidence, closesAt: Instant): Receipt {
  const known = knownInstants(e)
  const evidence = { ...evidenceOf(e, known, closesAt), importedAt: e.importedAt }
  const found = byJotform(known, closesAt) ?? undecided({ ...known, arrival: e.importedAt }, conflictOf(e, known))
  return receipt({ ...found, basis: 'import' }, evidence)
}

interface Known {
  /** Jotform's `created_at` as an instant: the one reading that counts. */
  created: Instant | undefined
  createdReadings: Instant[]
  id: Instant | undefined
  arrival: Instant | undefined
}

interface Finding {
  receivedAt: Instant
  basis: ReceivedBasis
  timing: Timing
  reason: string
}

type Evidence = Record<string, unknown> & { closesAt: Instant }
type Sources = Pick<JotformEvidence, 'createdAt' | 'submissionId' | 'webhookAt' | 'pollAt'>

function knownInstants(e: Sources): Known {
  const id = submissionIdToUtc(e.submissionId)
  const arrival = earliest(e.webhookAt, e.pollAt)
  const createdReadings = e.createdAt === undefined ? [] : easternToUtc(e.createdAt)
  return { created: chooseReading(createdReadings, id, arrival), createdReadings, id, arrival }
}

/** In the repeated hour: the reading nearest to the submission's number, or else the last one that our arrival allows. */
function chooseReading(readings: Instant[], id?: Instant, arrival?: Instant): Instant | undefined {
  if (id) return [...readings].sort((a, b) => distance(a, id) - distance(b, id))[0]
  return readings.filter((at) => !isAfterArrival(at, arrival)).at(-1) ?? readings[0]
}

function byArrivalAlone(arrival: Instant, closesAt: Instant): Finding {
  const reason = 'No access to Jotform is configured: the submission is unverified and its arrival here decides alone.'
  return { receivedAt: arrival, basis: 'ownArrival', timing: timingOf(arrival, closesAt), reason }
}

/** Rule 1: it was here before the deadline, so nothing else is needed. */
function byOwnArrival({ created, id, arrival }: Known, closesAt: Instant): Finding | undefined {
  if (!arrival || !isBeforeClosing(arrival, closesAt) || (created && isAfterArrival(created, arrival))) return undefined
  const agrees = created && isBeforeClosing(created, closesAt) && (!id || distance(created, id) <= tolerance)
  const reason = agrees
    ? 'The submission was here before the deadline; the time at which Jotform stored it agrees and is shown.'
    : 'The submission was here before the deadline, which proves that it was on time.'
  return { receivedAt: agrees ? created : arrival, basis: 'ownArrival', timing: 'onTime', reason }
}

/** Rules 2 and 3: Jotform's own time, confirmed by the submission's number where that can be read. */
function byJotform(known: Known, closesAt: Instant): Finding | undefined {
  const { created, id, arrival } = known
  if (!created || isAfterArrival(created, arrival)) return undefined
  const timing = timingOf(created, closesAt)
  if (id) {
    if (distance(created, id) > tolerance) return undefined
    const reason = 'The time at which Jotform stored the submission counts; the number of the submission confirms it.'
    return { receivedAt: created, basis: 'apiAndId', timing, reason }
  }
  const readings = known.createdReadings.filter((at) => !isAfterArrival(at, arrival))
  if (new Set(readings.map((at) => timingOf(at, closesAt))).size > 1) return undefined
  const reason = 'The time at which Jotform stored the submission counts; its number could not be read to confirm it.'
  return { receivedAt: created, basis: 'api', timing, reason }
}

/** Rule 4: a person decides; the instant shown is the latest of Jotform's that can be true. */
function undecided({ created, id, arrival }: Known, reason: string): Finding {
  const possible = [created, id].filter((at) => at && !isAfterArrival(at, arrival))
  const receivedAt = latest(...possible) ?? arrival
  if (!receivedAt)
    throw new RangeError('A receipt needs at least one instant: an arrival, created_at or a submission id')
  return { receivedAt, basis: 'conflict', timing: 'undetermined', reason: `${reason} A person decides.` }
}

function conflictOf(e: Sources, { created, id, arrival }: Known): string {
  if (e.createdAt === undefined) return 'The time at which Jotform stored the submission is not known.'
  if (!created) return `"${e.createdAt}" is not a time that Jotform's clocks can show.`
  if (isAfterArrival(created, arrival))
    return 'By its time at Jotform the submission was stored after it had arrived here.'
  if (id) return 'The time that Jotform gives and the number of the submission disagree.'
  return 'The time that Jotform gives falls into the hour that clocks show twice, on both sides of the deadline.'
}

function evidenceOf(e: Sources, known: Known, closesAt: Instant): Evidence {
  const all = {
    createdAtEastern: e.createdAt,
    createdAtUtc: known.created,
    createdAtReadings: known.createdReadings.length > 1 ? known.createdReadings : undefined,
    submissionIdUtc: known.id,
    submissionIdUnreadable: known.id ? undefined : true,
    webhookAt: e.webhookAt,
    pollAt: e.pollAt,
  }
  return { ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)), closesAt }
}

function receipt(finding: Finding, evidence: Evidence): Receipt {
  const { closesAt } = evidence
  return {
    ...finding,
    borderline: isBorderline(finding.receivedAt, closesAt),
    marginSeconds: marginSeconds(finding.receivedAt, closesAt),
    evidence: { ...evidence, counts: finding.receivedAt, basis: finding.basis, why: finding.reason },
  }
}

function timingOf(at: Instant, closesAt: Instant): Timing {
  return isBeforeClosing(at, closesAt) ? 'onTime' : 'late'
}

function distance(a: Instant, b: Instant): number {
  return Math.abs(secondsBetween(a, b))
}

function isAfterArrival(at: Instant, arrival: Instant | undefined): boolean {
  return arrival !== undefined && compareInstants(at, addSeconds(arrival, tolerance)) > 0
}
