import { type Insertable, sql } from 'kysely'
import { compileOnce } from '../db/compile-once.ts'
import type { Db, Tx } from '../db/database.ts'
import type { Connection, SlotSpeakerTable } from '../db/tables-slots.ts'
import type { ApplicationBody } from '../domain/application.ts'

/** Who sits in these slots, with the address that makes one person of two applications. */
export async function listSeatedSpeakers(db: Db, slotIds: readonly string[]) {
  const { rows } = await sql<{ slot_id: string; application_id: string; email: string | null }>`
    select s.slot_id, s.application_id, a.body #>> '{speaker,email}' as email from slot_speaker s join application a on a.id = s.application_id
    where s.slot_id = any (${[...slotIds]}::uuid[]) and s.seated order by s.slot_id, s.application_id`.execute(db)
  return rows
}

/** Who sits in a slot that is not over, with the key that guards the time; null: none does. */
export async function listGuardedSeats(db: Db) {
  const { rows } = await sql<{
    slot_id: string
    application_id: string
    email: string | null
    resource: string | null
  }>`
    select s.slot_id, s.application_id, a.body #>> '{speaker,email}' as email, o.resource from slot_speaker s
    join slot on slot.id = s.slot_id and slot.status in ('planned', 'open', 'live') join application a on a.id = s.application_id
    left join slot_occupancy o on o.slot_id = s.slot_id and o.application_id = s.application_id where s.seated`.execute(
    db,
  )
  return rows
}

const speakerColumns = [
  'application.id as application_id',
  'application.pre_session',
  'application.country',
  'application.status',
  'application.told_status',
  'application.decision',
  'application.answer',
  'application.emails',
  sql<string | null>`application.body #>> '{speaker,email}'`.as('email'),
  sql<string | null>`coalesce(availability.time_zone, application.body #>> '{speaker,timeZone}')`.as('time_zone'),
  sql<{ startsAt: string; endsAt: string }[] | null>`availability.windows`.as('windows'),
  'country.release_at',
  'country.status as countryStatus',
] as const

const speakers = (db: Db) =>
  db
    .selectFrom('application')
    .leftJoin('country_under_review as country', (join) =>
      join
        .onRef('country.pre_session', '=', 'application.pre_session')
        .onRef('country.iso3', '=', 'application.country'),
    )
    .leftJoin('speaker_availability as availability', 'availability.application_id', 'application.id')
    .select(speakerColumns)

/** Keeps applications as they are while seats are given to them, in the order of their ids; their own slots are locked before. */
export const shareApplications = (tx: Tx, ids: readonly string[]) =>
  tx
    .selectFrom('application')
    .select('id')
    .where(sql<boolean>`id = any (${[...ids]}::uuid[])`)
    .orderBy('id')
    .forShare()
    .execute()

/** A speaker together with those who wait in the slot, whose turn it is: in one order, since others hold several applications too. */
export const shareWithLine = (tx: Tx, slotId: string, applicationId: string) =>
  tx
    .selectFrom('application')
    .select('id')
    .where(
      sql<boolean>`id = any (array(select ${applicationId}::uuid union select w.application_id from slot_waiting w where w.slot_id = ${slotId}::uuid))`,
    )
    .orderBy('id')
    .forShare()
    .execute()

export const findSpeakers = (db: Db, ids: readonly string[]) =>
  speakers(db)
    .where(sql<boolean>`application.id = any (${[...ids]}::uuid[])`)
    .execute()

export type SpeakerFacts = Awaited<ReturnType<typeof findSpeakers>>[number]

const speakerStatement = compileOnce((db: Db, id: string) => speakers(db).where('application.id', '=', id))

export const findSpeaker = async (db: Db, id: string): Promise<SpeakerFacts | undefined> =>
  (await speakerStatement(db, id))[0]

/** Seats that are taken, and whether this speaker has one of them. */
export async function countSeats(
  db: Db,
  slotId: string,
  applicationId?: string,
): Promise<{ taken: number; sits: boolean }> {
  const { rows } = await sql<{ taken: number; sits: boolean }>`
    select count(*)::int as taken, coalesce(bool_or(application_id = ${applicationId ?? null}::uuid), false) as sits
    from slot_speaker where slot_id = ${slotId}::uuid and seated`.execute(db)
  return rows[0] ?? { taken: 0, sits: false }
}

