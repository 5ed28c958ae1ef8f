import { addSeconds, secondsBetween } from './instant.ts'
import type { Span } from './programme.ts'

export interface Statement {
  applicationId: string
  /** Running time of the accepted video; null while there is none. */
  videoSeconds: number | null
}

export interface RunningItem extends Span {
  applicationId: string
  seconds: number
  /** Where the length comes from: the accepted video, or the speaking time that everybody has (R21). */
  basis: 'video' | 'speakingTime'
}

export interface RunningOrder {
  items: RunningItem[]
  /** What is left of the slot after the last statement; below zero it does not fit. */
  spareSeconds: number
}

/** One statement after the other from the beginning of the slot, each as long as its accepted video; without one, as long as everybody may speak. */
export function runningOrder(slot: Span, statements: readonly Statement[], speakingTimeSeconds: number): RunningOrder {
  let at = slot.startsAt
  const items = statements.map(({ applicationId, videoSeconds }): RunningItem => {
    const seconds = videoSeconds === null ? speakingTimeSeconds : Math.ceil(videoSeconds)
    const startsAt = at
    at = addSeconds(at, seconds)
    return { applicationId, startsAt, endsAt: at, seconds, basis: videoSeconds === null ? 'speakingTime' : 'video' }
  })
  return { items, spareSeconds: secondsBetween(at, slot.endsAt) }
}

/** Those that were put in order first, in it; then all others, unless another screening shows them. */
export function inOrder<T extends { id: string }>(
  all: readonly T[],
  ordered: readonly string[],
  elsewhere: readonly string[],
): T[] {
  const chosen = ordered.flatMap((id) => all.filter((one) => one.id === id))
  return [...chosen, ...all.filter(({ id }) => !ordered.includes(id) && !elsewhere.includes(id))]
}
