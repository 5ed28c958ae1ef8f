import { addSeconds, type Instant, isEarlier } from './instant.ts'
import type { Span } from './programme.ts'

/** What a feed has shown of a slot. */
export interface FeedItem extends Span {
  slotId: string
  sequence: number
  /** Stands for everything that was shown. */
  digest: string
  changedAt: Instant
  /** Its owner may no longer see it; calendars are told that it is called off. */
  isGone: boolean
}

export interface FeedEntry extends Span {
  slotId: string
  sequence: number
  changedAt: Instant
  digest: string
}

/** How long a calendar is told of what was taken back. */
const keptSeconds = 30 * 86_400

/**
 * RFC 5545 §3.8.7.4: a sequence only ever grows, and grows with every change that this owner sees. What was shown once and is not there any more,
 * such as a seat that was given up, is kept as gone, since some calendars keep an entry that merely vanishes.
 */
export function nextItems(known: readonly FeedItem[], entries: readonly FeedEntry[], now: Instant): FeedItem[] {
  const before = new Map(known.map((item) => [item.slotId, item]))
  const shown = entries.map((entry): FeedItem => {
    const old = before.get(entry.slotId)
    const isSame = old !== undefined && !old.isGone && old.digest === entry.digest
    if (isSame) return old
    const sequence = old === undefined ? entry.sequence : Math.max(old.sequence + 1, entry.sequence)
    return { ...entry, sequence, changedAt: old === undefined ? entry.changedAt : now, isGone: false }
  })
  const current = new Set(entries.map(({ slotId }) => slotId))
  const gone = known
    .filter(({ slotId, endsAt }) => !current.has(slotId) && isEarlier(now, addSeconds(endsAt, keptSeconds)))
    .map((item) => (item.isGone ? item : { ...item, sequence: item.sequence + 1, changedAt: now, isGone: true }))
  return [...shown, ...gone]
}
