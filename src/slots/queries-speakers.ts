import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

/** Who sits in these slots, with the address that makes one person of two applications. */
export async function listSeatedSpeakers(db: Db, slotIds: readonly string[]) {
  const { rows } = await sql<{ slot_id: string; application_id: string; email: string | null }>`
    select s.slot_id, s.application_id, a.body #>> '{speaker,email}' as email from slot_speaker s join application a on a.id = s.application_id
    where s.slot_id = any (${[...slotIds]}::uuid[]) and s.seated order by s.slot_id, s.application_id`.execute(db)
  return rows
}
