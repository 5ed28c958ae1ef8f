import { createHash } from 'node:crypto'
import { ICalEventStatus } from 'ical-generator'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { type FeedItem, nextItems } from '../domain/calendar-feed.ts'
import { compareInstants, secondsBetween } from '../domain/instant.ts'
import { AppError } from '../errors.ts'
import { type Caller, hashOf, newSecret } from '../http/access.ts'
import { type CalendarEntry, toEntry, toProgrammeCalendar } from '../programme/calendar.ts'
import { findRoundForCalendar } from '../programme/queries.ts'
import { listRoundSlots } from '../programme/reading.ts'
import { readerOf, toSlot } from '../slots/views.ts'
import * as queries from './queries.ts'

/** Who holds the session of the caller. A token of an issuer cannot be asked later whether it still holds, so nothing lasting is made of it. */
export async function readHolder({ db }: Pick<Deps, 'db'>, caller: Caller): Promise<queries.Holder> {
  const holder = caller.id.startsWith('oidc:') ? undefined : await queries.findHolder(db, caller.id)
  if (holder === undefined) {
    const detail = 'A feed is made with a session: ask for an access link with POST /v1/access-links.'
    throw new AppError('forbidden', { detail })
  }
  return holder
}

export async function createFeed(
  deps: Deps,
  timeZone: string | undefined,
  { caller, now }: { caller: Caller; now: string },
) {
  const { role, ...holder } = await readHolder(deps, caller)
  const secret = newSecret('cal')
  const row = await deps.db.transaction().execute((tx) =>
    queries.insertFeed(tx, {
      ...holder,
      role: role as 'mission',
      token_hash: hashOf(secret),
      time_zone: timeZone ?? null,
      created_at: now,
      fetched_at: null,
      revoked_at: null,
    }),
  )
  return { row, url: `${deps.config.http.publicUrl}/v1/calendar-feeds/${secret}/programme.ics` }
}

export interface Fetched {
  /** Whose calendar it is: what is read is read by them. */
  caller: Caller
  text: string
}

/** The calendar behind an address, as its owner may see it at this moment. Unknown, revoked and no longer entitled are told alike. */
export async function fetchFeed({ db }: Deps, secret: string, now: string): Promise<Fetched> {
  return db.transaction().execute(async (tx) => {
    const feed = await queries.lockFeed(tx, hashOf(secret))
    if (feed === undefined) throw new AppError('calendar_feed_not_found')
    const caller = ownerOf(feed)
    const round = await findRoundForCalendar(tx, feed.pre_session)
    const rows = await listRoundSlots(tx, feed.pre_session, readerOf(caller), now)
    const own = feed.role === 'mission' ? rows : rows.filter((row) => row.takes_part)
    const entries = own.map((row): CalendarEntry => {
      const { joinUrl } = toSlot(row)
      return { ...toEntry(row, round), ...(joinUrl !== undefined && { joinUrl }) }
    })
    const items = await countChanges(tx, feed, entries, now)
    const shown = items.map((item): CalendarEntry => {
      const entry = entries.find(({ slotId }) => slotId === item.slotId)
      const { sequence, changedAt } = item
      return entry === undefined
        ? { ...item, summary: 'Called off', status: ICalEventStatus.CANCELLED }
        : { ...entry, sequence, changedAt }
    })
    await noteFetched(tx, feed, now)
    const name = feed.role === 'mission' ? round.title : `${round.title}: your sessions`
    return { caller, text: toProgrammeCalendar(name, feed.time_zone ?? round.time_zone, shown) }
  })
}

const ownerOf = ({ id, role, email, pre_session, country, state }: queries.FeedRow): Caller => ({
  role,
  id,
  scopes: ['*'],
  preSessions: [pre_session],
  ...(country !== null && { countries: [country] }),
  ...(state !== null && { state }),
  ...(role === 'applicant' && { email }),
})

/** Writes what changed since the last time; most times nothing did. */
async function countChanges(tx: Tx, feed: queries.FeedRow, entries: CalendarEntry[], now: string): Promise<FeedItem[]> {
  const known = (await queries.listItems(tx, feed.id)).map(
    (row): FeedItem => ({
      slotId: row.slot_id,
      startsAt: row.starts_at,
      endsAt: row.ends_at,
      sequence: row.sequence,
      digest: row.digest,
      changedAt: row.changed_at,
      isGone: row.is_gone,
    }),
  )
  const digested = entries.map(({ slotId, startsAt, endsAt, sequence, changedAt, ...told }) => ({
    slotId,
    startsAt,
    endsAt,
    sequence,
    changedAt,
    digest: createHash('sha256')
      .update(JSON.stringify([startsAt, endsAt, told]))
      .digest('base64url'),
  }))
  const items = nextItems(known, digested, now)
  for (const item of items.filter((one) => !known.includes(one)))
    await queries.putItem(tx, {
      feed_id: feed.id,
      slot_id: item.slotId,
      starts_at: item.startsAt,
      ends_at: item.endsAt,
      sequence: item.sequence,
      digest: item.digest,
      changed_at: item.changedAt,
      is_gone: item.isGone,
    })
  return items.sort((a, b) => compareInstants(a.startsAt, b.startsAt))
}

const hour = 3600

/** To the hour: what is fetched every quarter of an hour need not be written as often. */
async function noteFetched(tx: Tx, { id, fetched_at }: queries.FeedRow, now: string): Promise<void> {
  if (fetched_at === null || secondsBetween(fetched_at, now) >= hour || secondsBetween(fetched_at, now) < 0)
    await queries.markFetched(tx, id, now)
}
