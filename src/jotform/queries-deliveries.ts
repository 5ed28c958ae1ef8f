import { type Selectable, sql } from 'kysely'
import type pg from 'pg'
import type { Db } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { DeliveryFormat, DeliverySource, JotformDeliveryTable } from '../db/tables-jotform.ts'
import type { Deps } from '../deps.ts'
import { openBody, sealBody } from './raw-body.ts'

export type DeliveryRow = Selectable<JotformDeliveryTable>

type Sealing = Pick<Deps, 'keys'>

export interface NewDelivery {
  receivedAt: string
  source: DeliverySource
  format: DeliveryFormat
  remoteIp?: string | undefined
  headers?: Record<string, string>
  contentType?: string | undefined
  rawBody: Buffer
  rawSha256: Buffer
  formId?: string
  submissionId?: string
  interpretedAt?: string
  replayOf?: string
}

/** The row and its job in one statement: the 200 that follows promises both. No job key, which would make deliveries wait for each other. */
const durable = {
  name: 'jotform-delivery-insert',
  text: `with d as (
      insert into jotform_delivery (received_at, source, format, remote_ip, headers, content_type, raw_body, raw_sha256)
      values ($1, 'webhook', 'webhook', $2, $3, $4, $5, $6) returning id)
    select (graphile_worker.add_job('jotform-interpret', json_build_object('deliveryId', d.id))).id from d`,
}

export async function insertDurably({ keys }: Sealing, pool: pg.Pool, delivery: NewDelivery): Promise<void> {
  const { receivedAt, remoteIp, headers = {}, contentType, rawBody, rawSha256 } = delivery
  const sealed = sealBody(keys, rawBody, rawSha256)
  await pool.query({
    ...durable,
    values: [receivedAt, remoteIp ?? null, JSON.stringify(headers), contentType ?? null, sealed, rawSha256],
  })
}