/** What a glance without a lock tells of a seat: enough to refuse at once, never enough to give it. */
export async function glance(db: Db, slotId: string, applicationId: string, resource: string) {
  const { rows } = await sql<{
    taken: number
    is_seated: boolean
    busy_slot: string | null
    busy_application: string
    busy_from: string
    busy_until: string
  }>`
    select (select count(*)::int from slot_speaker s where s.slot_id = slot.id and s.seated) as taken,
      exists (select from slot_speaker s where s.slot_id = slot.id and s.application_id = ${applicationId}::uuid and s.seated) as is_seated,
      busy.slot_id as busy_slot, busy.application_id as busy_application, lower(busy.during) as busy_from, upper(busy.during) as busy_until
    from slot left join lateral (select o.slot_id, o.application_id, o.during from slot_occupancy o where o.kind = 'speaker' and o.resource = ${resource}
      and o.during && tstzrange(slot.starts_at, slot.ends_at) and o.slot_id <> slot.id limit 1) busy on true
    where slot.id = ${slotId}::uuid`.execute(db)
  return rows[0]
}

/** Nothing back where the speaker has a seat already; one who could not connect gets one again. */
export const seatSpeaker = (tx: Tx, row: Insertable<SlotSpeakerTable>) =>
  tx
    .insertInto('slot_speaker')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['slot_id', 'application_id'])
        .doUpdateSet({ seated: true, connection: 'expected', connection_note: null, connection_at: null })
        .where('slot_speaker.seated', '=', false),
    )
    .returning('application_id')
    .executeTakeFirst()

export const findSlotSpeaker = (db: Db, slotId: string, applicationId: string) =>
  db
    .selectFrom('slot_speaker')
    .selectAll()
    .where('slot_id', '=', slotId)
    .where('application_id', '=', applicationId)
    .executeTakeFirst()

export const deleteSpeaker = (tx: Tx, slotId: string, applicationId: string) =>
  tx
    .deleteFrom('slot_speaker')
    .where('slot_id', '=', slotId)
    .where('application_id', '=', applicationId)
    .returning('seated')
    .executeTakeFirst()

export const markConnection = (
  tx: Tx,
  { slotId, applicationId }: { slotId: string; applicationId: string },
  { connection, note, at, seated }: { connection: Connection; note: string | null; at: string; seated: boolean },
) =>
  tx
    .updateTable('slot_speaker')
    .set({ connection, connection_note: note, connection_at: at, seated })
    .where('slot_id', '=', slotId)
    .where('application_id', '=', applicationId)
    .execute()

/** In the order of coming. */
export const listWaiting = (db: Db, slotId: string) =>
  db
    .selectFrom('slot_waiting')
    .select(['number', 'application_id', 'joined_at'])
    .where('slot_id', '=', slotId)
    .orderBy('number')
    .execute()

export type WaitingRow = Awaited<ReturnType<typeof listWaiting>>[number]

/** Nothing back where the speaker waits already. */
export const joinWaiting = (
  tx: Tx,
  row: { slot_id: string; application_id: string; joined_at: string; joined_by: string },
) =>
  tx
    .insertInto('slot_waiting')
    .values(row)
    .onConflict((conflict) => conflict.columns(['slot_id', 'application_id']).doNothing())
    .returning('number')
    .executeTakeFirst()

export const leaveWaiting = (tx: Tx, slotId: string, applicationId: string) =>
  tx
    .deleteFrom('slot_waiting')
    .where('slot_id', '=', slotId)
    .where('application_id', '=', applicationId)
    .returning('number')
    .executeTakeFirst()

/** Who waits in any of these slots. */
export const listWaitingIn = async (db: Db, slotIds: readonly string[]): Promise<string[]> =>
  (
    await sql<{ id: string }>`select distinct application_id as id from slot_waiting
      where slot_id = any (${[...slotIds]}::uuid[]) order by 1`.execute(db)
  ).rows.map(({ id }) => id)

