import { type Insertable, sql, type Updateable } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Cursor } from '../db/page.ts'
import type { MailOutboxTable } from '../db/tables-sessions.ts'

const shownColumns = [
  'id',
  'to_address',
  'template',
  'subject',
  'text',
  'state',
  'attempts',
  'last_error',
  'created_at',
  'sent_at',
] as const

export type MailRow = Awaited<ReturnType<typeof listMails>>[number]

/** Rows come back in the order in which they were given. */
export const insertMails = async (db: Db, rows: Insertable<MailOutboxTable>[]): Promise<string[]> =>
  (
    await sql<{ id: string }>`
      insert into mail_outbox (to_address, template, params, subject, text, message_id, created_at, useful_until)
      select r.to_address, r.template, r.params::jsonb, r.subject, r.text, r.message_id, r.created_at, r.useful_until
      from json_to_recordset(${JSON.stringify(rows)}::json) as r (to_address text, template text, params text, subject text, text text, message_id text,
        created_at timestamptz, useful_until timestamptz)
      returning id`.execute(db)
  ).rows.map(({ id }) => id)

export const findQueuedMail = (db: Db, id: string) =>
  db
    .selectFrom('mail_outbox')
    .select(['id', 'to_address', 'subject', 'text', 'message_id', 'attempts', 'useful_until'])
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .executeTakeFirst()

export const updateMail = (db: Db, id: string, change: Updateable<MailOutboxTable>) =>
  db.updateTable('mail_outbox').set(change).where('id', '=', id).where('state', '=', 'queued').execute()

/** Mails that wait although no job of the queue will send them: written before there was a mail server, or given up by the queue. */
export const listForgottenMails = (db: Db, limit: number) =>
  db
    .selectFrom('mail_outbox as m')
    .select('m.id')
    .where('m.state', '=', 'queued')
    .where(sql<boolean>`not exists (select from graphile_worker.jobs j where j.key = 'mail:' || m.id)`)
    .orderBy('m.id')
    .limit(limit)
    .execute()

/** Mails whose content is worth nothing any more: given up, and their text with them. */
export const expireMails = (db: Db, now: string) =>
  db
    .updateTable('mail_outbox')
    .set({ state: 'failed', text: null, last_error: 'EXPIRED' })
    .where('state', '=', 'queued')
    .where('useful_until', '<=', now)
    .execute()

/** Newest first. */
export function listMails(db: Db, { after, limit }: { after: Cursor | undefined; limit: number }) {
  let query = db.selectFrom('mail_outbox').select(shownColumns)
  if (after !== undefined) query = query.where('id', '<', after.id)
  return query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}
