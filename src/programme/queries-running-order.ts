import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { ApplicationBody } from '../domain/application.ts'

export interface StatementRow {
  id: string
  pre_session: number
  country: string
  status: 'submitted'
  decision: string
  emails: string[]
  consents: string[]
  body: ApplicationBody
  at_risk: boolean
  release_at: string | null
  /** Of the accepted video. */
  video_seconds: number | null
}

/** The statements on these countries, each with the length of the video that was accepted last. */
export async function listStatements(
  db: Db,
  preSession: number,
  countries: readonly string[],
): Promise<StatementRow[]> {
  const { rows } = await sql<StatementRow>`
    select a.id, a.pre_session, a.country, a.status, a.decision, a.emails, a.consents, a.body, a.at_risk, c.release_at, video.seconds as video_seconds
    from application a join country_under_review c on c.pre_session = a.pre_session and c.iso3 = a.country
    left join lateral (
      select (v.media ->> 'durationSeconds')::float8 as seconds from video_submission s join video_version v on v.submission_id = s.id
      where s.application_id = a.id and s.status in ('accepted', 'screened') and v.state = 'accepted' order by v.n desc limit 1) video on true
    where a.pre_session = ${preSession} and a.country = any (${[...countries]}::text[])
      and a.status = 'submitted' and a.decision = 'selected' and a.answer <> 'declined'
    order by c.position, a.id`.execute(db)
  return rows
}

export interface OrderRow {
  slot_id: string
  application_id: string
}

/** The orders that were set for the screenings of the round. */
export const listOrders = (db: Db, preSession: number): Promise<OrderRow[]> =>
  db
    .selectFrom('screening_order')
    .innerJoin('slot', 'slot.id', 'screening_order.slot_id')
    .select(['screening_order.slot_id', 'screening_order.application_id'])
    .where('slot.pre_session', '=', preSession)
    .where('slot.status', '<>', 'cancelled')
    .orderBy('screening_order.slot_id')
    .orderBy('screening_order.position')
    .execute()

export async function replaceOrder(tx: Tx, slotId: string, applicationIds: readonly string[]): Promise<void> {
  await tx.deleteFrom('screening_order').where('slot_id', '=', slotId).execute()
  if (applicationIds.length === 0) return
  await tx
    .insertInto('screening_order')
    .values(applicationIds.map((id, index) => ({ slot_id: slotId, application_id: id, position: index + 1 })))
    .execute()
}