export async function insertDelivery({ keys }: Sealing, tx: Db, delivery: NewDelivery): Promise<string> {
  const row = await tx
    .insertInto('jotform_delivery')
    .values({
      received_at: delivery.receivedAt,
      source: delivery.source,
      format: delivery.format,
      remote_ip: delivery.remoteIp ?? null,
      headers: JSON.stringify(delivery.headers ?? {}),
      content_type: delivery.contentType ?? null,
      raw_body: sealBody(keys, delivery.rawBody, delivery.rawSha256),
      raw_sha256: delivery.rawSha256,
      form_id: delivery.formId ?? null,
      submission_id: delivery.submissionId ?? null,
      parse_error: null,
      interpreted_at: delivery.interpretedAt ?? null,
      replay_of: delivery.replayOf ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

/** With the body as it was sent. */
export const findDelivery = async ({ keys }: Sealing, db: Db, id: string): Promise<DeliveryRow | undefined> => {
  const row = await db.selectFrom('jotform_delivery').selectAll().where('id', '=', id).executeTakeFirst()
  return row && { ...row, raw_body: openBody(keys, row) }
}

/** Answers whether it is still there: it may have been erased since it was read. */
export const markInterpreted = async (
  tx: Db,
  id: string,
  read: { formId?: string | undefined; submissionId?: string | undefined; parseError?: string | undefined; at: string },
): Promise<boolean> => {
  const { numUpdatedRows } = await tx
    .updateTable('jotform_delivery')
    .set({
      form_id: read.formId ?? null,
      submission_id: read.submissionId ?? null,
      parse_error: read.parseError ?? null,
      interpreted_at: read.at,
    })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** What Jotform itself posted for a submission, earliest first and equal bodies once; replays say nothing new. Without the bodies: each may have 25 MiB. */
export async function listWebhookDeliveries(db: Db, formId: string, submissionId: string) {
  const { rows } = await sql<Pick<DeliveryRow, 'id' | 'received_at' | 'content_type'>>`
    select id, received_at, content_type from (
      select distinct on (raw_sha256) id, received_at, content_type from jotform_delivery
      where form_id = ${formId} and submission_id = ${submissionId} and format = 'webhook' and source = 'webhook'
      order by raw_sha256, received_at, id) d
    order by received_at, id limit 20`.execute(db)
  return rows
}

export const findRawBody = async ({ keys }: Sealing, db: Db, id: string): Promise<Buffer> =>
  openBody(
    keys,
    await db
      .selectFrom('jotform_delivery')
      .select(['raw_body', 'raw_sha256'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow(),
  )

/** When a delivery came from Jotform; a replay came when its original did, and says nothing where that was no webhook. */
export async function findArrival(
  db: Db,
  row: Pick<DeliveryRow, 'source' | 'received_at' | 'replay_of'>,
): Promise<{ at: string; unreadId?: string } | undefined> {
  if (row.source === 'webhook') return { at: row.received_at }
  if (row.replay_of === null) return undefined
  const original = await db
    .selectFrom('jotform_delivery')
    .select(['id', 'received_at', 'interpreted_at'])
    .where('id', '=', row.replay_of)
    .where('source', '=', 'webhook')
    .executeTakeFirst()
  if (original === undefined) return undefined
  return { at: original.received_at, ...(original.interpreted_at === null && { unreadId: original.id }) }
}

/** What came of a submission that was erased goes, with every replay of it. */
export async function deleteDelivery(tx: Db, id: string): Promise<void> {
  await tx
    .deleteFrom('jotform_delivery')
    .where((on) => on.or([on('id', '=', id), on('replay_of', '=', id)]))
    .execute()
}

const listColumns = [
  'd.id',
  'd.received_at',
  'd.source',
  'd.form_id',
  'd.submission_id',
  'd.parse_error',
  'd.interpreted_at',
  'd.replay_of',
] as const

export type DeliveryListRow = Pick<
  DeliveryRow,
  'id' | 'received_at' | 'source' | 'form_id' | 'submission_id' | 'parse_error' | 'interpreted_at' | 'replay_of'
> & { submission_state: string | null }

export interface DeliveryFilters {
  formId?: string | undefined
  submissionId?: string | undefined
  source?: string | undefined
}

const withState = (db: Db) =>
  db
    .selectFrom('jotform_delivery as d')
    .leftJoin('jotform_submission as s', (join) =>
      join.onRef('s.form_id', '=', 'd.form_id').onRef('s.submission_id', '=', 'd.submission_id'),
    )
    .select('s.state as submission_state')

/** Newest first; without the bodies. */
export function listDeliveries(
  db: Db,
  { filters, after, limit }: { filters: DeliveryFilters; after: Cursor | undefined; limit: number },
): Promise<DeliveryListRow[]> {
  let query = withState(db).select(listColumns)
  if (filters.formId !== undefined) query = query.where('d.form_id', '=', filters.formId)
  if (filters.submissionId !== undefined) query = query.where('d.submission_id', '=', filters.submissionId)
  if (filters.source !== undefined) query = query.where('d.source', '=', filters.source as DeliverySource)
  if (after !== undefined) {
    query = query.where(sql<boolean>`(d.received_at, d.id) < (${after.value}::timestamptz, ${after.id}::uuid)`)
  }
  return query
    .orderBy('d.received_at', 'desc')
    .orderBy('d.id', 'desc')
    .limit(limit + 1)
    .execute()
}

export type DeliveryDetailRow = DeliveryRow & { submission_state: string | null }

/** With the body as it was sent. */
export const findDeliveryDetail = async (
  { keys }: Sealing,
  db: Db,
  id: string,
): Promise<DeliveryDetailRow | undefined> => {
  const row = await withState(db).selectAll('d').where('d.id', '=', id).executeTakeFirst()
  return row && { ...row, raw_body: openBody(keys, row) }
}

/** Is the data key the one that what is kept was encrypted with? Where nothing is kept, any key will do. */
export async function opensWhatIsKept({ keys, db }: Pick<Deps, 'keys' | 'db'>): Promise<boolean> {
  const row = await db
    .selectFrom('jotform_delivery')
    .select(['raw_body', 'raw_sha256'])
    .orderBy('received_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return true
  try {
    openBody(keys, row)
    return true
  } catch {
    return false
  }
}
