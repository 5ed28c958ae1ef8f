import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import { compilePerShape } from '../db/compile-once.ts'
import type { Db, Tx } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { SlotKind, SlotModeratorTable, SlotTable } from '../db/tables-slots.ts'
import { isPublic } from '../pre-sessions/queries.ts'

export interface SlotRow extends Selectable<SlotTable> {
  countries: { iso3: string; releaseAt: string | null; status: string }[]
  moderators: { id: string; name: string; email: string }[]
  seats_taken: number
  waiting: number
  time_zone: string
  starts_on: string
  ends_on: string
  round_status: string
  /** The caller has a seat here, or belongs to a mission that is registered. */
  takes_part: boolean
}

/** Who asks, as far as a slot is concerned. */
export interface SlotReader {
  role: string
  isStaff: boolean
  email?: string | undefined
  state?: string | undefined
  slotId?: string | undefined
  preSessions?: readonly number[] | undefined
  countries?: readonly string[] | undefined
}

export interface SlotFilters {
  preSession?: number | undefined
  country?: string | undefined
  room?: string | undefined
  status?: string | undefined
  from?: string | undefined
  until?: string | undefined
}

const countries = sql<SlotRow['countries']>`(
  select coalesce(json_agg(json_build_object('iso3', sc.iso3, 'releaseAt', c.release_at, 'status', c.status) order by sc.position), '[]')
  from slot_country sc join country_under_review c on c.pre_session = sc.pre_session and c.iso3 = sc.iso3 where sc.slot_id = slot.id)`.as(
  'countries',
)

const moderators = sql<SlotRow['moderators']>`(
  select coalesce(json_agg(json_build_object('id', m.id, 'name', m.name, 'email', m.email) order by m.id), '[]')
  from slot_moderator m where m.slot_id = slot.id)`.as('moderators')

const seatsTaken = sql<number>`(select count(*)::int from slot_speaker s where s.slot_id = slot.id and s.seated)`.as(
  'seats_taken',
)
const waiting = sql<number>`(select count(*)::int from slot_waiting w where w.slot_id = slot.id)`.as('waiting')

/** A session for one country knows nothing of an application `a` for another. */
const isWithin = (countries: SlotReader['countries']) =>
  countries === undefined ? sql<boolean>`true` : sql<boolean>`a.country = any (${countries}::text[])`

/** Has the caller a seat, is it the moderator, is its mission registered and not that of a country here whose selection is not released? */
function takesPart({ role, email, state, slotId, countries }: SlotReader, now: string) {
  if (role === 'moderator') return sql<boolean>`slot.id = ${slotId ?? null}::uuid`
  if (role === 'applicant')
    return sql<boolean>`exists (select from slot_speaker s join application a on a.id = s.application_id
      join country_under_review c on c.pre_session = a.pre_session and c.iso3 = a.country
      where s.slot_id = slot.id and s.seated and a.status = 'submitted' and a.decision = 'selected' and a.emails @> array[${email ?? ''}]
        and ${isWithin(countries)} and c.release_at <= ${now}::timestamptz)`
  if (role === 'mission')
    return sql<boolean>`(exists (select from mission_registration r where r.pre_session = slot.pre_session and r.state = ${state ?? ''} and r.cancelled_at is null)
      and ${countries === undefined ? sql`true` : sql`exists (select from slot_country sc where sc.slot_id = slot.id and sc.iso3 = any (${countries}::text[]))`}
      and not exists (select from slot_country sc join country_under_review c on c.pre_session = sc.pre_session and c.iso3 = sc.iso3
        where sc.slot_id = slot.id and sc.iso3 = ${state ?? ''} and (c.release_at is null or c.release_at > ${now}::timestamptz)))`
  return sql<boolean>`false`
}

/** Published slots are everybody's; a moderator knows its own, a speaker those in which it sits, waits or may choose a seat. */
function isVisibleTo(reader: SlotReader, now: string) {
  if (reader.isStaff) {
    return reader.countries === undefined
      ? sql<boolean>`true`
      : sql<boolean>`not exists (select from slot_country sc where sc.slot_id = slot.id and sc.iso3 <> all (${reader.countries}::text[]))`
  }
  const published = sql<boolean>`(slot.published_at <= ${now}::timestamptz and ${isPublic})`
  if (reader.role === 'moderator') return sql<boolean>`(${published} or slot.id = ${reader.slotId ?? null}::uuid)`
  if (reader.role === 'applicant')
    return sql<boolean>`(${published} or exists (select from application a join country_under_review c on c.pre_session = a.pre_session and c.iso3 = a.country
      where a.pre_session = slot.pre_session and a.emails @> array[${reader.email ?? ''}] and coalesce(a.told_status, a.status) = 'submitted' and a.decision = 'selected'
        and ${isWithin(reader.countries)} and a.answer = 'confirmed' and c.release_at <= ${now}::timestamptz
        and exists (select from slot_country sc where sc.slot_id = slot.id and sc.iso3 = a.country)))`
  return published
}

