import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { enqueue } from '../jobs/queue.ts'
import { type DeliveryDetailRow, findDelivery, findDeliveryDetail, insertDelivery } from './queries-deliveries.ts'

/** A new delivery with the same body, read like any other; it says nothing new about when the submission arrived. */
export async function replayDelivery(deps: Deps, id: string, now: string): Promise<DeliveryDetailRow> {
  const original = await findDelivery(deps, deps.db, id)
  if (original === undefined) throw new AppError('delivery_not_found')
  const replayId = await deps.db.transaction().execute(async (tx) => {
    const deliveryId = await insertDelivery(deps, tx, {
      receivedAt: now,
      source: 'replay',
      format: original.format,
      contentType: original.content_type ?? undefined,
      rawBody: original.raw_body,
      rawSha256: original.raw_sha256,
      replayOf: original.replay_of ?? original.id,
      ...(original.form_id === null ? {} : { formId: original.form_id }),
      ...(original.submission_id === null ? {} : { submissionId: original.submission_id }),
    })
    await enqueue(tx, 'jotform-interpret', { deliveryId })
    return deliveryId
  })
  return (await findDeliveryDetail(deps, deps.db, replayId)) as DeliveryDetailRow
}
