import { type Insertable, sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { ProgrammeTable, ProgrammeVersionTable } from '../db/tables-programme.ts'
import type { Span } from '../domain/programme.ts'

export interface SpeakerRow {
  id: string
  country: string
  email: string | null
  /** As the speaker said it last, with the times or in the application. */
  time_zone: string | null
  windows: Span[] | null
  /** R24: an accepted video or a written statement is there. */
  has_statement: boolean
}

/** Who speaks in the round: selected, and not declined, in the order of the countries and of coming. */
export async function listSpeakers(db: Db, preSession: number): Promise<SpeakerRow[]> {
  const { rows } = await sql<SpeakerRow>`
    select a.id, a.country, a.body #>> '{speaker,email}' as email, coalesce(v.time_zone, a.body #>> '{speaker,timeZone}') as time_zone, v.windows,
      exists (select from video_submission s where s.application_id = a.id and s.status in ('accepted', 'screened'))
        or exists (select from document d where d.application_id = a.id and d.kind = 'statement') as has_statement
    from application a join country_under_review c on c.pre_session = a.pre_session and c.iso3 = a.country
    left join speaker_availability v on v.application_id = a.id
    where a.pre_session = ${preSession} and a.status = 'submitted' and a.decision = 'selected' and a.answer <> 'declined' and c.status <> 'withdrawn'
    order by c.position, a.country, a.id`.execute(db)
  return rows
}

export interface SeatRow {
  slot_id: string
  application_id: string
}

/** Who sits in the slots of the round. */
export const listSeats = (db: Db, preSession: number): Promise<SeatRow[]> =>
  db
    .selectFrom('slot_speaker')
    .innerJoin('slot', 'slot.id', 'slot_speaker.slot_id')
    .select(['slot_speaker.slot_id', 'slot_speaker.application_id'])
    .where('slot.pre_session', '=', preSession)
    .where('slot_speaker.seated', '=', true)
    .orderBy('slot_speaker.slot_id')
    .orderBy('slot_speaker.application_id')
    .execute()

export const findFrame = async (db: Db, preSession: number) =>
  (await db.selectFrom('programme').select('frame').where('pre_session', '=', preSession).executeTakeFirst())?.frame

export const putFrame = (tx: Tx, row: Insertable<ProgrammeTable>) =>
  tx
    .insertInto('programme')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('pre_session').doUpdateSet((excluded) => ({
        frame: excluded.ref('excluded.frame'),
        updated_at: excluded.ref('excluded.updated_at'),
        updated_by: excluded.ref('excluded.updated_by'),
      })),
    )
    .execute()

const versionColumns = ['number', 'note', 'slots', 'changes', 'published_at', 'published_by'] as const

export const findLastVersion = (db: Db, preSession: number) =>
  db
    .selectFrom('programme_version')
    .select(versionColumns)
    .where('pre_session', '=', preSession)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()

export type VersionRow = NonNullable<Awaited<ReturnType<typeof findLastVersion>>>

export const findVersion = (db: Db, preSession: number, number: number) =>
  db
    .selectFrom('programme_version')
    .select(versionColumns)
    .where('pre_session', '=', preSession)
    .where('number', '=', number)
    .executeTakeFirst()

/** The newest first. */
export function listVersions(
  db: Db,
  preSession: number,
  { before, limit }: { before: number | undefined; limit: number },
) {
  let query = db.selectFrom('programme_version').select(versionColumns).where('pre_session', '=', preSession)
  if (before !== undefined) query = query.where('number', '<', before)
  return query
    .orderBy('number', 'desc')
    .limit(limit + 1)
    .execute()
}

export const insertVersion = (tx: Tx, row: Insertable<ProgrammeVersionTable>) =>
  tx.insertInto('programme_version').values(row).returning(versionColumns).executeTakeFirstOrThrow()

/** From now on everybody may know of them. Called off before anybody knew: never. */
export const publishSlots = (tx: Tx, preSession: number, now: string) =>
  tx
    .updateTable('slot')
    .set({ published_at: now })
    .where('pre_session', '=', preSession)
    .where('published_at', 'is', null)
    .where('status', '<>', 'cancelled')
    .execute()

/** What a calendar tells of the round beside its slots. */
export const findRoundForCalendar = (db: Db, number: number) =>
  db
    .selectFrom('pre_session')
    .select(['title', 'status', 'time_zone', 'revision', 'updated_at'])
    .where('number', '=', number)
    .executeTakeFirstOrThrow()

/** The countries that meet or may still meet, in the order of the round. */
export const listPlannedCountries = async (db: Db, preSession: number): Promise<string[]> =>
  (
    await db
      .selectFrom('country_under_review')
      .select('iso3')
      .where('pre_session', '=', preSession)
      .where('status', 'in', ['candidate', 'held'])
      .orderBy('position')
      .orderBy('iso3')
      .execute()
  ).map(({ iso3 }) => iso3)

/** Whoever lost a seat offers it no more. */
export const withdrawSwaps = (
  tx: Tx,
  { slotId, applicationId, now }: { slotId: string; applicationId: string; now: string },
) =>
  tx
    .updateTable('slot_swap')
    .set({ status: 'withdrawn', settled_at: now })
    .where('slot_id', '=', slotId)
    .where('application_id', '=', applicationId)
    .where('status', '=', 'offered')
    .execute()
