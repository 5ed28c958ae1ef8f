import { countBetween, reassessApplicant, reassessCountry } from '../applications/reassess.ts'
import { type Tx, violates } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { type Deadline, resolveDeadline, resolveExtension } from '../domain/deadline.ts'
import { effectiveDeadline } from '../domain/effective-deadline.ts'
import { compareInstants, parseInstant } from '../domain/instant.ts'
import { canMove, lifecycles } from '../domain/lifecycles.ts'
import { AppError, type InputFault, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import { requireMatch } from '../http/etag.ts'
import type { Static } from '../http/schemas.ts'
import { refusal } from '../pre-sessions/content.ts'
import { findStatus, lockPreSession, sharePreSession } from '../pre-sessions/queries.ts'
import { type Context, canExtend, extensionRefusal, illegalMove, reopenCall, reopens } from '../pre-sessions/service.ts'
import { settingsOf } from '../pre-sessions/settings.ts'
import { findState } from '../reference/data.ts'
import * as queries from './queries.ts'
import type * as schemas from './schemas.ts'
import { deadlineOf, toCountryForStaff } from './schemas.ts'

/** Where a country is: round number and ISO code in capitals. */
export interface Place {
  number: number
  iso3: string
}

export const placeOf = ({ number, iso3 }: Place): Place => ({ number, iso3: iso3.toUpperCase() })

export const contextOf = ({ caller, receivedAt }: { caller: Context['caller']; receivedAt: string }): Context => ({
  caller,
  now: receivedAt,
})

/** The country as staff see it; 404 for the round or for the country. */
export async function readCountry(db: Deps['db'], { number, iso3 }: Place): Promise<queries.CountryRow> {
  const found = await queries.findCountry(db, { number, isStaff: true }, iso3)
  if (found === undefined) throw new AppError('pre_session_not_found')
  if (found.country === undefined) throw new AppError('country_not_found')
  return found.country
}

/** The country as it stands once the locks are held: the round's (alone, where the round may change too), then its own. */
async function lockAndRead(
  tx: Tx,
  place: Place,
  lockRound: (tx: Tx, number: number) => Promise<unknown> = sharePreSession,
): Promise<queries.CountryRow> {
  await lockRound(tx, place.number)
  await queries.lockCountry(tx, place.number, place.iso3)
  return readCountry(tx, place)
}

interface Entry {
  action: string
  reason?: string | undefined
  details?: Record<string, unknown>
}

const tell = (tx: Tx, { number, iso3 }: Place, { caller, now }: Context, { action, reason, details }: Entry) =>
  appendHistory(tx, { preSession: number, action, at: now, actor: caller.id, reason, details: { iso3, ...details } })

const reassess = (tx: Tx, { number, iso3 }: Place, { caller, now }: Context, cause: string) =>
  reassessCountry(tx, iso3, { preSession: number, now, actor: caller.id, cause })

/** R1: only Member States are reviewed. */
export async function addCountry({ db }: Deps, place: Place, context: Context): Promise<queries.CountryRow> {
  const { number, iso3 } = place
  if (findState(iso3)?.kind !== 'member') {
    throw invalidInput('/iso3', 'unknown_state', `"${iso3}" is not the code of a Member State of the United Nations.`)
  }
  return db.transaction().execute(async (tx) => {
    if ((await lockPreSession(tx, number)) === undefined) throw new AppError('pre_session_not_found')
    const row = { pre_session: number, iso3, created_at: context.now, updated_at: context.now }
    if ((await queries.appendCountry(tx, row)) === undefined) throw new AppError('country_exists')
    await tell(tx, place, context, { action: 'country.added' })
    await reassess(tx, place, context, 'countryAdded')
    return readCountry(tx, place)
  })
}

interface Update {
  patch: Static<typeof schemas.UpdateCountry>
  ifMatch: string | undefined
}

export async function updateCountry({ db }: Deps, place: Place, { patch, ifMatch }: Update, context: Context) {
  return db.transaction().execute(async (tx) => {
    const row = await lockAndRead(tx, place)
    requireMatch(ifMatch, toCountryForStaff(row, context.now))
    const { status = row.status, reason } = patch
    if (status === row.status) return row
    const machine = lifecycles.countryUnderReview
    if (!canMove(machine, row.status, status, 'person')) throw illegalMove(machine, row.status, status)
    await queries.updateCountry(tx, place.number, place.iso3, { status, updated_at: context.now })
    const details = { from: row.status, to: status }
    await tell(tx, place, context, { action: 'country.statusChanged', reason, details })
    // Whether it is held or not is no matter of the assessment.
    if (row.status === 'withdrawn' || status === 'withdrawn') await reassess(tx, place, context, 'countryStatusChanged')
    return readCountry(tx, place)
  })
}

/** Only while nothing refers to it: no application, no extension, no waiver. */
export async function removeCountry({ db }: Deps, place: Place, ifMatch: string | undefined, context: Context) {
  await db.transaction().execute(async (tx) => {
    const row = await lockAndRead(tx, place)
    requireMatch(ifMatch, toCountryForStaff(row, context.now))
    const deleted = await queries.deleteCountry(tx, place.number, place.iso3).catch(refuseInUse)
    if (deleted === undefined) throw new AppError('country_in_use')
    await tell(tx, place, context, { action: 'country.removed' })
  })
}

function refuseInUse(error: unknown): never {
  const isInUse = ['deadline_extension_country', 'deadline_waiver_country', 'slot_country_country'].some((name) =>
    violates(error, name),
  )
  throw isInUse ? new AppError('country_in_use', { cause: error }) : error
}

interface Release {
  at: string
  ifMatch: string | undefined
}

/** R20: what was decided becomes public at that instant, not before. */
export async function releaseCountry({ db }: Deps, place: Place, { at, ifMatch }: Release, context: Context) {
  const releaseAt = parseInstant(at)
  if (releaseAt === undefined) throw invalidInput('/at', 'wrong_format', `"${at}" is not an RFC 3339 instant.`)
  return db.transaction().execute(async (tx) => {
    const row = await lockAndRead(tx, place)
    requireMatch(ifMatch, toCountryForStaff(row, context.now), { required: false })
    await queries.updateCountry(tx, place.number, place.iso3, { release_at: releaseAt, updated_at: context.now })
    const details = { at: releaseAt, previous: row.release_at }
    await tell(tx, place, context, { action: 'country.releaseSet', details })
    return readCountry(tx, place)
  })
}

/** R6: only later, for all alike: what was received between the old and the new end is judged anew, and a closed call reopens. */
export async function extendDeadline(
  { db }: Deps,
  place: Place,
  { reason, kind = 'application', ...input }: Static<typeof schemas.ExtendDeadline>,
  context: Context,
): Promise<queries.ExtensionRow> {
  const { number, iso3 } = place
  const { caller, now } = context
  if (kind !== 'application')
    return db.transaction().execute((tx) => extendHandingIn(tx, place, { kind, reason, ...input }, context))
  return db.transaction().execute(async (tx) => {
    const row = await lockAndRead(tx, place, lockForExtension)
    if (!canExtend(row.round_status)) throw extensionRefusal(row.round_status)
    if (row.status === 'withdrawn')
      throw new AppError('extension_not_possible', { detail: 'The country is withdrawn.' })
    const { local, timeZone, wording, offset, closesAt: from } = deadlineOf(row)
    const previous = { local, timeZone, ...(wording && { wording }), ...(offset && { offset }), closesAt: from }
    const deadline = laterDeadline(previous, { ...input, timeZone: input.timeZone ?? timeZone })
    const to = deadline.closesAt
    const text = JSON.stringify(deadline)
    await queries.updateCountry(tx, number, iso3, { application_deadline: text, closes_at: to, updated_at: now })
    await reopenCall(tx, { number, status: row.round_status }, context)
    const reassessed = await reassess(tx, place, context, 'deadlineExtension')
    const reassessedCount = countBetween(reassessed, (country) => (country === iso3 ? [from, to] : undefined))
    const extension = await queries.insertExtension(tx, {
      pre_session: number,
      iso3,
      deadline: text,
      closes_at: to,
      previous_deadline: JSON.stringify(previous),
      previous_closes_at: from,
      reason,
      declared_by: caller.id,
      declared_at: now,
      reassessed_count: reassessedCount,
    })
    const details = { extensionId: extension.id, deadline, previous, reassessedCount }
    await tell(tx, place, context, { action: 'country.deadlineExtended', reason, details })
    return extension
  })
}

type HandingInKind = 'statement' | 'video'

/** What is handed in is held against its deadline when it is looked at: nothing is to be judged again. */
async function extendHandingIn(
  tx: Tx,
  place: Place,
  { kind, reason, ...input }: Static<typeof schemas.ExtendDeadline> & { kind: HandingInKind },
  context: Context,
): Promise<queries.ExtensionRow> {
  const row = await lockAndRead(tx, place)
  if (row.status === 'withdrawn') throw new AppError('extension_not_possible', { detail: 'The country is withdrawn.' })
  const { current } = await readHandingIn(tx, place, kind)
  const { caller, now } = context
  const { local, timeZone, wording, offset, closesAt } = current
  const previous = { local, timeZone, ...(wording && { wording }), ...(offset && { offset }), closesAt }
  const deadline = laterDeadline(previous, { ...input, timeZone: input.timeZone ?? timeZone })
  const text = JSON.stringify(deadline)
  await queries.updateCountry(tx, place.number, place.iso3, { [`${kind}_deadline`]: text, updated_at: now })
  const extension = await queries.insertExtension(tx, {
    kind,
    pre_session: place.number,
    iso3: place.iso3,
    deadline: text,
    closes_at: deadline.closesAt,
    previous_deadline: JSON.stringify(previous),
    previous_closes_at: closesAt,
    reason,
    declared_by: caller.id,
    declared_at: now,
    reassessed_count: 0,
  })
  const details = { extensionId: extension.id, kind, deadline, previous }
  await tell(tx, place, context, { action: 'country.deadlineExtended', reason, details })
  return extension
}

/** The deadline for statements or videos that holds for the country; without one of the round there is nothing to move. */
async function readHandingIn(tx: Tx, place: Place, kind: HandingInKind): Promise<{ current: Deadline }> {
  const found = await queries.findHandingIn(tx, place)
  const [round, own] =
    kind === 'video'
      ? [found.video_deadline, found.country_video_deadline]
      : [found.statement_deadline, found.country_statement_deadline]
  if (round === null)
    throw new AppError('extension_not_possible', { detail: `The round has no deadline for ${kind}s.` })
  return { current: effectiveDeadline(round, own ?? undefined) }
}

/** The round is held alone only where the extension reopens its call; otherwise the other countries go on meanwhile. */
async function lockForExtension(tx: Tx, number: number): Promise<void> {
  const status = await findStatus(tx, number)
  if (status !== undefined && reopens(status)) await lockPreSession(tx, number)
  else await sharePreSession(tx, number)
}

function laterDeadline(current: Deadline, input: Parameters<typeof resolveExtension>[1]): Deadline {
  const resolved = resolveExtension(current, input)
  if ('deadline' in resolved) return resolved.deadline
  const notLater = resolved.faults.find((fault) => fault.code === 'not_later')
  throw notLater ? new AppError('extension_not_later', { detail: notLater.message }) : refusal(resolved.faults)
}

/** R7: one applicant is let in until a later instant; its applications are judged anew in the same transaction. */
export async function grantWaiver(
  { db }: Deps,
  place: Place,
  { email, until, reason, kind = 'application' }: Static<typeof schemas.GrantWaiver>,
  context: Context,
): Promise<queries.WaiverRow> {
  const { number, iso3 } = place
  const { caller, now } = context
  const address = email.toLowerCase()
  return db.transaction().execute(async (tx) => {
    const row = await lockAndRead(tx, place)
    if (!settingsOf(await queries.findSettings(tx, number)).lateWaiversAllowed)
      throw new AppError('waivers_not_allowed')
    const end = readUntil(until, row.time_zone)
    const { closesAt } = kind === 'application' ? deadlineOf(row) : (await readHandingIn(tx, place, kind)).current
    if (compareInstants(end, closesAt) <= 0) {
      const detail = `The deadline for everybody closes at ${closesAt}; a waiver until ${end} would give nobody more time.`
      throw new AppError('extension_not_later', { detail })
    }
    const { id } = await queries.insertWaiver(tx, {
      kind,
      pre_session: number,
      iso3,
      email: address,
      until: end,
      reason,
      granted_by: caller.id,
      granted_at: now,
    })
    const change = { preSession: number, now, actor: caller.id, cause: 'deadlineWaiver' }
    // An earlier content may name this country where the one that counts names another.
    const reassessed = kind === 'application' ? await reassessApplicant(tx, iso3, address, change) : []
    const reassessedCount = reassessed.filter(({ country }) => country === iso3).length
    const details = { waiverId: id, kind, until: end, reassessedCount }
    await tell(tx, place, context, { action: 'country.waiverGranted', reason, details })
    return queries.completeWaiver(tx, id, reassessedCount)
  })
}

/** An instant as it is; a clock time of the round's zone by the rule of deadlines. */
function readUntil(until: string, timeZone: string): string {
  const instant = parseInstant(until)
  if (instant !== undefined) return instant
  const resolved = resolveDeadline({ local: until, timeZone })
  if ('deadline' in resolved) return resolved.deadline.closesAt
  throw refusal(resolved.faults.map((fault): InputFault => ({ ...fault, pointer: '/until' })))
}
