import type { Insertable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { SpeakerAvailabilityTable } from '../db/tables-slots.ts'

export const shareApplication = async (tx: Tx, id: string): Promise<number | undefined> =>
  (await tx.selectFrom('application').select('pre_session').where('id', '=', id).forShare().executeTakeFirst())
    ?.pre_session

export const findAvailability = (db: Db, applicationId: string) =>
  db
    .selectFrom('speaker_availability')
    .select(['time_zone', 'windows', 'stated_at'])
    .where('application_id', '=', applicationId)
    .executeTakeFirst()

export const putAvailability = (tx: Tx, row: Insertable<SpeakerAvailabilityTable>) =>
  tx
    .insertInto('speaker_availability')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('application_id').doUpdateSet((excluded) => ({
        time_zone: excluded.ref('excluded.time_zone'),
        windows: excluded.ref('excluded.windows'),
        stated_at: excluded.ref('excluded.stated_at'),
        stated_by: excluded.ref('excluded.stated_by'),
      })),
    )
    .execute()
