import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'

interface Call {
  preSession: number
  at: string
  by: string
}

/** Those of these States that were not invited yet. */
export const insertInvitations = async (
  tx: Tx,
  states: readonly string[],
  { preSession, at, by }: Call,
): Promise<string[]> =>
  (
    await tx
      .insertInto('invitation')
      .values(
        [...states].sort().map((state) => ({
          pre_session: preSession,
          state,
          invited_at: at,
          invited_by: by,
          delivered_at: null,
          channel: null,
          delivery_note: null,
        })),
      )
      .onConflict((conflict) => conflict.columns(['pre_session', 'state']).doNothing())
      .returning('state')
      .execute()
  ).map(({ state }) => state)

export interface MessageRow {
  state: string
  email: string
}

/** A message for every address of an invited mission and of its delegates that has none yet. */
export const insertMessages = async (tx: Tx, { preSession, at }: Call): Promise<MessageRow[]> =>
  (
    await sql<MessageRow>`
      insert into invitation_message (pre_session, state, email, queued_at)
      select i.pre_session, i.state, a.email, ${at}::timestamptz from invitation i join (
        select state, unnest(emails) as email from mission
        union select state, email from mission_delegate where revoked_at is null) a on a.state = i.state
      where i.pre_session = ${preSession}::int order by i.state, a.email
      on conflict (pre_session, state, email) do nothing returning state, email`.execute(tx)
  ).rows

export const keepMails = (tx: Tx, preSession: number, mails: readonly { email: string; mailId: string }[]) =>
  sql`update invitation_message m set mail_id = r."mailId" from json_to_recordset(${JSON.stringify(mails)}::json) as r (email text, "mailId" uuid)
    where m.pre_session = ${preSession}::int and m.email = r.email and m.mail_id is null`.execute(tx)

/** Invited addresses may ask for access links; one that was revoked stays so. */
export const insertInvitedDelegates = (tx: Tx, messages: readonly MessageRow[], { at, by }: Call) =>
  sql`insert into mission_delegate (state, email, registered_at, registered_by)
    select r.state, r.email, ${at}::timestamptz, ${by} from json_to_recordset(${JSON.stringify(messages)}::json) as r (state text, email text)
    where not exists (select from mission_delegate d where d.state = r.state and d.email = r.email)
    on conflict (state, email) where revoked_at is null do nothing`.execute(tx)

export type Reach = 'sent' | 'queued' | 'delivered' | 'failed' | 'noAddress'

export interface InvitationRow {
  state: string
  name: string
  invited_at: string
  reach: Reach
  messages: number
  channel: 'noteVerbale' | 'post' | 'byHand' | 'phone' | null
  delivered_at: string | null
  delivery_note: string | null
  is_under_review: boolean
}

/** How far an invitation got: the best that is known of its messages, or that it was handed over. */
const reach = sql<Reach>`(select case
    when bool_or(o.state = 'sent') then 'sent' when i.delivered_at is not null then 'delivered' when bool_or(o.state = 'queued') then 'queued'
    when count(m.email) > 0 then 'failed' else 'noAddress' end
  from invitation_message m left join mail_outbox o on o.id = m.mail_id where m.pre_session = i.pre_session and m.state = i.state)`

const isUnderReview = sql<boolean>`exists (select from country_under_review c
  where c.pre_session = i.pre_session and c.iso3 = i.state and c.status <> 'withdrawn')`

const invitations = (db: Db, preSession: number) =>
  db
    .selectFrom('invitation as i')
    .innerJoin('state', 'state.iso3', 'i.state')
    .select([
      'i.state',
      sql<string>`state.names ->> 'en'`.as('name'),
      'i.invited_at',
      'i.channel',
      'i.delivered_at',
      'i.delivery_note',
      reach.as('reach'),
      isUnderReview.as('is_under_review'),
      sql<number>`(select count(*)::int from invitation_message m where m.pre_session = i.pre_session and m.state = i.state)`.as(
        'messages',
      ),
    ])
    .where('i.pre_session', '=', preSession)

export function listInvitations(
  db: Db,
  preSession: number,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<InvitationRow[]> {
  let query = invitations(db, preSession)
  if (after !== undefined) query = query.where('i.state', '>', after)
  return query
    .orderBy('i.state')
    .limit(limit + 1)
    .execute()
}

export const listAllInvitations = (db: Db, preSession: number): Promise<InvitationRow[]> =>
  invitations(db, preSession).orderBy('i.state').execute()

export const findInvitation = (db: Db, preSession: number, state: string): Promise<InvitationRow | undefined> =>
  invitations(db, preSession).where('i.state', '=', state).executeTakeFirst()

interface Delivery {
  channel: 'noteVerbale' | 'post' | 'byHand' | 'phone'
  at: string
  note: string | null
}

export const recordDelivery = (tx: Tx, preSession: number, state: string, { channel, at, note }: Delivery) =>
  tx
    .updateTable('invitation')
    .set({ channel, delivered_at: at, delivery_note: note })
    .where('pre_session', '=', preSession)
    .where('state', '=', state)
    .returning('state')
    .executeTakeFirst()

/** States under Review of the round, and those of which it is known that they have no mission in Geneva. */
export async function listCoverageFacts(db: Db, preSession: number) {
  const underReview = await db
    .selectFrom('country_under_review')
    .select('iso3')
    .where('pre_session', '=', preSession)
    .where('status', '<>', 'withdrawn')
    .orderBy('position')
    .execute()
  const elsewhere = await db
    .selectFrom('mission')
    .select('state')
    .where('in_geneva', '=', false)
    .orderBy('state')
    .execute()
  return { underReview: underReview.map(({ iso3 }) => iso3), elsewhere: elsewhere.map(({ state }) => state) }
}
