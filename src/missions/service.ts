import { replaceUnusedLinks } from '../access-links/queries.ts'
import type { Deps } from '../deps.ts'
import { isEmail } from '../domain/text.ts'
import { AppError, invalidInput } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import { findState } from '../reference/data.ts'
import { revokeMissionSessions } from '../sessions/queries.ts'
import { type DelegateRow, findDelegate, insertDelegate, revokeDelegate } from './queries.ts'

interface Context {
  caller: Caller
  now: string
}

/** Lets an address ask for access links of its State's mission. */
export async function registerDelegate(
  { db }: Deps,
  input: { state: string; email: string },
  { caller, now }: Context,
): Promise<DelegateRow> {
  const state = input.state.toUpperCase()
  const email = input.email.trim().toLowerCase()
  if (findState(state) === undefined)
    throw invalidInput('/state', 'unknown_state', `${state} is not the ISO 3166-1 alpha-3 code of a State.`)
  if (!isEmail(email)) throw invalidInput('/email', 'wrong_format', 'It must be one e-mail address.')
  const row = await insertDelegate(db, { state, email, registered_at: now, registered_by: caller.id })
  if (row === undefined) throw new AppError('delegate_exists')
  return row
}

/** Revokes a delegate together with its links and sessions. The links come first: whoever is using one has the row until its session is there. */
export async function removeDelegate({ db }: Deps, id: string, { caller, now }: Context): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const person = await revokeDelegate(tx, id, { at: now, by: caller.id })
    if (person === undefined) throw new AppError('delegate_not_found')
    if ((await findDelegate(tx, person)) !== undefined) return
    await replaceUnusedLinks(tx, { ...person, purpose: 'mission', slot_id: null }, now)
    await revokeMissionSessions(tx, person, now)
  })
}
