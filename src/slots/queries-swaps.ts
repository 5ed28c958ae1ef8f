import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'

const columns = [
  'id',
  'pre_session',
  'slot_id',
  'application_id',
  'wanted_slot_id',
  'taken_by',
  'status',
  'offered_at',
  'settled_at',
] as const

interface NewSwap {
  pre_session: number
  slot_id: string
  application_id: string
  wanted_slot_id: string
  offered_at: string
}

/** An offer that stands already is the same offer. */
export const putSwap = (tx: Tx, row: NewSwap) =>
  tx
    .insertInto('slot_swap')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['slot_id', 'application_id', 'wanted_slot_id'])
        // A literal: PostgreSQL finds the partial index by it, which it cannot by a parameter.
        .where(sql<boolean>`status = 'offered'`)
        .doUpdateSet((excluded) => ({ wanted_slot_id: excluded.ref('excluded.wanted_slot_id') })),
    )
    .returning([...columns, sql<boolean>`(xmax = 0)`.as('is_new')])
    .executeTakeFirstOrThrow()

export type SwapRow = Omit<Awaited<ReturnType<typeof putSwap>>, 'is_new'>

export const findSwap = (db: Db, slotId: string, id: string): Promise<SwapRow | undefined> =>
  db.selectFrom('slot_swap').select(columns).where('id', '=', id).where('slot_id', '=', slotId).executeTakeFirst()

/** Offers of seats here, and offers for seats here; of a speaker's own ones, or standing ones for a slot in which it sits. */
export function listSwaps(
  db: Db,
  {
    slotId,
    ownApplications,
    after,
    limit,
  }: { slotId: string; ownApplications: string[] | undefined; after: string | undefined; limit: number },
): Promise<SwapRow[]> {
  let query = db
    .selectFrom('slot_swap')
    .select(columns)
    .where(sql<boolean>`(slot_id = ${slotId}::uuid or wanted_slot_id = ${slotId}::uuid)`)
  if (ownApplications !== undefined)
    query =
      query.where(sql<boolean>`(application_id = any (${ownApplications}::uuid[]) or taken_by = any (${ownApplications}::uuid[])
      or (status = 'offered' and wanted_slot_id = ${slotId}::uuid and exists (select from slot_speaker s join application a on a.id = s.application_id
        join slot_country c on c.slot_id = slot_swap.slot_id and c.iso3 = a.country
        where s.slot_id = ${slotId}::uuid and s.seated and s.application_id = any (${ownApplications}::uuid[]))))`)
  if (after !== undefined) query = query.where('id', '>', after)
  return query
    .orderBy('id')
    .limit(limit + 1)
    .execute()
}

export const settleSwap = (
  tx: Tx,
  id: string,
  change: { status: 'accepted' | 'withdrawn'; taken_by: string | null; settled_at: string },
) =>
  tx
    .updateTable('slot_swap')
    .set(change)
    .where('id', '=', id)
    .where('status', '=', 'offered')
    .returning('id')
    .executeTakeFirst()

/** Offers of seats that are somebody else's now. */
export const withdrawOffers = (tx: Tx, seats: readonly { slotId: string; applicationId: string }[], at: string) =>
  sql`update slot_swap set status = 'withdrawn', settled_at = ${at}::timestamptz where status = 'offered' and (slot_id, application_id) in (
    select r."slotId", r."applicationId" from json_to_recordset(${JSON.stringify(seats)}::json) as r ("slotId" uuid, "applicationId" uuid))`.execute(
    tx,
  )

/** The applications that name the address and sit in one of these slots. */
export const listOwnApplications = async (db: Db, email: string, preSession: number): Promise<string[]> =>
  (
    await db
      .selectFrom('application')
      .select('id')
      .where('pre_session', '=', preSession)
      .where(sql<boolean>`emails @> array[${email}]`)
      .execute()
  ).map(({ id }) => id)

/** Speakers of a slot for whom an offer may be something: those whose country the other slot is about. */
export const listPartners = async (db: Db, wantedSlotId: string, slotId: string): Promise<string[]> =>
  (
    await sql<{ application_id: string }>`
      select s.application_id from slot_speaker s join application a on a.id = s.application_id
      join slot_country c on c.slot_id = ${slotId}::uuid and c.iso3 = a.country
      where s.slot_id = ${wantedSlotId}::uuid and s.seated order by 1`.execute(db)
  ).rows.map((row) => row.application_id)
