import { type Insertable, sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { DocumentTable } from '../db/schema.ts'

export const insertDocument = (db: Db, row: Insertable<DocumentTable>) =>
  db.insertInto('document').values(row).returningAll().executeTakeFirstOrThrow()

export const findDocument = (db: Db, applicationId: string, id: string) =>
  db
    .selectFrom('document')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('id', '=', id)
    .executeTakeFirst()

/** Locks of one file each live in their own number space. */
const lockClass = 38_003

/** Held by whoever makes a row that names the file, so that nobody removes it meanwhile. */
export const holdFile = (tx: Tx, sha256: string) =>
  sql`select pg_advisory_xact_lock_shared(${lockClass}::int, hashtext(${sha256}))`.execute(tx)

/** Held by whoever removes the file: waits for those who are about to name it. */
export const lockFile = (tx: Tx, sha256: string) =>
  sql`select pg_advisory_xact_lock(${lockClass}::int, hashtext(${sha256}))`.execute(tx)

/** The columns that name stored files are found by their name, so that a new table is never taken for none. */
async function listNamingColumns(db: Db): Promise<{ table: string; column: string }[]> {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as "table", column_name as "column" from information_schema.columns
    where table_schema = 'public' and data_type = 'text' and column_name ~ '(^|_)sha256$' and table_name <> 'erased_file'`.execute(
    db,
  )
  return rows
}

/** Is there any row that names this file? */
export async function isFileNamed(db: Db, sha256: string): Promise<boolean> {
  const columns = await listNamingColumns(db)
  const names = columns.map(
    ({ table, column }) => sql`exists (select from ${sql.table(table)} where ${sql.ref(column)} = ${sha256})`,
  )
  if (names.length === 0) return false
  const { rows } = await sql<{ named: boolean }>`select ${sql.join(names, sql` or `)} as named`.execute(db)
  return rows[0]?.named === true
}

export const wantFilesErased = (db: Db, files: readonly string[], at: string) =>
  sql`insert into erased_file (sha256, wanted_at) select unnest(${files}::text[]), ${at}::timestamptz on conflict do nothing`.execute(
    db,
  )

export const listWantedFiles = async (db: Db): Promise<string[]> =>
  (await db.selectFrom('erased_file').select('sha256').orderBy('wanted_at').execute()).map(({ sha256 }) => sha256)

export const deleteWantedFile = (db: Db, sha256: string) =>
  db.deleteFrom('erased_file').where('sha256', '=', sha256).execute()