function selectSlots(db: Db, kind: SlotKind | undefined, reader: SlotReader, now: string) {
  let query = db
    .selectFrom('slot')
    .innerJoin('pre_session', 'pre_session.number', 'slot.pre_session')
    .selectAll('slot')
    .select([
      'pre_session.time_zone',
      'pre_session.starts_on',
      'pre_session.ends_on',
      'pre_session.status as round_status',
      countries,
      moderators,
      seatsTaken,
      waiting,
      takesPart(reader, now).as('takes_part'),
    ])
    .where(isVisibleTo(reader, now))
  if (kind !== undefined) query = query.where('slot.kind', '=', kind)
  if (reader.preSessions !== undefined)
    query = query.where(sql<boolean>`slot.pre_session = any (${reader.preSessions}::int[])`)
  return query
}

/** A shape is all that the text of the statement hangs on: kind, role and which limits there are. */
const detailStatement = compilePerShape((shape) => {
  const [kind = '', role = '', isStaff, rounds, countries] = shape.split(' ')
  return (
    db: Db,
    now: string,
    id: string,
    email: string,
    state: string,
    slotId: string | null,
    ...limits: (readonly (number | string)[])[]
  ) => {
    const reader = {
      role,
      isStaff: isStaff === 'staff',
      email,
      state,
      slotId: slotId as string,
      preSessions: rounds === 'rounds' ? (limits[0] as readonly number[]) : undefined,
      countries: countries === 'countries' ? (limits[1] as readonly string[]) : undefined,
    }
    return selectSlots(db, kind === 'any' ? undefined : (kind as SlotKind), reader, now).where('slot.id', '=', id)
  }
})

/** Asked before and after every lock, so its text is made once. */
export async function findSlot(
  db: Db,
  kind: SlotKind | undefined,
  id: string,
  reader: SlotReader,
  now: string,
): Promise<SlotRow | undefined> {
  const { role, isStaff, email = '', state = '', slotId = null, preSessions, countries } = reader
  const limits = `${preSessions === undefined ? 'all' : 'rounds'} ${countries === undefined ? 'all' : 'countries'}`
  const statement = detailStatement(`${kind ?? 'any'} ${role} ${isStaff ? 'staff' : 'outside'} ${limits}`)
  const [row] = await statement(db, now, id, email, state, slotId, preSessions ?? [], countries ?? [])
  return row as SlotRow | undefined
}

/** Those of these slots that the reader may know of. */
export const listReadableIds = async (
  db: Db,
  ids: readonly string[],
  reader: SlotReader,
  now: string,
): Promise<string[]> =>
  ids.length === 0
    ? []
    : (
        await selectSlots(db, undefined, reader, now)
          .where(sql<boolean>`slot.id = any (${[...ids]}::uuid[])`)
          .execute()
      ).map(({ id }) => id)

/** Slots of the round, of both kinds, that begin at an instant or later. */
export const listSlotsAfter = (
  db: Db,
  preSession: number,
  from: string,
  reader: SlotReader,
  now: string,
): Promise<SlotRow[]> =>
  selectSlots(db, undefined, reader, now)
    .where('slot.pre_session', '=', preSession)
    .where('slot.starts_at', '>=', from)
    .orderBy('slot.starts_at')
    .orderBy('slot.id')
    .execute()

interface ListInput {
  filters: SlotFilters
  after: Cursor | undefined
  limit: number
}

/** In the order of time. */
export function listSlots(
  db: Db,
  kind: SlotKind | undefined,
  reader: SlotReader,
  now: string,
  { filters, after, limit }: ListInput,
): Promise<SlotRow[]> {
  let query = selectSlots(db, kind, reader, now)
  const { preSession, country, room, status, from, until } = filters
  if (preSession !== undefined) query = query.where('slot.pre_session', '=', preSession)
  if (country !== undefined)
    query = query.where(
      sql<boolean>`exists (select from slot_country f where f.slot_id = slot.id and f.iso3 = ${country})`,
    )
  if (room !== undefined) query = query.where(sql<boolean>`lower(slot.room) = ${room}`)
  if (status !== undefined) query = query.where('slot.status', '=', status as 'planned')
  if (from !== undefined) query = query.where('slot.ends_at', '>', from)
  if (until !== undefined) query = query.where('slot.starts_at', '<', until)
  if (after !== undefined)
    query = query.where(sql<boolean>`(slot.starts_at, slot.id) > (${after.value}::timestamptz, ${after.id}::uuid)`)
  return query
    .orderBy('slot.starts_at')
    .orderBy('slot.id')
    .limit(limit + 1)
    .execute()
}

