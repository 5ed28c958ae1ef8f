interface Entry {
  action: string
  at: string
  actor: string
  reason: string | null
  details: Record<string, unknown>
}

/** What a person is told of the history of their application at any time. */
const told = new Set([
  'application.created',
  'application.edited',
  'application.submitted',
  'application.assessed',
  'application.documentAdded',
  'application.documentAddedByHand',
  'application.consentsChanged',
  'application.preSessionChanged',
  'application.withdrawn',
])
/** What tells of a decision, and so only once the selection is released. */
const toldAfterRelease = new Set(['application.outcomeOverridden', 'application.decided', 'application.answered'])

/**
 * The history for its person. Of the decisions the one that holds is told with its reason, not the way there; that a speaker was prevented is told
 * to nobody (R19), and what is not known here is not told.
 */
export function tellHistory(
  entries: readonly Entry[],
  { isReleased, roleOf }: { isReleased: boolean; roleOf: (actor: string) => string },
) {
  const last = entries.findLast(({ action }) => action === 'application.decided')
  return entries
    .filter(({ action }) => told.has(action) || (isReleased && toldAfterRelease.has(action)))
    .filter((entry) => entry.action !== 'application.decided' || entry === last)
    .map(({ action, at, actor, reason, details }) => {
      const { previousDecision: _, ...facts } = details
      return { action, at, by: roleOf(actor), ...(reason !== null && { reason }), details: facts }
    })
}
