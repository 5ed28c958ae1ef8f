import type { Instant } from './instant.ts'
import type { QuestionStatus } from './lifecycles-question.ts'
import { isReleased, type Reader, type RecordFacts, seesAsStaff, visibilityOf } from './visibility.ts'

/** A speaker of the slot, or one whom a question or an answer of it names. */
export interface SpeakerFacts extends RecordFacts {
  id: string
  isSeated: boolean
}

export interface SlotFacts {
  id: string
  preSession: number
  /** A published programme of a public round has it. */
  isPublished: boolean
  /** The countries that it is about. */
  countries: readonly string[]
  /** When the selection of each country of the round is released. */
  releases: Readonly<Record<string, Instant | null>>
  speakers: readonly SpeakerFacts[]
}

export interface QuestionFacts {
  /** The State whose mission put it; null: the moderator's own. */
  state: string | null
  /** The country that it is about; null: every one of the slot. */
  country: string | null
  /** `speaker` without an id: whom it was put to is not there any more. */
  addressee: 'panel' | 'speaker'
  applicationId: string | null
  answerApplicationId: string | null
  status: QuestionStatus
  approvedAt: Instant | null
  askedAt: Instant | null
}

/** Who looks at the questions of one slot. */
export type Audience =
  | { kind: 'staff' }
  | { kind: 'moderator' }
  | { kind: 'public' }
  | { kind: 'mission'; state: string }
  | { kind: 'speaker'; applicationIds: readonly string[] }

export type QuestionView = 'staff' | 'moderator' | 'own' | 'speaker' | 'mission' | 'public' | 'none'

/** A caller, as far as questions are concerned. */
export interface QuestionReader extends Reader {
  slotId?: string | undefined
  preSessions?: readonly number[] | undefined
  countries?: readonly string[] | undefined
}

/** What a caller is to the slot; undefined: to it, the slot is not there. */
export function audienceOf(reader: QuestionReader, slot: SlotFacts, now: Instant): Audience | undefined {
  const { role, preSessions, countries } = reader
  if (preSessions !== undefined && !preSessions.includes(slot.preSession)) return undefined
  if (seesAsStaff(role)) {
    const reaches = countries === undefined || slot.countries.every((iso3) => countries.includes(iso3))
    return reaches ? { kind: 'staff' } : undefined
  }
  if (role === 'moderator' && reader.slotId === slot.id) return { kind: 'moderator' }
  if (role === 'applicant') {
    const seats = slot.speakers.filter((speaker) => speaker.isSeated && isSelected(reader, speaker, now))
    if (seats.length > 0) return { kind: 'speaker', applicationIds: seats.map(({ id }) => id) }
  }
  if (!slot.isPublished) return undefined
  if (role === 'mission' && reader.state !== undefined) return { kind: 'mission', state: reader.state }
  return { kind: 'public' }
}

/** A seat is told to its speaker when the selection of the country is released, and not a moment before. */
function isSelected(reader: QuestionReader, speaker: SpeakerFacts, now: Instant): boolean {
  const { countries } = reader
  if (countries !== undefined && !countries.includes(speaker.country ?? '')) return false
  const { view, showsDecision } = visibilityOf(reader, speaker, now)
  return view === 'applicant' && showsDecision && speaker.status === 'submitted' && speaker.decision === 'selected'
}

/**
 * Contract §2, invariants 1 and 2. Nobody outside sees a question before the release of every country that it concerns, nor one put to a speaker whom
 * it may not see: its words may name the speaker. Missions see what is approved, the public what was called. The mission of a State under Review sees
 * of its own country what the public sees, and what it put itself.
 */
export function questionViewOf(
  audience: Audience,
  question: QuestionFacts,
  slot: SlotFacts,
  now: Instant,
): QuestionView {
  if (audience.kind === 'staff' || audience.kind === 'moderator') return audience.kind
  if (audience.kind === 'mission' && question.state === audience.state) return 'own'
  const concerned = concernedBy(question, slot)
  if (!concerned.every((iso3) => isReleased(slot.releases[iso3] ?? null, now))) return 'none'
  if (audience.kind === 'speaker') return isForSpeaker(audience.applicationIds, question, slot) ? 'speaker' : 'none'
  const isPublic = audience.kind === 'public' || concerned.includes(audience.state)
  const stage = isPublic ? question.askedAt : question.approvedAt
  if (stage === null || !seesAddressee(isPublic ? { role: 'public' } : readerOf(audience), question, slot, now))
    return 'none'
  return isPublic ? 'public' : 'mission'
}

export const concernedBy = ({ country }: Pick<QuestionFacts, 'country'>, slot: SlotFacts): readonly string[] =>
  country === null ? slot.countries : [country]

/** Approved, and put to the speaker or to the panel of the speaker's country. */
function isForSpeaker(own: readonly string[], question: QuestionFacts, slot: SlotFacts): boolean {
  if (question.approvedAt === null) return false
  if (question.addressee === 'speaker') return question.applicationId !== null && own.includes(question.applicationId)
  const concerned = concernedBy(question, slot)
  return slot.speakers.some(({ id, country }) => own.includes(id) && country !== null && concerned.includes(country))
}

export const readerOf = (audience: Audience): Reader =>
  audience.kind === 'mission' ? { role: 'mission', state: audience.state } : { role: 'public' }

function seesAddressee(reader: Reader, question: QuestionFacts, slot: SlotFacts, now: Instant): boolean {
  return question.addressee === 'panel' || seesSpeaker(reader, question.applicationId, slot, now)
}

/** May this reader know, now, that this is a speaker? */
export function seesSpeaker(reader: Reader, id: string | null, { speakers }: SlotFacts, now: Instant): boolean {
  const speaker = speakers.find((one) => one.id === id)
  return speaker !== undefined && visibilityOf(reader, speaker, now).view !== 'none'
}

/** A written answer goes to other missions with the consent to share of whoever gave it; the secretariat's own needs none. */
export function seesAnswer(audience: Audience, question: QuestionFacts, slot: SlotFacts, now: Instant): boolean {
  if (audience.kind === 'staff' || audience.kind === 'moderator') return true
  const { answerApplicationId: by } = question
  if (audience.kind === 'speaker') return by === null || audience.applicationIds.includes(by)
  if (audience.kind === 'public' || concernedBy(question, slot).includes(audience.state)) return false
  return by === null || speakerViewOf(audience, by, slot, now) === 'mission'
}

function speakerViewOf(audience: Audience, id: string, { speakers }: SlotFacts, now: Instant) {
  const speaker = speakers.find((one) => one.id === id)
  return speaker === undefined ? 'none' : visibilityOf(readerOf(audience), speaker, now).view
}
