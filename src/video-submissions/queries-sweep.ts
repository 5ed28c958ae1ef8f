import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

/**
 * Which of these keys belong to no row. Pieces are their upload's while it is not received; a whole file is its version's, or its upload's; what is
 * made of a version is named by it, or may still be by a job that the queue has.
 */
export async function findUnnamed(db: Db, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<{ key: string }>`
    select k.key from (select key, split_part(key, '.', 1) as base from unnest(${[...keys]}::text[]) as key) k
    where not exists (select from video_upload u where u.storage_key = k.base and u.state in ('open', 'complete'))
    and not exists (select from video_version v
      where k.key in (v.stored_key, v.delivered_key, v.poster_key, v.rendition_key))
    and not exists (select from graphile_worker._private_jobs j where 'videos/' || (j.payload ->> 'versionId') = k.base)
    and not exists (select from file_removal r where r.key = k.key)`.execute(db)
  return rows.map(({ key }) => key)
}

/** Bytes that no row names any more; removed by the tick that removes those of deleted rows. */
export const requestRemoval = (db: Db, keys: readonly string[]) =>
  sql`insert into file_removal (key) select unnest(${[...keys]}::text[])
    on conflict (key) do update set taken_at = null`.execute(db)
