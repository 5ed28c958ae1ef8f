import type { Insertable } from 'kysely'
import type { Db } from '../db/database.ts'
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
