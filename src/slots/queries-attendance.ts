import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'

export interface AttendanceInput {
  slotId: string
  state: string
  countries: readonly string[]
  /** Left out: nothing is said of it. */
  spoke: boolean | undefined
  at: string
  by: string
}

/** R31: two delegates of one mission are one; the first one was seen first, and who spoke once has spoken. */
export const recordPresence = (tx: Tx, { slotId, state, countries, spoke, at, by }: AttendanceInput) =>
  tx
    .insertInto('slot_attendance')
    .values(
      countries.map((iso3) => ({
        slot_id: slotId,
        iso3,
        state,
        present_at: at,
        spoke: spoke ?? false,
        recorded_at: at,
        recorded_by: by,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['slot_id', 'iso3', 'state']).doUpdateSet((excluded) => ({
        ...(spoke === undefined ? {} : { spoke }),
        recorded_at: excluded.ref('excluded.recorded_at'),
        recorded_by: excluded.ref('excluded.recorded_by'),
      })),
    )
    .returning(['state', 'iso3', 'present_at', 'spoke'])
    .execute()

export const deletePresence = async (tx: Tx, slotId: string, state: string): Promise<number> =>
  (
    await tx
      .deleteFrom('slot_attendance')
      .where('slot_id', '=', slotId)
      .where('state', '=', state)
      .returning('iso3')
      .execute()
  ).length

export type AttendanceRow = Awaited<ReturnType<typeof recordPresence>>[number]

export function listAttendance(
  db: Db,
  slotId: string,
  {
    state,
    after,
    limit,
  }: { state: string | undefined; after: { value: string | number; id: string } | undefined; limit: number },
): Promise<AttendanceRow[]> {
  let query = db
    .selectFrom('slot_attendance')
    .select(['state', 'iso3', 'present_at', 'spoke'])
    .where('slot_id', '=', slotId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (after !== undefined) query = query.where(sql<boolean>`(state, iso3) > (${after.value}, ${after.id})`)
  return query
    .orderBy('state')
    .orderBy('iso3')
    .limit(limit + 1)
    .execute()
}

export interface AttendanceReport {
  iso3: string
  states: { state: string; spoke: boolean }[]
}

/** Per country of the round: which missions were present at any of its slots, and which took the floor at any. */
export const reportAttendance = async (db: Db, preSession: number): Promise<AttendanceReport[]> =>
  (
    await sql<AttendanceReport>`
      select c.iso3, coalesce(json_agg(json_build_object('state', p.state, 'spoke', p.spoke) order by p.state) filter (where p.state is not null), '[]') as states
      from country_under_review c left join (
        select t.iso3, t.state, bool_or(t.spoke) as spoke from slot_attendance t join slot s on s.id = t.slot_id
        where s.pre_session = ${preSession}::int group by t.iso3, t.state) p on p.iso3 = c.iso3
      where c.pre_session = ${preSession}::int group by c.iso3, c.position order by c.position, c.iso3`.execute(db)
  ).rows