/** Slots that are not over in which one of these sits or waits. */
export const listSlotsOf = async (
  db: Db,
  applicationIds: readonly string[],
): Promise<{ id: string; pre_session: number }[]> =>
  (
    await sql<{ id: string; pre_session: number }>`
      select slot.id, slot.pre_session from slot where slot.status <> 'ended' and (
        exists (select from slot_speaker s where s.slot_id = slot.id and s.application_id = any (${[...applicationIds]}::uuid[]))
        or exists (select from slot_waiting w where w.slot_id = slot.id and w.application_id = any (${[...applicationIds]}::uuid[]))) order by slot.id`.execute(
      db,
    )
  ).rows

/** Is one a speaker still, for a country that the slot is about and that is in the round? */
const isSpeaker = sql<boolean>`(a.status = 'submitted' and a.decision = 'selected' and a.answer <> 'declined'
  and exists (select from slot_country sc join country_under_review c on c.pre_session = sc.pre_session and c.iso3 = sc.iso3
    where sc.slot_id = slot.id and sc.iso3 = a.country and c.status <> 'withdrawn'))`

/** Those who sit or wait though they are speakers no more, and slots with a free seat for which somebody waits: what a missed job left. */
export async function listLeftBehind(db: Db, limit: number) {
  const stale = await sql<{ application_id: string }>`
    select distinct c.application_id from (select slot_id, application_id from slot_speaker union all select slot_id, application_id from slot_waiting) c
    join slot on slot.id = c.slot_id and slot.status <> 'ended'
    join pre_session r on r.number = slot.pre_session and r.status not in ('closed', 'archived') join application a on a.id = c.application_id
    where not ${isSpeaker} order by 1 limit ${limit}`.execute(db)
  const free = await sql<{ id: string }>`
    select slot.id from slot where slot.status in ('planned', 'open', 'live')
      and exists (select from slot_waiting w where w.slot_id = slot.id)
      and (slot.capacity is null or slot.capacity > (select count(*) from slot_speaker s where s.slot_id = slot.id and s.seated))
    order by 1 limit ${limit}`.execute(db)
  return { applications: stale.rows.map((row) => row.application_id), slots: free.rows.map((row) => row.id) }
}

export interface SlotSpeakerRow {
  slot_id: string
  application_id: string
  seated: boolean
  connection: Connection
  connection_note: string | null
  booked_at: string
  /** The application, as the views of applications read it. */
  id: string
  pre_session: number
  country: string | null
  status: 'draft' | 'submitted' | 'withdrawn' | 'prevented'
  decision: string
  emails: string[]
  consents: string[]
  body: ApplicationBody
  at_risk: boolean
  release_at: string | null
  time_zone: string | null
  windows: { startsAt: string; endsAt: string }[] | null
}

interface SpeakerList {
  slotId: string
  /** What of the speakers this caller may see: `all`, the own one, and what others see, by the conditions of visibilityOf. */
  condition: ReturnType<typeof sql<boolean>>
  after: string | undefined
  limit: number
}

/** In the order of the applications' ids, which tells nothing of who was booked first. */
export const listSlotSpeakers = (
  db: Db,
  { slotId, condition, after, limit }: SpeakerList,
): Promise<SlotSpeakerRow[]> => {
  let query = db
    .selectFrom('slot_speaker as s')
    .innerJoin('application as a', 'a.id', 's.application_id')
    .leftJoin('speaker_availability as v', 'v.application_id', 'a.id')
    .leftJoin('country_under_review as c', (join) =>
      join.onRef('c.pre_session', '=', 'a.pre_session').onRef('c.iso3', '=', 'a.country'),
    )
    .select([
      's.slot_id',
      's.application_id',
      's.seated',
      's.connection',
      's.connection_note',
      's.booked_at',
      'a.id',
      'a.pre_session',
      'a.country',
      'a.status',
      'a.decision',
      'a.emails',
      'a.consents',
      'a.body',
      'a.at_risk',
      'c.release_at',
      sql<string | null>`coalesce(v.time_zone, a.body #>> '{speaker,timeZone}')`.as('time_zone'),
      sql<SlotSpeakerRow['windows']>`v.windows`.as('windows'),
    ])
    .where('s.slot_id', '=', slotId)
    .where(condition)
  if (after !== undefined) query = query.where('s.application_id', '>', after)
  return query
    .orderBy('s.application_id')
    .limit(limit + 1)
    .execute()
}
