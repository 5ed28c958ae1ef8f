import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { addressTables, applicationTables, listTables } from './register.ts'
import type { Verdict } from './verdicts.ts'

export type Row = Record<string, unknown>

const camel = (name: string): string => name.replace(/_([a-z\d])/g, (_whole, letter: string) => letter.toUpperCase())

/** A row for its person: hashes of credentials stay out, and who did something is told by what they are. */
function toRow(row: Row, columns: Record<string, Verdict>, roleOf: RoleOf): Row {
  const told = Object.entries(row).flatMap(([name, value]): [string, unknown][] => {
    const verdict = columns[name] ?? 'plain'
    if (verdict === 'secret' || verdict === 'hidden' || Buffer.isBuffer(value)) return []
    return [[camel(name), verdict === 'staff' && value !== null ? roleOf(String(value)) : value]]
  })
  return Object.fromEntries(told)
}

/** Tells who acted by what they are, never by who: `staff`, `user` (somebody with a session), `jotform` or `system`. */
export async function rolesOfActors(db: Db): Promise<(actor: string) => string> {
  const keys = new Set((await db.selectFrom('api_key').select('id').execute()).map(({ id }) => id))
  return (actor) => {
    if (['jotform', 'system'].includes(actor)) return actor
    return keys.has(actor) || actor === 'admin-key' || actor.startsWith('oidc:') ? 'staff' : 'user'
  }
}

type RoleOf = Awaited<ReturnType<typeof rolesOfActors>>

/** All rows that name one of the addresses, by class. */
export async function listByAddress(
  db: Db,
  addresses: readonly string[],
  roleOf: RoleOf,
): Promise<{ class: string; rows: Row[] }[]> {
  const found: { class: string; rows: Row[] }[] = []
  for (const { table, column, class: name, columns } of addressTables) {
    const { rows } =
      await sql<Row>`select * from ${sql.table(table)} where ${sql.ref(column)} = any (${addresses}::text[])
      order by 1`.execute(db)
    found.push({ class: name, rows: rows.map((row) => toRow(row, columns, roleOf)) })
  }
  for (const { table, column, class: name } of listTables) {
    const { rows } =
      await sql<Row>`select state from ${sql.table(table)} where ${sql.ref(column)} && ${addresses}::text[]
      order by state`.execute(db)
    found.push({ class: name, rows })
  }
  return found
}

/** What hangs on one application, by class; before the release without what tells of a selection. */
export async function listOfApplication(
  db: Db,
  id: string,
  { isReleased, roleOf }: { isReleased: boolean; roleOf: RoleOf },
): Promise<Record<string, Record<string, Row[]>>> {
  const classes: Record<string, Record<string, Row[]>> = {}
  for (const { table, class: name, columns, via, isToldAfterRelease, toldOnceSet } of applicationTables) {
    if (isToldAfterRelease && !isReleased) continue
    const own =
      via === undefined
        ? sql`application_id = ${id}`
        : sql`${sql.ref(via.column)} in (select id from ${sql.table(via.table)} where application_id = ${id})`
    const isTold = toldOnceSet === undefined ? sql`true` : sql`${sql.ref(toldOnceSet)} is not null`
    const { rows } = await sql<Row>`select * from ${sql.table(table)} where ${own} and ${isTold} order by 1`.execute(db)
    if (rows.length > 0)
      classes[name] = { ...classes[name], [camel(table)]: rows.map((row) => toRow(row, columns, roleOf)) }
  }
  return classes
}

export const listConsents = (db: Db, applicationId: string) =>
  db
    .selectFrom('consent')
    .select(['code', 'given', 'at', 'wording_version', 'recorded_by'])
    .where('application_id', '=', applicationId)
    .orderBy('id')
    .execute()

export const listHistory = (db: Db, applicationId: string) =>
  db
    .selectFrom('history_event')
    .select(['action', 'at', 'actor', 'reason', 'details'])
    .where('application_id', '=', applicationId)
    .orderBy('id')
    .execute()

export interface StoredFile {
  /** Key in the storage. */
  key: string
  name: string
  sizeBytes: number
}

/** Documents and videos in which the scan found malware: they are given to nobody, not even to whom they came from. */
export async function listInfectedFiles(db: Db, applicationId: string): Promise<{ id: string; fileName: string }[]> {
  const { rows } = await sql<{ id: string; fileName: string }>`
    select id, file_name as "fileName" from document where application_id = ${applicationId} and scan ->> 'status' = 'infected'
    union all
    select v.id, v.file_name from video_version v join video_submission s on s.id = v.submission_id
    where s.application_id = ${applicationId} and v.scan ->> 'status' = 'infected'`.execute(db)
  return rows
}

/** Originals of the videos of one application. */
export async function listVideoFiles(db: Db, applicationId: string): Promise<StoredFile[]> {
  const { rows } =
    await sql<StoredFile>`select v.stored_key as key, 'video-' || v.n || '-' || v.file_name as name, v.size_bytes as "sizeBytes"
    from video_version v join video_submission s on s.id = v.submission_id where s.application_id = ${applicationId}
    and v.scan ->> 'status' is distinct from 'infected' order by v.n`.execute(db)
  return rows
}
