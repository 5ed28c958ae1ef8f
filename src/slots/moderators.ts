import { replaceUnusedLinks } from '../access-links/queries.ts'
import { sendModeratorLink } from '../access-links/service.ts'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { isEmail } from '../domain/text.ts'
import { invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { revokeModeratorSessions } from '../sessions/queries.ts'
import * as queries from './queries.ts'

interface Moderator {
  name: string
  email: string
}

/** Whoever is appointed gets a link anew. */
export async function inviteModerators(deps: Deps, tx: Tx, slot: queries.SlotRow, now: string): Promise<void> {
  for (const { email } of slot.moderators) await sendModeratorLink(deps, tx, slot, email, now)
}

/** Who is new gets a link for this slot by mail; who is left out loses link and session at once. */
export async function replaceModerators(
  deps: Deps,
  tx: Tx,
  slot: queries.SlotRow,
  wanted: readonly Moderator[],
  { caller, now }: Act,
): Promise<void> {
  const people = wanted.map(({ name, email }) => ({ name: name.trim(), email: email.trim().toLowerCase() }))
  const wrong = people.findIndex(
    ({ email }, index) => !isEmail(email) || people.findIndex((one) => one.email === email) !== index,
  )
  if (wrong !== -1)
    throw invalidInput(
      `/moderators/${wrong}/email`,
      'wrong_format',
      'It must be one e-mail address, which no other moderator has.',
    )
  const present = await queries.listModerators(tx, slot.id)
  const tell = (action: string, moderatorId: string) =>
    appendHistory(tx, {
      preSession: slot.pre_session,
      action,
      at: now,
      actor: caller.id,
      details: { slotId: slot.id, moderatorId },
    })
  for (const { id, email } of present.filter((one) => people.every((person) => person.email !== one.email))) {
    await queries.deleteModerator(tx, id)
    await replaceUnusedLinks(tx, { email, purpose: 'moderator', state: null, slot_id: slot.id }, now)
    await revokeModeratorSessions(tx, { email, slotId: slot.id }, now)
    await tell('slot.moderatorRemoved', id)
  }
  for (const { name, email } of people) {
    const known = present.find((one) => one.email === email)
    const id = await queries.putModerator(tx, {
      slot_id: slot.id,
      name,
      email,
      appointed_at: now,
      appointed_by: caller.id,
    })
    if (known !== undefined) continue
    await sendModeratorLink(deps, tx, slot, email, now)
    await tell('slot.moderatorAppointed', id)
  }
}
