import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { coverageOf } from '../domain/coverage.ts'
import { parseInstant } from '../domain/instant.ts'
import { spokenDays } from '../domain/spoken-time.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Caller } from '../http/access.ts'
import { enqueueMails } from '../mail/service.ts'
import { templates } from '../mail/templates.ts'
import { findPreSession, sharePreSession } from '../pre-sessions/queries.ts'
import { states } from '../reference/data.ts'
import * as queries from './queries-invitations.ts'

interface Context {
  caller: Caller
  now: string
}

const invitingStatuses = ['callOpen', 'callClosed', 'selecting', 'confirmed', 'programmePublished', 'running']

/** The round as it stands while it is held. */
async function shareRound(tx: Tx, number: number) {
  await sharePreSession(tx, number)
  const round = await findPreSession(tx, number, true)
  if (round === undefined) throw new AppError('pre_session_not_found')
  return round
}

/**
 * R28: invites every State's mission, in one call that can be made again: whoever was invited is not invited twice, an address that came in since gets its
 * message. There is nothing to choose, so that no choice can leave a State out.
 */
export async function inviteMissions(deps: Deps, number: number, { caller, now }: Context) {
  return deps.db.transaction().execute(async (tx) => {
    const round = await shareRound(tx, number)
    if (!invitingStatuses.includes(round.status))
      throw new AppError('invitations_not_possible', { detail: `The round has the status ${round.status}.` })
    const { underReview } = await queries.listCoverageFacts(tx, number)
    const everybody = [...new Set([...states.map(({ iso3 }) => iso3), ...underReview])]
    const call = { preSession: number, at: now, by: caller.id }
    const invited = await queries.insertInvitations(tx, everybody, call)
    const messages = await queries.insertMessages(tx, call)
    await queries.insertInvitedDelegates(tx, messages, call)
    await sendMessages(deps, tx, round, messages, now)
    if (invited.length + messages.length > 0)
      await appendHistory(tx, {
        preSession: number,
        action: 'preSession.missionsInvited',
        at: now,
        actor: caller.id,
        details: { invitedCount: invited.length, messageCount: messages.length },
      })
    return { invited: invited.length, alreadyInvited: everybody.length - invited.length, messages: messages.length }
  })
}

/** An address that stands for several missions gets one message: nothing in it is about one of them. */
async function sendMessages(
  deps: Deps,
  tx: Tx,
  round: { number: number; starts_on: string; ends_on: string },
  messages: readonly queries.MessageRow[],
  now: string,
): Promise<void> {
  const preSession = round.number
  const emails = [...new Set(messages.map(({ email }) => email))]
  const message = templates.invitation({
    preSession,
    when: spokenDays(round.starts_on, round.ends_on),
    // The page cannot know otherwise what to ask an access link for.
    link: `${deps.config.mail.accessLinkUrl}#purpose=mission&preSession=${preSession}`,
  })
  const mails = emails.map((to) => ({ to, template: 'invitation' as const, params: { preSession }, message }))
  const ids = await enqueueMails(deps, tx, mails, now)
  await queries.keepMails(
    tx,
    preSession,
    emails.map((email, index) => ({ email, mailId: ids[index] as string })),
  )
}

/** Compared with the States that the service ships, not with rows that somebody may have left out. */
export async function readCoverage({ db }: Deps, number: number) {
  if ((await findPreSession(db, number, true)) === undefined) throw new AppError('pre_session_not_found')
  const { underReview, elsewhere } = await queries.listCoverageFacts(db, number)
  const invited = await queries.listAllInvitations(db, number)
  return {
    preSession: number,
    ...coverageOf({ states: states.map(({ iso3 }) => iso3), underReview, elsewhere, invited }),
  }
}

interface Delivery {
  channel: 'noteVerbale' | 'post' | 'byHand' | 'phone'
  at?: string | undefined
  note?: string | undefined
}

/** A mission without an address, or one elsewhere, is invited by note verbale, and that is written down. */
export async function deliverInvitation(
  { db }: Deps,
  number: number,
  state: string,
  { channel, at, note }: Delivery,
  { caller, now }: Context,
) {
  const deliveredAt = at === undefined ? now : parseInstant(at)
  if (deliveredAt === undefined) throw invalidInput('/at', 'wrong_format', 'This is not an RFC 3339 instant.')
  const iso3 = state.toUpperCase()
  return db.transaction().execute(async (tx) => {
    await shareRound(tx, number)
    const delivery = { channel, at: deliveredAt, note: note ?? null }
    if ((await queries.recordDelivery(tx, number, iso3, delivery)) === undefined)
      throw new AppError('invitation_not_found')
    await appendHistory(tx, {
      preSession: number,
      action: 'preSession.invitationDelivered',
      at: now,
      actor: caller.id,
      details: { state: iso3, kind: channel },
    })
    return (await queries.findInvitation(tx, number, iso3)) as queries.InvitationRow
  })
}
