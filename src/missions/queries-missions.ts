import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'

export interface MissionRow {
  iso3: string
  name: string
  kind: 'member' | 'observer'
  emails: string[]
  in_geneva: boolean | null
  note: string | null
  delegates: number
  updated_at: string | null
}

/** Begins at the States: one of which nothing was entered has a mission all the same (R28). */
const missions = (db: Db) =>
  db
    .selectFrom('state')
    .leftJoin('mission', 'mission.state', 'state.iso3')
    .select([
      'state.iso3',
      'state.kind',
      sql<string>`state.names ->> 'en'`.as('name'),
      sql<string[]>`coalesce(mission.emails, '{}')`.as('emails'),
      'mission.in_geneva',
      'mission.note',
      'mission.updated_at',
      sql<number>`(select count(*)::int from mission_delegate d where d.state = state.iso3 and d.revoked_at is null)`.as(
        'delegates',
      ),
    ])

export function listMissions(
  db: Db,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<MissionRow[]> {
  let query = missions(db)
  if (after !== undefined) query = query.where('state.iso3', '>', after)
  return query
    .orderBy('state.iso3')
    .limit(limit + 1)
    .execute()
}

export const findMission = (db: Db, state: string): Promise<MissionRow | undefined> =>
  missions(db).where('state.iso3', '=', state).executeTakeFirst()

/** The State's row is there from the start: whoever changes its mission holds it. */
export const lockState = (tx: Tx, state: string) =>
  tx.selectFrom('state').select('iso3').where('iso3', '=', state).forNoKeyUpdate().executeTakeFirst()

interface MissionChange {
  state: string
  emails: string[]
  in_geneva: boolean | null
  note: string | null
  updated_at: string
  updated_by: string
}

export const putMission = (tx: Tx, row: MissionChange) =>
  tx
    .insertInto('mission')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('state').doUpdateSet({
        emails: row.emails,
        in_geneva: row.in_geneva,
        note: row.note,
        updated_at: row.updated_at,
        updated_by: row.updated_by,
      }),
    )
    .execute()
