import { component, enumOf, Instant, nullable, ref, Type } from '../http/schemas.ts'
import { Drift } from './schemas.ts'

export const ImportReport = component(
  'JotformImportReport',
  Type.Object(
    {
      dryRun: Type.Boolean({ description: 'True: nothing was stored.' }),
      formId: Type.String({ description: 'The form that the file belongs to.' }),
      format: enumOf(['csv', 'json'] as const, { description: 'How the file was read.' }),
      rows: Type.Integer({ description: 'Submissions that could be read.' }),
      created: Type.Integer({ description: 'Submissions that were not known.' }),
      changed: Type.Integer({ description: 'Known submissions with other content.' }),
      unchanged: Type.Integer({ description: 'Known submissions with this content.' }),
      faults: Type.Array(
        Type.Object({
          row: Type.Integer({ description: 'Line of the CSV, or position in the list.' }),
          message: Type.String({ description: 'What is wrong with it.' }),
        }),
        { description: 'Rows that were left out.' },
      ),
      unknownColumns: Type.Array(Type.String(), { description: 'Headings that belong to no question.' }),
    },
    { description: 'What came of an import.' },
  ),
)

export const alertCodes = [
  'apiKeyRejected',
  'pollFailing',
  'pollOverdue',
  'webhookUnregistered',
  'webhookRegisteredTwice',
  'missedWebhooks',
  'jotformSilent',
  'questionsChanged',
  'limitLow',
  'overQuota',
  'needsAttention',
  'deliveriesWaiting',
  'forgedDeliveries',
] as const

export const Status = component(
  'JotformStatus',
  Type.Object(
    {
      verification: enumOf(['on', 'off'] as const, {
        description: '`off` without an API key: every submission stays unverified and its arrival here counts.',
      }),
      hookSecrets: Type.Integer({
        description: 'How many secrets are valid now; two while one is being changed, none: nothing can arrive.',
      }),
      now: Instant('The clock of the service.'),
      counts: Type.Record(Type.String(), Type.Integer(), { description: 'Submissions by state.' }),
      forgedCount: Type.Integer({ description: 'Submissions that Jotform denies.' }),
      unreadableCount: Type.Integer({ description: 'Deliveries of which no submission could be told.' }),
      unreadCount: Type.Integer({
        description: 'Deliveries that are stored and not read yet; more than a few mean that no worker runs.',
      }),
      recoveredCount: Type.Integer({ description: 'Submissions that Jotform never delivered and a poll found.' }),
      oldestUnfinishedAt: nullable(Instant('Since when the oldest submission waits that is on its way.'), {
        description: 'Null: none waits.',
      }),
      lastWebhookAt: nullable(Instant('Last delivery by webhook.'), { description: 'Null: none yet.' }),
      forms: Type.Array(
        Type.Object({
          formId: Type.String({ description: 'The form.' }),
          preSession: Type.Integer({ description: 'Its round.' }),
          lastPollAt: nullable(Instant('Last poll that worked.'), { description: 'Null: none yet.' }),
          lastFullPollAt: nullable(Instant('Last poll of the whole list that worked.'), {
            description: 'Null: none yet.',
          }),
          pollFailures: Type.Integer({ description: 'Polls that failed since.' }),
          pollError: nullable(Type.String(), { description: 'Why the last one failed.' }),
          limitLeft: nullable(Type.Integer(), { description: 'API calls left today in the Jotform account.' }),
          webhookRegistered: nullable(Type.Boolean(), {
            description: 'Our address is registered exactly once. Null: not known.',
          }),
          drift: Type.Array(ref(Drift), { description: 'What in the live form differs from the mapping.' }),
        }),
        { description: 'Each form with a mapping.' },
      ),
      alerts: Type.Array(
        Type.Object({
          code: enumOf(alertCodes, { description: 'Kind of alarm.' }),
          formId: nullable(Type.String(), { description: 'The form, where it is about one.' }),
          message: Type.String({ description: 'What is the matter and what to do.' }),
        }),
        { description: 'What asks for a person; empty is well.' },
      ),
    },
    { description: 'How the intake stands.' },
  ),
)
