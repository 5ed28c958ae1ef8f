/** Facts of a change that are codes, ids, counts or instants. Of every other one only the name is kept: it may be a person's words. */
const kept = new Set([
  'answer',
  'at',
  'cause',
  'code',
  'countries',
  'decision',
  'documentId',
  'extensionId',
  'formId',
  'from',
  'given',
  'kind',
  'moderatorId',
  'mergedInto',
  'outcome',
  'policyVersion',
  'previousDecision',
  'previousOutcome',
  'questionId',
  'reassessedCount',
  'registrationId',
  'slotId',
  'state',
  'swapId',
  'to',
  'until',
  'version',
  'waiverId',
  'wantedSlotId',
])

const isCode = (value: unknown): boolean =>
  value === null ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && /^[\w:.+-]{1,64}$/.test(value)) ||
  (Array.isArray(value) && value.every((item) => typeof item === 'string' && isCode(item)))

/** Names of fields as the contract writes them; anything else a caller made up. */
export const fieldNames = (names: string[]): string[] => names.filter((name) => /^[a-z][A-Za-z0-9]{0,60}$/.test(name))

/** What the audit log keeps of the details of a history: it is never erased, so nothing of a person may enter. */
export function withoutPersonalData({ changes, ...details }: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(details).filter(([, value]) => value !== undefined)
  const safe = entries.filter(([name, value]) => kept.has(name) && isCode(value))
  const others = entries.filter((entry) => !safe.includes(entry)).map(([name]) => name)
  const changed = typeof changes === 'object' && changes !== null ? Object.keys(changes) : []
  const fields = fieldNames([...changed, ...others])
  return { ...Object.fromEntries(safe), ...(fields.length > 0 && { fields }) }
}
