import { DateTime } from 'luxon'
import type { Instant } from './instant.ts'
import { isWaiting, type QuestionStatus } from './lifecycles-question.ts'
import type { QuestionKind } from './question-queue.ts'

/** How many of one mission may wait in one slot, and how many it may put there in all: nobody floods the queue. */
export const mostWaiting = 5
export const mostInAll = 20
/** A written answer is due so many days after the meeting. */
const writtenAnswerDays = 14

export type Refusal = 'questions_closed' | 'floor_only' | 'not_under_review' | 'opening_taken' | 'too_many_questions'

export interface PutFacts {
  kind: QuestionKind
  /** The State of the mission; null: the moderator or the secretariat. */
  state: string | null
  /** The countries that it concerns. */
  concerned: readonly string[]
  slotStatus: string
  /** What this State put in this slot before. */
  before: readonly { kind: QuestionKind; status: QuestionStatus }[]
}

const isOpen = (slotStatus: string): boolean =>
  slotStatus === 'planned' || slotStatus === 'open' || slotStatus === 'live'

/**
 * R29, R30: may this be put? The State under Review asks nothing about itself: it has its opening statement, once, and may wish for the floor. Other
 * missions ask, in advance and live, and have no floor to wish for.
 */
export function refusalOfQuestion({ kind, state, concerned, slotStatus, before }: PutFacts): Refusal | undefined {
  if (!isOpen(slotStatus)) return 'questions_closed'
  if (state === null) return kind === 'question' ? undefined : 'not_under_review'
  const isUnderReview = concerned.includes(state)
  if (kind === 'question' && isUnderReview) return 'floor_only'
  if (kind !== 'question' && !isUnderReview) return 'not_under_review'
  if (kind === 'openingStatement' && before.some(isOpening)) return 'opening_taken'
  const waiting = before.filter(({ status }) => isWaiting(status)).length
  return waiting >= mostWaiting || before.length >= mostInAll ? 'too_many_questions' : undefined
}

/** One that was held can be offered anew. */
const isOpening = ({ kind, status }: { kind: QuestionKind; status: QuestionStatus }): boolean =>
  kind === 'openingStatement' && status !== 'held'

/** The day by which a question that was not answered at the meeting is answered in writing. */
export function writtenAnswerDueOn(slotEndsAt: Instant, timeZone: string): string {
  return DateTime.fromISO(slotEndsAt, { zone: timeZone }).plus({ days: writtenAnswerDays }).toISODate() as string
}

/**
 * Votes join: each State that voted for either supports the one that stays, and so does the State whose question was merged, but nobody its own.
 */
export function votesAfterMerge(
  target: { state: string | null; voters: readonly string[] },
  merged: { state: string | null; voters: readonly string[] },
): string[] {
  const voters = new Set([...target.voters, ...merged.voters, ...(merged.state === null ? [] : [merged.state])])
  if (target.state !== null) voters.delete(target.state)
  return [...voters].sort()
}
