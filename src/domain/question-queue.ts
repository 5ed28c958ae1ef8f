import { compareInstants, type Instant } from './instant.ts'
import type { QuestionStatus } from './lifecycles-question.ts'

export const questionKinds = ['question', 'openingStatement', 'floor'] as const
export type QuestionKind = (typeof questionKinds)[number]

export const queueOrders = ['time', 'turn'] as const
export type QueueOrder = (typeof queueOrders)[number]

/** R29: how long the State under Review may speak first. */
export const openingMinutes = 2

export interface Queued {
  id: string
  kind: QuestionKind
  status: QuestionStatus
  /** The State whose mission put it; null: the moderator's own. */
  state: string | null
  showsState: boolean
  putAt: Instant
  approvedAt: Instant | null
  askedAt: Instant | null
}

/** Whoever hides its State shares one turn with all others who do: a place in the queue then tells nothing of the State (R30). */
const unnamed = 'unnamed'
const turnOf = ({ state, showsState }: Queued): string => (showsState && state !== null ? state : unnamed)

/** When it counts as put. Without its State's name it is the approval that counts, so that its place does not tell when a mission wrote it. */
const timeOf = ({ showsState, putAt, approvedAt }: Queued): Instant => (showsState ? putAt : (approvedAt ?? putAt))

const byTime = (a: Queued, b: Queued): number =>
  compareInstants(timeOf(a), timeOf(b)) || (a.id < b.id ? -1 : Number(a.id > b.id))

/**
 * R29, R30: the ids of those that are to be called, in order. The State under Review opens, the moderator's own come next; then by time, or by
 * turn: whose State was called least is next, and among equals the one who has waited longest.
 */
export function orderQueue(questions: readonly Queued[], order: QueueOrder): string[] {
  const open = questions.filter(({ status }) => status === 'approved').toSorted(byTime)
  const opening = open.filter(({ kind }) => kind === 'openingStatement')
  const moderators = open.filter(({ kind, state }) => kind !== 'openingStatement' && state === null)
  const missions = open.filter(({ kind, state }) => kind !== 'openingStatement' && state !== null)
  const called = order === 'turn' ? byTurns(missions, countCalled(questions)) : missions
  return [...opening, ...moderators, ...called].map(({ id }) => id)
}

/** How often each was called. An opening statement is no turn. */
function countCalled(questions: readonly Queued[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const one of questions) {
    if (one.askedAt === null || one.state === null || one.kind === 'openingStatement') continue
    counts.set(turnOf(one), (counts.get(turnOf(one)) ?? 0) + 1)
  }
  return counts
}

function byTurns(inTime: readonly Queued[], called: Map<string, number>): Queued[] {
  const waiting = Map.groupBy(inTime, turnOf)
  const counts = new Map(called)
  const ordered: Queued[] = []
  for (;;) {
    let next: string | undefined
    // Groups come in the order of their first question, so among equals the one that has waited longest is met first.
    const heads = [...waiting].filter(([, group]) => group.length > 0)
    heads.sort(([, [a]], [, [b]]) => byTime(a as Queued, b as Queued))
    for (const [turn] of heads) if (next === undefined || (counts.get(turn) ?? 0) < (counts.get(next) ?? 0)) next = turn
    const one = next === undefined ? undefined : waiting.get(next)?.shift()
    if (next === undefined || one === undefined) return ordered
    ordered.push(one)
    counts.set(next, (counts.get(next) ?? 0) + 1)
  }
}
