import type { Insertable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { VideoCaptionTable } from '../db/tables-videos.ts'

export const findCaptions = (db: Db, submissionId: string, language: string) =>
  db
    .selectFrom('video_caption')
    .selectAll()
    .where('submission_id', '=', submissionId)
    .where('language', '=', language)
    .executeTakeFirst()

export type CaptionsRow = NonNullable<Awaited<ReturnType<typeof findCaptions>>>

export const putCaptions = (tx: Tx, row: Insertable<VideoCaptionTable>) =>
  tx
    .insertInto('video_caption')
    .values(row)
    .onConflict((on) =>
      on.columns(['submission_id', 'language']).doUpdateSet((eb) => ({
        text: eb.ref('excluded.text'),
        source_format: eb.ref('excluded.source_format'),
        checks: eb.ref('excluded.checks'),
        updated_at: eb.ref('excluded.updated_at'),
      })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()

export const deleteCaptions = (tx: Tx, submissionId: string, language: string) =>
  tx.deleteFrom('video_caption').where('submission_id', '=', submissionId).where('language', '=', language).execute()

/** The languages of the round that the submission is for. */
export const findRoundSettings = (tx: Tx, preSession: number) =>
  tx.selectFrom('pre_session').select('settings').where('number', '=', preSession).executeTakeFirstOrThrow()
