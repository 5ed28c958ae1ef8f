import type { Deps } from '../deps.ts'
import { isEmail } from '../domain/text.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act, Caller } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import type { Static } from '../http/schemas.ts'
import { findPreSession, sharePreSession } from '../pre-sessions/queries.ts'
import { findState } from '../reference/data.ts'
import { insertDelegate, wasDelegate } from './queries.ts'
import { findMission, lockState, type MissionRow, putMission } from './queries-missions.ts'
import { cancelRegistration, insertRegistration, type RegistrationRow } from './queries-registrations.ts'
import { toMission, type UpdateMission } from './schemas-missions.ts'

export async function readMission({ db }: Pick<Deps, 'db'>, state: string): Promise<MissionRow> {
  const row = await findMission(db, state.toUpperCase())
  if (row === undefined) throw new AppError('state_not_found')
  return row
}

export async function updateMission(
  { db }: Deps,
  state: string,
  patch: Static<typeof UpdateMission>,
  { caller, now, ifMatch }: Act,
) {
  const iso3 = state.toUpperCase()
  const emails = patch.emails?.map((email) => email.trim().toLowerCase())
  const wrong = emails?.findIndex((email) => !isEmail(email)) ?? -1
  if (wrong !== -1) throw invalidInput(`/emails/${wrong}`, 'wrong_format', 'It must be one e-mail address.')
  return db.transaction().execute(async (tx) => {
    if ((await lockState(tx, iso3)) === undefined) throw new AppError('state_not_found')
    const row = await readMission({ db: tx }, iso3)
    requireMatch(ifMatch, toMission(row))
    await putMission(tx, {
      state: iso3,
      emails: emails === undefined ? row.emails : [...new Set(emails)],
      in_geneva: patch.inGeneva === undefined ? row.in_geneva : patch.inGeneva,
      note: patch.note === undefined ? row.note : patch.note,
      updated_at: now,
      updated_by: caller.id,
    })
    return readMission({ db: tx }, iso3)
  })
}

interface Registration {
  state?: string | undefined
  name: string
  email: string
  position?: string | undefined
}

/** Who comes for a mission; from then on the address may ask for access links, unless it was revoked. */
export async function registerForRound(
  { db }: Deps,
  number: number,
  input: Registration,
  { caller, now }: Act,
): Promise<RegistrationRow> {
  const state = stateFor(caller, input.state)
  const email = input.email.trim().toLowerCase()
  if (!isEmail(email)) throw invalidInput('/email', 'wrong_format', 'It must be one e-mail address.')
  return db.transaction().execute(async (tx) => {
    await requireRound(tx, number)
    const row = await insertRegistration(tx, {
      pre_session: number,
      state,
      name: input.name.trim(),
      email,
      position: input.position?.trim() ?? null,
      registered_at: now,
      registered_by: caller.id,
      cancelled_at: null,
    })
    if (row === undefined) throw new AppError('registration_exists')
    await letAskForLinks(tx, { state, email }, { caller, now })
    await tell(tx, row, 'preSession.delegateRegistered', { caller, now })
    return row
  })
}

/** A mission registers for its own State, the secretariat for any. */
function stateFor({ role, state: own }: Caller, wanted: string | undefined): string {
  const state = wanted?.toUpperCase() ?? own
  if (role === 'mission' && state !== own)
    throw new AppError('forbidden', { detail: 'A mission registers its own delegates alone.' })
  if (state === undefined) throw invalidInput('/state', 'required', 'Say whose mission it is.')
  if (findState(state) === undefined)
    throw invalidInput('/state', 'unknown_state', `${state} is not the ISO 3166-1 alpha-3 code of a State.`)
  return state
}

type Tx = Parameters<typeof insertRegistration>[0]

async function requireRound(tx: Tx, number: number): Promise<void> {
  await sharePreSession(tx, number)
  const round = await findPreSession(tx, number, false)
  if (round === undefined) throw new AppError('pre_session_not_found')
  if (['cancelled', 'closed', 'archived'].includes(round.status))
    throw new AppError('invitations_not_possible', { detail: `The round has the status ${round.status}.` })
}

async function letAskForLinks(tx: Tx, person: { state: string; email: string }, { caller, now }: Act): Promise<void> {
  if (await wasDelegate(tx, person)) return
  await insertDelegate(tx, { ...person, registered_at: now, registered_by: caller.id })
}

export async function cancelForRound({ db }: Deps, number: number, id: string, { caller, now }: Act): Promise<void> {
  const state = caller.role === 'mission' ? caller.state : undefined
  await db.transaction().execute(async (tx) => {
    const row = await cancelRegistration(tx, { id, preSession: number, state, at: now })
    if (row === undefined) throw new AppError('registration_not_found')
    await tell(tx, row, 'preSession.delegateCancelled', { caller, now })
  })
}

const tell = (tx: Tx, row: RegistrationRow, action: string, { caller, now }: Act) =>
  appendHistory(tx, {
    preSession: row.pre_session,
    action,
    at: now,
    actor: caller.id,
    details: { registrationId: row.id, state: row.state },
  })
