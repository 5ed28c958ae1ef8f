import type { Selectable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { JotformFileTable } from '../db/tables-jotform.ts'

export type FileRow = Selectable<JotformFileTable>

interface Owner {
  form_id: string
  submission_id: string
}

/** One row a file; when an application was made anew, its documents are new ones and are copied again. */
export const putFile = (tx: Tx, owner: Owner, file: { url: string; documentId: string; now: string }) =>
  tx
    .insertInto('jotform_file')
    .values({
      form_id: owner.form_id,
      submission_id: owner.submission_id,
      url: file.url,
      document_id: file.documentId,
      error: null,
      updated_at: file.now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['form_id', 'submission_id', 'url'])
        .doUpdateSet({
          document_id: file.documentId,
          status: 'pending',
          attempts: 0,
          error: null,
          updated_at: file.now,
        })
        .where('jotform_file.document_id', 'is distinct from', file.documentId),
    )
    .execute()

export const listFiles = (db: Db, owner: Owner): Promise<FileRow[]> =>
  db
    .selectFrom('jotform_file')
    .selectAll()
    .where('form_id', '=', owner.form_id)
    .where('submission_id', '=', owner.submission_id)
    .where('document_id', 'is not', null)
    .orderBy('url')
    .execute()

export const findFile = (db: Db, owner: Owner, url: string): Promise<FileRow | undefined> =>
  db
    .selectFrom('jotform_file')
    .selectAll()
    .where('form_id', '=', owner.form_id)
    .where('submission_id', '=', owner.submission_id)
    .where('url', '=', url)
    .executeTakeFirst()

export const updateFile = (
  db: Db,
  owner: Owner,
  url: string,
  change: { status: FileRow['status']; attempts: number; error: string | null; updated_at: string },
) =>
  db
    .updateTable('jotform_file')
    .set(change)
    .where('form_id', '=', owner.form_id)
    .where('submission_id', '=', owner.submission_id)
    .where('url', '=', url)
    .execute()

/** The outcome of a copy, on the application's document. */
export const settleDocument = (
  tx: Tx,
  id: string,
  result: { sha256: string; sizeBytes: number; mediaType: string } | { failure: string },
) =>
  tx
    .updateTable('document')
    .set(
      'failure' in result
        ? { status: 'failed', failure: result.failure }
        : {
            status: 'stored',
            failure: null,
            sha256: result.sha256,
            size_bytes: result.sizeBytes,
            media_type: result.mediaType,
            scan: null,
          },
    )
    .where('id', '=', id)
    .execute()

/** Copies that failed for good are tried once more: an operator asked for it, after mending what was wrong. */
export async function retryFiles(tx: Tx, owner: Owner, now: string): Promise<void> {
  const failed = await tx
    .updateTable('jotform_file')
    .set({ status: 'pending', attempts: 0, error: null, updated_at: now })
    .where('form_id', '=', owner.form_id)
    .where('submission_id', '=', owner.submission_id)
    .where('status', '=', 'failed')
    .where('document_id', 'is not', null)
    .returning('document_id')
    .execute()
  const ids = failed.flatMap((row) => row.document_id ?? [])
  if (ids.length > 0)
    await tx.updateTable('document').set({ status: 'pending', failure: null }).where('id', 'in', ids).execute()
}

export const listFailedOwners = (db: Db, formId: string) =>
  db
    .selectFrom('jotform_file')
    .select(['form_id', 'submission_id'])
    .distinct()
    .where('form_id', '=', formId)
    .where('status', '=', 'failed')
    .where('document_id', 'is not', null)
    .execute()
