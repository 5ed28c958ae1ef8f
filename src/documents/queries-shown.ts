import type { Selectable, Updateable } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { DocumentTable } from '../db/schema.ts'
import type { RecordFacts } from '../domain/visibility.ts'

export type DocumentRow = Selectable<DocumentTable>

/** An application as far as it decides about its documents, with one of them, or a row without any. */
export interface PlacedDocument {
  pre_session: number
  country: string | null
  application_status: RecordFacts['status']
  decision: RecordFacts['decision']
  emails: string[]
  consents: string[]
  at_risk: boolean
  release_at: string | null
  document: DocumentRow | null
}

/** One statement whether or not anything is there: the time tells nothing. */
export async function listPlacedDocuments(db: Db, applicationId: string): Promise<PlacedDocument[]> {
  const rows = await db
    .selectFrom('application as a')
    .leftJoin('document as d', 'd.application_id', 'a.id')
    .leftJoin('country_under_review as c', (join) =>
      join.onRef('c.pre_session', '=', 'a.pre_session').onRef('c.iso3', '=', 'a.country'),
    )
    .selectAll('d')
    .select([
      'a.pre_session',
      'a.country',
      'a.status as application_status',
      'a.decision',
      'a.emails',
      'a.consents',
      'a.at_risk',
      'c.release_at',
    ])
    .where('a.id', '=', applicationId)
    .orderBy('d.id')
    .execute()
  return rows.map(
    ({ pre_session, country, application_status, decision, emails, consents, at_risk, release_at, ...d }) => ({
      ...{ pre_session, country, application_status, decision: decision as RecordFacts['decision'] },
      ...{ emails, consents, at_risk, release_at },
      document: d.id === null ? null : (d as DocumentRow),
    }),
  )
}

export const findDocumentById = (db: Db, id: string): Promise<DocumentRow | undefined> =>
  db.selectFrom('document').selectAll().where('id', '=', id).executeTakeFirst()

export const updateDocument = (tx: Tx, id: string, change: Updateable<DocumentTable>) =>
  tx.updateTable('document').set(change).where('id', '=', id).returningAll().executeTakeFirst()

export const lockDocument = (tx: Tx, id: string): Promise<DocumentRow | undefined> =>
  tx.selectFrom('document').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()

/** Its application stays until the transaction ends; undefined where it is gone. It is locked before its documents. */
export const holdRoundOf = async (tx: Tx, applicationId: string): Promise<number | undefined> =>
  (
    await tx
      .selectFrom('application')
      .select('pre_session')
      .where('id', '=', applicationId)
      .forKeyShare()
      .executeTakeFirst()
  )?.pre_session
