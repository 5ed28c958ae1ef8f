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

export const markDocumentStored = (
  db: Db,
  id: string,
  file: { sha256: string; sizeBytes: number; mediaType: string },
) =>
  db
    .updateTable('document')
    .set({
      status: 'stored',
      sha256: file.sha256,
      size_bytes: file.sizeBytes,
      media_type: file.mediaType,
      failure: null,
    })
    .where('id', '=', id)
    .execute()

export const markDocumentFailed = (db: Db, id: string, failure: string) =>
  db
    .updateTable('document')
    .set({ status: 'failed', failure })
    .where('id', '=', id)
    .where('status', '<>', 'stored')
    .execute()
