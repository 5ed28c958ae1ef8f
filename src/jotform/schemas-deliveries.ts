import { component, enumOf, Id, Instant, nullable, pageOf, type Static, Type } from '../http/schemas.ts'
import { readFields } from './delivery.ts'
import type { DeliveryDetailRow, DeliveryListRow } from './queries-deliveries.ts'
import { deliverySources, submissionStates } from './schemas.ts'

const deliveryProperties = {
  id: Id('Id of the delivery.'),
  receivedAt: Instant('When the whole body had been read, by our clock.'),
  source: enumOf(deliverySources, { description: 'How it came.' }),
  formId: nullable(Type.String(), { description: 'Null where it could not be read.' }),
  submissionId: nullable(Type.String(), { description: 'Null where it could not be read.' }),
  state: enumOf(submissionStates, {
    description:
      'State of its submission; `received` until it has been read, `unreadable` where no submission could be told.',
  }),
  parseError: nullable(Type.String(), { description: 'What could not be read.' }),
  replayOf: nullable(Type.String(), { description: 'The delivery that was sent through again.' }),
}
export const Delivery = component(
  'JotformDelivery',
  Type.Object(deliveryProperties, { description: 'One arrival from Jotform: evidence, never changed.' }),
)
export const DeliveryPage = pageOf('JotformDeliveryPage', Delivery)
export const DeliveryDetail = component(
  'JotformDeliveryDetail',
  Type.Object(
    {
      ...deliveryProperties,
      interpretedAt: nullable(Instant('When it was read.'), { description: 'Null: not yet.' }),
      contentType: nullable(Type.String(), { description: 'As sent.' }),
      remoteIp: nullable(Type.String(), { description: 'Where it came from.' }),
      headers: Type.Record(Type.String(), Type.String(), { description: 'As sent, without credentials and traces.' }),
      sizeBytes: Type.Integer({ description: 'Size of the body.' }),
      sha256: Type.String({ description: 'SHA-256 of the body.' }),
      fields: Type.Array(
        Type.Object({
          name: Type.String({ description: 'Name of the part.' }),
          value: Type.String({ description: 'Its text; very long ones are cut.' }),
        }),
        { description: 'The parts of the body in the order sent; our secret is taken out of `webhookURL`.' },
      ),
    },
    { description: 'A delivery with what was sent.' },
  ),
)

export function toDelivery(row: DeliveryListRow): Static<typeof Delivery> {
  return {
    id: row.id,
    receivedAt: row.received_at,
    source: row.source,
    formId: row.form_id,
    submissionId: row.submission_id,
    state: (row.submission_state as 'received' | null) ?? (row.interpreted_at === null ? 'received' : 'unreadable'),
    parseError: row.parse_error,
    replayOf: row.replay_of,
  }
}

/** A huge `rawRequest` helps nobody on a page; the body itself is kept whole. */
const shownCharacters = 100_000

export async function toDeliveryDetail(
  row: DeliveryDetailRow,
  secrets: string[],
): Promise<Static<typeof DeliveryDetail>> {
  const fields =
    row.format === 'webhook'
      ? await readFields(row.content_type ?? '', row.raw_body, [])
      : new Map([['row', row.raw_body.toString('utf8')]])
  const redact = (text: string) =>
    secrets
      .reduce((left, secret) => left.replaceAll(secret, '[secret]'), text)
      .replace(/(\/jotform\/hooks\/)[^/?&"\\]+/gi, '$1[secret]')
  return {
    ...toDelivery(row),
    interpretedAt: row.interpreted_at,
    contentType: row.content_type,
    remoteIp: row.remote_ip,
    headers: row.headers,
    sizeBytes: row.raw_body.length,
    sha256: row.raw_sha256.toString('hex'),
    fields: [...fields].map(([name, value]) => ({ name, value: redact(value.slice(0, shownCharacters)) })),
  }
}
