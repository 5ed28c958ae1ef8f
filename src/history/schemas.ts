import { component, Id, Instant, nullable, pageOf, type Static, Type } from '../http/schemas.ts'

export const HistoryEvent = component(
  'HistoryEvent',
  Type.Object(
    {
      id: Id('Id of the event.'),
      action: Type.String({ description: 'What happened, a dotted name.', examples: ['country.deadlineExtended'] }),
      at: Instant('When it happened.'),
      actor: Type.String({ description: 'Who did it: id of the credential, `jotform`, or `system`.' }),
      reason: nullable(Type.String(), { description: 'The reason given, where one was asked for.' }),
      details: Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        additionalProperties: true,
        description: 'Facts of the event; which ones depends on the action.',
      }),
    },
    { description: 'One entry of a history: never changed, never removed.' },
  ),
)
export const HistoryPage = pageOf('HistoryPage', HistoryEvent)

export const toHistoryEvent = (row: {
  id: string
  action: string
  at: string
  actor: string
  reason: string | null
  details: Record<string, unknown>
}): Static<typeof HistoryEvent> => ({
  id: row.id,
  action: row.action,
  at: row.at,
  actor: row.actor,
  reason: row.reason,
  details: row.details,
})
