import { type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import type { PersonTable } from '../db/tables-people.ts'
import type { ApplicationBody } from '../domain/application.ts'

export type PersonRow = Selectable<PersonTable> & { addresses: string[] }

const people = (db: Db) =>
  db
    .selectFrom('person as p')
    .selectAll('p')
    .select(
      sql<string[]>`array(select a.email from person_address a where a.person_id = p.id order by a.email)`.as(
        'addresses',
      ),
    )

export const findPerson = (db: Db, id: string): Promise<PersonRow | undefined> =>
  people(db).where('p.id', '=', id).executeTakeFirst()

/** One change of a person after the other. */
export const lockPersonRow = (tx: Tx, id: string): Promise<PersonRow | undefined> =>
  people(tx).where('p.id', '=', id).forUpdate('p').executeTakeFirst()

/** Whose addresses these are already. */
export const listPeopleOf = async (db: Db, addresses: readonly string[]): Promise<string[]> => {
  const { rows } = await sql<{ id: string }>`select distinct person_id as id from person_address
    where email = any (${addresses}::text[])`.execute(db)
  return rows.map(({ id }) => id)
}

export const insertPerson = async (tx: Tx, now: string): Promise<string> =>
  (await tx.insertInto('person').values({ created_at: now }).returning('id').executeTakeFirstOrThrow()).id

export const insertAddresses = (tx: Tx, personId: string, addresses: readonly string[]) =>
  tx
    .insertInto('person_address')
    .values(addresses.map((email) => ({ email, person_id: personId })))
    .onConflict((conflict) => conflict.column('email').doNothing())
    .execute()

export interface ConcernedRow {
  id: string
  pre_session: number
  country: string | null
  status: string
  latest_version: number
  body: ApplicationBody
  release_at: string | null
}

/** Applications that name one of the addresses in any version. */
export async function listConcerned(db: Db, addresses: readonly string[]): Promise<ConcernedRow[]> {
  const { rows } = await sql<ConcernedRow>`
    select a.id, a.pre_session, a.country, a.status, a.latest_version, a.body, c.release_at from application a
    left join country_under_review c on c.pre_session = a.pre_session and c.iso3 = a.country
    where a.emails && ${addresses}::text[] or exists (select from application_version v where v.application_id = a.id and (
      lower(trim(v.body #>> '{speaker,email}')) = any (${addresses}::text[])
      or lower(trim(v.body #>> '{organisation,email}')) = any (${addresses}::text[])))
    order by a.id`.execute(db)
  return rows
}
