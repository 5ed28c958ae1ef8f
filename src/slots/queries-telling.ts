import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

export interface Concerned {
  email: string
  time_zone: string | null
  slot_ids: string[]
}

/** Whom changes of these slots concern, each person once: speakers, those who wait, moderators, and for published slots every registered delegate whose access stands. */
export async function listConcerned(
  db: Db,
  preSession: number,
  now: string,
  slotIds: readonly string[],
): Promise<Concerned[]> {
  if (slotIds.length === 0) return []
  const { rows } = await sql<Concerned>`
    with changed as (select id, published_at from slot where id = any (${[...slotIds]}::uuid[])),
    people as (
      select lower(trim(coalesce(a.body #>> '{speaker,email}', a.emails[1]))) as email,
        coalesce(v.time_zone, a.body #>> '{speaker,timeZone}') as time_zone, c.id
      from changed c
      join (select slot_id, application_id from slot_speaker union select slot_id, application_id from slot_waiting) s on s.slot_id = c.id
      join application a on a.id = s.application_id and a.status = 'submitted' and a.decision = 'selected'
      join country_under_review r on r.pre_session = a.pre_session and r.iso3 = a.country and r.release_at <= ${now}::timestamptz
      left join speaker_availability v on v.application_id = a.id
      union all
      select m.email, null, c.id from changed c join slot_moderator m on m.slot_id = c.id
      union all
      select r.email, null, c.id from changed c, mission_registration r
      where c.published_at is not null and r.pre_session = ${preSession}::int and r.cancelled_at is null
        and exists (select from mission_delegate d where d.email = r.email and d.state = r.state and d.revoked_at is null))
    select email, max(time_zone) as time_zone, array_agg(distinct id) as slot_ids from people where email is not null group by email order by email`.execute(
    db,
  )
  return rows
}
