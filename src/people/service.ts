import { lockPerson } from '../access-links/queries.ts'
import type { Db } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { isEmail } from '../domain/text.ts'
import { AppError, invalidInput } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import { isKnown } from './concerned.ts'
import type { Intake } from './intake.ts'
import { findPerson, insertAddresses, insertPerson, listPeopleOf, lockPersonRow, type PersonRow } from './queries.ts'

interface Asked {
  emails: string[] | undefined
  caller: Caller
  now: string
}

/** The person behind some addresses, made at the first question. An applicant asks for itself, whatever else it may see. */
export async function openPerson({ db }: Deps, intake: Intake, { emails, caller, now }: Asked): Promise<PersonRow> {
  const addresses = addressesOf(caller, emails)
  return db.transaction().execute(async (tx) => {
    for (const address of addresses.toSorted()) await lockPerson(tx, address)
    const [known, ...others] = await listPeopleOf(tx, addresses)
    if (others.length > 0) throw new AppError('people_differ')
    if (known === undefined && !(await isKnown(tx, intake, addresses))) throw new AppError('person_not_found')
    const id = known ?? (await insertPerson(tx, now))
    await insertAddresses(tx, id, addresses)
    return (await lockPersonRow(tx, id)) as PersonRow
  })
}

function addressesOf({ role, email }: Caller, emails: string[] | undefined): string[] {
  const given = [...new Set((emails ?? []).map((one) => one.trim().toLowerCase()))]
  if (role === 'applicant') {
    if (email === undefined || given.some((one) => one !== email)) throw new AppError('person_not_found')
    return [email]
  }
  if (given.length === 0) throw invalidInput('/emails', 'required', 'Give one address at least.')
  const wrong = given.findIndex((one) => !isEmail(one))
  if (wrong !== -1) throw invalidInput(`/emails/${wrong}`, 'wrong_format', 'It must be one e-mail address.')
  return given
}

/** An applicant's own person; to it there is no other. One that was erased is told to staff alone. */
export async function readPerson(db: Db, id: string, { role, email }: Caller): Promise<PersonRow> {
  const row = await findPerson(db, id)
  const isOwn = role !== 'applicant' || (email !== undefined && row?.addresses.includes(email) === true)
  if (row === undefined || !isOwn) throw new AppError('person_not_found')
  return row
}
