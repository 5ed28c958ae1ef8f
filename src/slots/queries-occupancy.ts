import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'

export interface Occupancy {
  slotId: string
  kind: 'room' | 'country' | 'speaker'
  resource: string
  applicationId?: string | undefined
  startsAt: string
  endsAt: string
}

export interface Conflict {
  kind: 'room' | 'country' | 'speaker' | 'seat'
  startsAt: string
  endsAt: string
  /** Of a country: which. */
  country?: string
  /** The slot that has the place. */
  slotId?: string
  /** Of a speaker: the application that sits there. */
  applicationId?: string
  /** The time that was asked for. */
  wanted?: { startsAt: string; endsAt: string }
}

/** The order in which places are taken: whoever waits for one holds none that a later one waits for. */
const columns = sql`r("slotId" uuid, kind text, resource text, "applicationId" uuid, "startsAt" timestamptz, "endsAt" timestamptz)`

/**
 * Takes places for slots, all or some: what is not free is left out and told. Always ON CONFLICT DO NOTHING, since a plain insert into an
 * exclusion constraint can stall for a minute in a race (docs/decisions/0012).
 */
export async function occupy(tx: Tx, places: readonly Occupancy[]): Promise<Conflict[]> {
  if (places.length === 0) return []
  const wanted = JSON.stringify(places)
  const { rows } = await sql<{ slot_id: string; kind: string; resource: string }>`
    insert into slot_occupancy (slot_id, kind, resource, application_id, during)
    select r."slotId", r.kind, r.resource, r."applicationId", tstzrange(r."startsAt", r."endsAt") from json_to_recordset(${wanted}::json) as ${columns}
    order by r.kind, r.resource, r."startsAt", r."slotId", r."applicationId"
    on conflict do nothing returning slot_id, kind, resource`.execute(tx)
  if (rows.length === places.length) return []
  const found = await listConflicts(tx, places)
  // Whoever had the place may have left it between the two statements: it was taken all the same when it was asked for.
  const [first] = places
  return found.length > 0 || first === undefined
    ? found
    : [{ kind: first.kind, startsAt: first.startsAt, endsAt: first.endsAt }]
}

/** Those of these resources that another slot has at the time that is asked for. */
export async function listTaken(db: Db, places: readonly Occupancy[]): Promise<string[]> {
  const { rows } = await sql<{ resource: string }>`
    select distinct r.resource from json_to_recordset(${JSON.stringify(places)}::json) as ${columns}
    join slot_occupancy o on o.kind = r.kind and o.resource = r.resource and o.during && tstzrange(r."startsAt", r."endsAt") and o.slot_id <> r."slotId"`.execute(
    db,
  )
  return rows.map(({ resource }) => resource)
}

/** What stands in the way of these places now. */
export async function listConflicts(db: Db, places: readonly Occupancy[]): Promise<Conflict[]> {
  const { rows } = await sql<{
    kind: 'room'
    country: string | null
    starts_at: string
    ends_at: string
    slot_id: string
    application_id: string | null
    wanted_from: string
    wanted_until: string
  }>`
    select distinct o.kind, case o.kind when 'country' then split_part(o.resource, ' ', 2) end as country, lower(o.during) as starts_at, upper(o.during) as ends_at, o.slot_id, o.application_id,
      r."startsAt" as wanted_from, r."endsAt" as wanted_until
    from json_to_recordset(${JSON.stringify(places)}::json) as ${columns}
    join slot_occupancy o on o.kind = r.kind and o.resource = r.resource and o.during && tstzrange(r."startsAt", r."endsAt") and o.slot_id <> r."slotId"
    order by o.kind, starts_at, o.slot_id limit 50`.execute(db)
  return rows.map((row) => ({
    kind: row.kind,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    ...(row.country !== null && { country: row.country }),
    slotId: row.slot_id,
    ...(row.application_id !== null && { applicationId: row.application_id }),
    wanted: { startsAt: row.wanted_from, endsAt: row.wanted_until },
  }))
}

/** Gives up what these slots take up; with a kind, only that. */
export const vacate = (tx: Tx, slotIds: readonly string[]) =>
  tx
    .deleteFrom('slot_occupancy')
    .where(sql<boolean>`slot_id = any (${[...slotIds]}::uuid[])`)
    .execute()

export const vacateSpeaker = (tx: Tx, slotId: string, applicationId: string) =>
  tx.deleteFrom('slot_occupancy').where('slot_id', '=', slotId).where('application_id', '=', applicationId).execute()

/** How many pairs of slots share a room, a country or a speaker at one time: none, ever. */
export async function countDoubleBookings(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from slot_occupancy a join slot_occupancy b
      on a.kind = b.kind and a.resource = b.resource and a.during && b.during and a.slot_id < b.slot_id`.execute(db)
  return rows[0]?.count ?? 0
}
