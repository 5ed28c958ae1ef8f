import { type Insertable, sql } from 'kysely'
import type { Tx } from '../db/database.ts'
import type { AccessLinkRequestTable, AccessLinkTable } from '../db/tables-sessions.ts'
import type { LinkPurpose } from '../domain/access-link.ts'

/** Locks of this kind live in their own number space. */
const lockClass = 38_002

export const insertRequest = (tx: Tx, row: Insertable<AccessLinkRequestTable>) =>
  tx.insertInto('access_link_request').values(row).returning('id').executeTakeFirstOrThrow()

/** What was asked for, which is gone with that: nobody's address stays here because a stranger wrote it. */
export const takeRequest = (tx: Tx, id: string) =>
  tx
    .deleteFrom('access_link_request')
    .where('id', '=', id)
    .returning(['email', 'purpose', 'pre_session', 'country'])
    .executeTakeFirst()

export type RequestRow = NonNullable<Awaited<ReturnType<typeof takeRequest>>>

/** One request of a person after the other, so that the limit holds and one link is the newest. */
export const lockPerson = (tx: Tx, email: string) =>
  sql`select pg_advisory_xact_lock(${lockClass}::int, hashtext(${email}))`.execute(tx)

/** Does an application of the round (and of the country, where one is named) name the address? */
export async function isApplicant(tx: Tx, { email, pre_session, country }: RequestRow): Promise<boolean> {
  let query = tx
    .selectFrom('application')
    .select('id')
    .where('pre_session', '=', pre_session)
    .where(sql<boolean>`${email} = any (emails)`)
  if (country !== null) query = query.where('country', '=', country)
  return (await query.limit(1).executeTakeFirst()) !== undefined
}

/** The States that the address speaks for, while the round is public (and the country is in it, where one is named); held until the links are written. */
export function listMissionStates(tx: Tx, { email, pre_session, country }: RequestRow) {
  let query = tx
    .selectFrom('mission_delegate')
    .select('state')
    .where('email', '=', email)
    .where('revoked_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('pre_session').select('number').where('number', '=', pre_session).where('published', '=', true),
      ),
    )
  if (country !== null)
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('country_under_review')
          .select('iso3')
          .where('pre_session', '=', pre_session)
          .where('iso3', '=', country),
      ),
    )
  return query.orderBy('id').forShare().execute()
}

/** The slots that the address moderates and that are not over, while the round is public; with their ends; held until the links are written. */
export const listModeratedSlots = (tx: Tx, { email, pre_session, country }: RequestRow) => {
  let query = tx
    .selectFrom('slot_moderator')
    .innerJoin('slot', 'slot.id', 'slot_moderator.slot_id')
    .innerJoin('pre_session', 'pre_session.number', 'slot.pre_session')
    .select(moderatedColumns)
    .where('slot_moderator.email', '=', email)
    .where('slot.pre_session', '=', pre_session)
    .where('slot.status', 'in', ['planned', 'open', 'live'])
  if (country !== null)
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('slot_country')
          .select('iso3')
          .whereRef('slot_country.slot_id', '=', 'slot.id')
          .where('iso3', '=', country),
      ),
    )
  return query.orderBy('slot.id').forShare(['slot', 'slot_moderator']).execute()
}

const moderatedColumns = [
  'slot.id',
  'slot.pre_session',
  'slot.starts_at',
  'slot.ends_at',
  'slot.room',
  'pre_session.time_zone',
] as const

/** What a moderator's link is for. */
export type ModeratedSlot = Awaited<ReturnType<typeof listModeratedSlots>>[number]

/** A person is an address, a purpose and, for a mission, its State, for a moderator its slot. */
export interface Person {
  email: string
  purpose: LinkPurpose
  state: string | null
  slot_id: string | null
}

export async function countLinksSince(
  tx: Tx,
  { email, purpose, state, slot_id }: Person,
  since: string,
): Promise<number> {
  const { count } = await tx
    .selectFrom('access_link')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('email', '=', email)
    .where('purpose', '=', purpose)
    .where('state', 'is not distinct from', state)
    .where('slot_id', 'is not distinct from', slot_id)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow()
  return count
}

export const insertLink = (tx: Tx, row: Insertable<AccessLinkTable>) =>
  tx.insertInto('access_link').values(row).execute()

/** Links that were not used are worth nothing any more. */
export const replaceUnusedLinks = (tx: Tx, { email, purpose, state, slot_id }: Person, now: string) =>
  tx
    .updateTable('access_link')
    .set({ replaced_at: now })
    .where('email', '=', email)
    .where('purpose', '=', purpose)
    .where('state', 'is not distinct from', state)
    .where('slot_id', 'is not distinct from', slot_id)
    .where('used_at', 'is', null)
    .where('replaced_at', 'is', null)
    .execute()

/** Uses a link up, if it can be used: of several attempts at once one gets the row, the others find it used. */
export const consumeLink = (tx: Tx, hash: Buffer, now: string) =>
  tx
    .updateTable('access_link')
    .set({ used_at: now })
    .where('token_hash', '=', hash)
    .where('used_at', 'is', null)
    .where('replaced_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(['id', 'purpose', 'email', 'pre_session', 'country', 'state', 'slot_id'])
    .executeTakeFirst()