/** In the order of their ids, so that two who lock several never wait for one another. */
export const lockSlots = (tx: Tx, ids: readonly string[]) =>
  tx
    .selectFrom('slot')
    .selectAll()
    .where(sql<boolean>`id = any (${[...ids]}::uuid[])`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()

/** Nobody changes or deletes the slot meanwhile. */
export const shareSlot = (tx: Tx, id: string) =>
  tx.selectFrom('slot').select('id').where('id', '=', id).forShare().executeTakeFirst()

export type LockedSlot = Awaited<ReturnType<typeof lockSlots>>[number]

/** Number space of the locks that keep moves of one round from crossing. */
const lockClass = 38_003

/**
 * Whatever takes several places, or frees one and takes another (new slots, moves, swaps, overruns, a seat that goes to who waits) is done one after the
 * other within a round: two that cross would each wait for what the other has or gives up. A plain booking takes one place and needs no turn.
 */
export const takeTurn = (tx: Tx, preSession: number) =>
  sql`select pg_advisory_xact_lock(${lockClass}::int, ${preSession}::int)`.execute(tx)

export const insertSlot = (tx: Tx, row: Insertable<SlotTable>) =>
  tx.insertInto('slot').values(row).returning('id').executeTakeFirstOrThrow()

export const updateSlot = (tx: Tx, id: string, change: Updateable<SlotTable>, isShown: boolean) =>
  tx
    .updateTable('slot')
    .set((set) => ({
      ...change,
      ...(isShown && { revision: set('revision', '+', 1), shown_at: change.updated_at }),
    }))
    .where('id', '=', id)
    .execute()

/** Nothing back where a speaker sits or waits in it, or a published programme has it. */
export const deleteSlot = (tx: Tx, id: string) =>
  tx
    .deleteFrom('slot')
    .where('id', '=', id)
    .where('published_at', 'is', null)
    .where(sql<boolean>`not exists (select from slot_speaker s where s.slot_id = slot.id)`)
    .where(sql<boolean>`not exists (select from slot_waiting w where w.slot_id = slot.id)`)
    .returning('id')
    .executeTakeFirst()

/** Those of these countries that are in the round and not withdrawn from it. */
export const listUsableCountries = async (tx: Db, preSession: number, codes: readonly string[]): Promise<string[]> =>
  (
    await tx
      .selectFrom('country_under_review')
      .select('iso3')
      .where('pre_session', '=', preSession)
      .where('status', '<>', 'withdrawn')
      .where(sql<boolean>`iso3 = any (${[...codes]}::text[])`)
      .execute()
  ).map(({ iso3 }) => iso3)

/** Those of these countries that somebody sits here for, or for which a mission was present. */
export async function listNeededCountries(tx: Tx, slotId: string, codes: readonly string[]): Promise<string[]> {
  if (codes.length === 0) return []
  const { rows } = await sql<{ iso3: string }>`
    select c.iso3 from unnest(${[...codes]}::text[]) as c (iso3) where
      exists (select from slot_speaker s join application a on a.id = s.application_id where s.slot_id = ${slotId}::uuid and a.country = c.iso3)
      or exists (select from slot_attendance t where t.slot_id = ${slotId}::uuid and t.iso3 = c.iso3) order by 1`.execute(
    tx,
  )
  return rows.map(({ iso3 }) => iso3)
}

/** A country that stays keeps its row, to which attendance refers. */
export async function replaceSlotCountries(
  tx: Tx,
  slot: { id: string; pre_session: number },
  codes: readonly string[],
): Promise<void> {
  await tx
    .deleteFrom('slot_country')
    .where('slot_id', '=', slot.id)
    .where(sql<boolean>`iso3 <> all (${[...codes]}::text[])`)
    .execute()
  await tx
    .insertInto('slot_country')
    .values(
      codes.map((iso3, index) => ({ slot_id: slot.id, pre_session: slot.pre_session, iso3, position: index + 1 })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['slot_id', 'iso3'])
        .doUpdateSet((excluded) => ({ position: excluded.ref('excluded.position') })),
    )
    .execute()
}

export const listModerators = (tx: Tx, slotId: string) =>
  tx.selectFrom('slot_moderator').select(['id', 'name', 'email']).where('slot_id', '=', slotId).orderBy('id').execute()

/** Who is appointed already keeps the appointment, with the name as it is given now. */
export const putModerator = async (tx: Tx, row: Insertable<SlotModeratorTable>): Promise<string> =>
  (
    await tx
      .insertInto('slot_moderator')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['slot_id', 'email']).doUpdateSet((excluded) => ({ name: excluded.ref('excluded.name') })),
      )
      .returning('id')
      .executeTakeFirstOrThrow()
  ).id

export const deleteModerator = (tx: Tx, id: string) => tx.deleteFrom('slot_moderator').where('id', '=', id).execute()
