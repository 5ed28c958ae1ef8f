import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import {
  countedSince,
  linkExpiresAt,
  linkLifeMinutes,
  maySendLink,
  moderatorLinkExpiresAt,
} from '../domain/access-link.ts'
import { spokenTime } from '../domain/spoken-time.ts'
import { isEmail } from '../domain/text.ts'
import { invalidInput } from '../errors.ts'
import { hashOf, newSecret } from '../http/access.ts'
import type { Static } from '../http/schemas.ts'
import { enqueue } from '../jobs/queue.ts'
import { enqueueMail } from '../mail/service.ts'
import { templates } from '../mail/templates.ts'
import * as queries from './queries.ts'
import type { AccessLinkRequest } from './schemas.ts'

/** Writes down what was asked for, the same for everybody: whether a link is sent is found out by the job, out of the requester's sight. */
export async function requestAccessLink({ db }: Deps, input: Static<typeof AccessLinkRequest>, now: string) {
  const email = input.email.trim().toLowerCase()
  if (!isEmail(email)) throw invalidInput('/email', 'wrong_format', 'It must be one e-mail address.')
  await db.transaction().execute(async (tx) => {
    const { id } = await queries.insertRequest(tx, {
      email,
      purpose: input.purpose,
      pre_session: input.preSession,
      country: input.country?.toUpperCase() ?? null,
      requested_at: now,
    })
    await enqueue(tx, 'access-link', { requestId: id })
  })
}

/** Sends a link if the address is one that the round knows; else nothing happens. */
export async function answerRequest(deps: Deps, requestId: string): Promise<void> {
  const now = deps.clock.now()
  await deps.db.transaction().execute(async (tx) => {
    const request = await queries.takeRequest(tx, requestId)
    if (request === undefined) return
    await queries.lockPerson(tx, request.email)
    if (request.purpose === 'moderator') {
      const slots = await queries.listModeratedSlots(tx, request)
      for (const slot of slots) await sendModeratorLink(deps, tx, slot, request.email, now)
    } else {
      for (const state of await statesOf(tx, request))
        await sendLink(deps, tx, { ...request, state, slot_id: null }, now)
    }
  })
}

/** One link for an applicant, one for each State of a delegate, none for a stranger. */
async function statesOf(tx: Tx, request: queries.RequestRow): Promise<(string | null)[]> {
  if (request.purpose === 'mission') return (await queries.listMissionStates(tx, request)).map(({ state }) => state)
  return (await queries.isApplicant(tx, request)) ? [null] : []
}

async function sendLink(deps: Deps, tx: Tx, grant: queries.RequestRow & queries.Person, now: string): Promise<void> {
  const expiresAt = linkExpiresAt(now)
  const link = await makeLink(deps, tx, grant, expiresAt, now)
  if (link === undefined) return
  // The only thing that a mail tells is the round: who reads along learns neither a country nor a name.
  const params = { preSession: grant.pre_session, minutes: linkLifeMinutes }
  const message = templates.accessLink({ ...params, link })
  await enqueueMail(deps, tx, { to: grant.email, template: 'accessLink', params, message, usefulUntil: expiresAt }, now)
}

/** A link for one slot, to whoever moderates it: when appointed, and again when asked for. */
export async function sendModeratorLink(
  deps: Deps,
  tx: Tx,
  slot: queries.ModeratedSlot,
  email: string,
  now: string,
): Promise<void> {
  const person = { email, purpose: 'moderator' as const, state: null, slot_id: slot.id }
  const expiresAt = moderatorLinkExpiresAt(now, slot.ends_at)
  const link = await makeLink(deps, tx, { ...person, pre_session: slot.pre_session, country: null }, expiresAt, now)
  if (link === undefined) return
  const params = { preSession: slot.pre_session }
  const session = {
    when: spokenTime({ startsAt: slot.starts_at, endsAt: slot.ends_at }, slot.time_zone),
    room: slot.room,
  }
  const message = templates.moderatorLink({ ...params, session, link })
  await enqueueMail(deps, tx, { to: email, template: 'moderatorLink', params, message, usefulUntil: expiresAt }, now)
}

/** Nothing where the person got enough of them lately. */
async function makeLink(
  deps: Deps,
  tx: Tx,
  grant: queries.RequestRow & queries.Person,
  expiresAt: string,
  now: string,
): Promise<string | undefined> {
  if (!maySendLink(await queries.countLinksSince(tx, grant, countedSince(now)))) return undefined
  await queries.replaceUnusedLinks(tx, grant, now)
  const token = newSecret('lnk')
  await queries.insertLink(tx, { ...grant, token_hash: hashOf(token), created_at: now, expires_at: expiresAt })
  return linkTo(deps.config.mail.accessLinkUrl, token)
}

/** The token stands behind the "#": browsers send that to no server, so it is in no log and no referrer, and a scanner that opens the link uses nothing up. */
function linkTo(address: string, token: string): string {
  const url = new URL(address)
  url.hash = `access-token=${token}`
  return url.href
}
