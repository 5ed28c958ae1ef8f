import { addSeconds, compareInstants, earliest, type Instant, secondsBetween } from './instant.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** Jotform is asked every 10 minutes, every 5 in the last day before a deadline, every minute from 2 hours before to 1 hour after. */
export function pollIntervalSeconds(now: Instant, deadlines: Instant[]): number {
  const left = deadlines.map((closesAt) => secondsBetween(now, closesAt))
  if (left.some((seconds) => seconds <= 2 * hour && seconds >= -hour)) return minute
  if (left.some((seconds) => seconds <= day && seconds > 0)) return 5 * minute
  return 10 * minute
}

/** A quarter of an hour after a deadline the whole list is fetched and compared once. */
export function closingRunAt(closesAt: Instant): Instant {
  return addSeconds(closesAt, 15 * minute)
}

/** The whole list is fetched every day until 30 days after the deadline, to notice edits and deletions. */
export function dailyFullUntil(closesAt: Instant): Instant {
  return addSeconds(closesAt, 30 * day)
}

export interface PollFacts {
  now: Instant
  /** When each deadline of the form closes. */
  deadlines: Instant[]
  lastWindowPollAt?: Instant | undefined
  lastFullPollAt?: Instant | undefined
  /** The deadlines whose closing run has been made. */
  closingRunsDone: Instant[]
}

export type DuePoll = { kind: 'window'; since: Instant } | { kind: 'closing'; closesAt: Instant } | { kind: 'daily' }

/** Which polls of Jotform have fallen due. A poll that lies in the future, because the clock was put back, counts as not made. */
export function duePolls(facts: PollFacts): DuePoll[] {
  const closing = dueClosingRuns(facts)
  return [...dueWindow(facts), ...closing, ...(closing.length > 0 ? [] : dueDaily(facts))]
}

function dueWindow({ now, deadlines, lastWindowPollAt }: PollFacts): DuePoll[] {
  if (!isOlder(lastWindowPollAt, now, pollIntervalSeconds(now, deadlines))) return []
  const last = lastWindowPollAt && addSeconds(lastWindowPollAt, -hour)
  return [{ kind: 'window', since: earliest(last, addSeconds(now, -6 * hour)) ?? now }]
}

function dueClosingRuns({ now, deadlines, closingRunsDone }: PollFacts): DuePoll[] {
  return deadlines
    .filter((closesAt) => compareInstants(closingRunAt(closesAt), now) <= 0)
    .filter((closesAt) => compareInstants(now, dailyFullUntil(closesAt)) <= 0)
    .filter((closesAt) => !isAmong(closesAt, closingRunsDone))
    .filter((closesAt, i, due) => !isAmong(closesAt, due.slice(0, i)))
    .map((closesAt) => ({ kind: 'closing', closesAt }))
}

function dueDaily({ now, deadlines, lastFullPollAt }: PollFacts): DuePoll[] {
  const wanted = deadlines.some((closesAt) => compareInstants(now, dailyFullUntil(closesAt)) <= 0)
  return wanted && isOlder(lastFullPollAt, now, day) ? [{ kind: 'daily' }] : []
}

function isOlder(last: Instant | undefined, now: Instant, seconds: number): boolean {
  return last === undefined || compareInstants(last, now) > 0 || secondsBetween(last, now) >= seconds
}

function isAmong(at: Instant, instants: Instant[]): boolean {
  return instants.some((other) => compareInstants(other, at) === 0)
}
