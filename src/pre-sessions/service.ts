import { isDeepStrictEqual } from 'node:util'
import { reassessReceived } from '../applications/reassess.ts'
import { insertCountries, lockCountries } from '../countries/queries.ts'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { type Deadline, type DeadlineInput, resolveDeadline } from '../domain/deadline.ts'
import { effectiveDeadline } from '../domain/effective-deadline.ts'
import { compareInstants } from '../domain/instant.ts'
import type { Lifecycle } from '../domain/lifecycle.ts'
import { canMove, legalMoves, lifecycles } from '../domain/lifecycles.ts'
import { AppError, type InputFault, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Caller } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import type { Static } from '../http/schemas.ts'
import { type CalendarSession, findCalendarSession } from '../reference/data.ts'
import * as queries from './queries.ts'
import type * as schemas from './schemas.ts'
import { type PreSessionView, toPreSession } from './schemas.ts'
import { defaultSettings, mergeSettings, type RoundSettings, settingsOf } from './settings.ts'

/** Who acts, and when the whole request had been read. */
export interface Context {
  caller: Caller
  now: string
}

export type Created = Static<typeof schemas.CreatePreSession>
type Patch = Static<typeof schemas.UpdatePreSession>
type DeadlinePatch = Static<typeof schemas.DeadlinePatch>

/** R1: a round of a session in the calendar begins with the countries of that session, in its order. */
export async function createPreSession({ db }: Deps, body: Created, { caller, now }: Context) {
  const { number } = body
  const content = contentOf(body)
  const { states = [], confidence }: Partial<CalendarSession> = findCalendarSession(number) ?? {}
  const countries = states.map(({ iso3 }, index) => ({
    pre_session: number,
    iso3,
    position: index + 1,
    ...(confidence && { confidence }),
    created_at: now,
    updated_at: now,
  }))
  return db.transaction().execute(async (tx) => {
    const row = { ...toColumns(content), number, published: false, created_at: now, updated_at: now }
    if ((await queries.insertPreSession(tx, row)) === undefined) throw new AppError('pre_session_exists')
    if (countries.length > 0) await insertCountries(tx, countries)
    const details = { countries: countries.map(({ iso3 }) => iso3) }
    await appendHistory(tx, { preSession: number, action: 'preSession.created', at: now, actor: caller.id, details })
    return readRound(tx, number)
  })
}

/** What a person may write of a round. */
type Content = Pick<
  queries.PreSessionRow,
  | 'title'
  | 'format'
  | 'starts_on'
  | 'ends_on'
  | 'dates_precision'
  | 'time_zone'
  | 'application_deadline'
  | 'statement_deadline'
  | 'video_deadline'
  | 'application_form_url'
> & { settings: RoundSettings }

function contentOf(body: Created): Content {
  const faults: InputFault[] = []
  const read = (pointer: string, input: Static<typeof schemas.DeadlineInput>) =>
    readDeadline(pointer, { ...input, timeZone: input.timeZone ?? body.timeZone }, faults)
  const applicationDeadline = read('/applicationDeadline', body.applicationDeadline)
  const content = {
    title: body.title ?? `Pre-sessions ${body.number}`,
    format: body.format,
    starts_on: body.dates.start,
    ends_on: body.dates.end,
    dates_precision: body.dates.precision ?? ('tentative' as const),
    time_zone: body.timeZone,
    statement_deadline: (body.statementDeadline && read('/statementDeadline', body.statementDeadline)) ?? null,
    video_deadline: (body.videoDeadline && read('/videoDeadline', body.videoDeadline)) ?? null,
    application_form_url: body.applicationFormUrl ?? null,
    settings: mergeSettings(defaultSettings, body.settings ?? {}),
  }
  faults.push(...faultsOf(content))
  if (applicationDeadline === undefined || faults.length > 0) throw refusal(faults)
  return { ...content, application_deadline: applicationDeadline }
}

function readDeadline(pointer: string, input: DeadlineInput, faults: InputFault[]): Deadline | undefined {
  const resolved = resolveDeadline(input)
  if ('deadline' in resolved) return resolved.deadline
  faults.push(...resolved.faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer })))
  return undefined
}

/** What no schema can see: dates in order, a zone that names a place (judged as that of a deadline), a panel that is possible. */
function faultsOf({ starts_on, ends_on, time_zone, settings }: Omit<Content, 'application_deadline'>): InputFault[] {
  const zone = resolveDeadline({ local: '2021-01-01T12:00', timeZone: time_zone })
  const faults: InputFault[] = 'faults' in zone ? [...zone.faults] : []
  if (ends_on < starts_on) {
    const message = `The last day, ${ends_on}, lies before the first, ${starts_on}.`
    faults.push({ pointer: '/dates/end', code: 'before_start', message })
  }
  const { min, max } = settings.panelSize
  if (min > max) {
    const message = `A panel cannot have at least ${min} and at most ${max} speakers.`
    faults.push({ pointer: '/settings/panelSize/max', code: 'below_min', message })
  }
  return faults
}

export const refusal = (errors: InputFault[]): AppError =>
  new AppError('invalid_request', {
    detail: errors.length === 1 && errors[0] ? errors[0].message : `${errors.length} faults in the request.`,
    errors,
  })

const toColumns = (content: Content) => ({
  title: content.title,
  format: content.format,
  starts_on: content.starts_on,
  ends_on: content.ends_on,
  dates_precision: content.dates_precision,
  time_zone: content.time_zone,
  application_deadline: JSON.stringify(content.application_deadline),
  closes_at: content.application_deadline.closesAt,
  statement_deadline: content.statement_deadline && JSON.stringify(content.statement_deadline),
  video_deadline: content.video_deadline && JSON.stringify(content.video_deadline),
  application_form_url: content.application_form_url,
  settings: JSON.stringify(content.settings),
})

async function readRound(tx: Tx, number: number): Promise<queries.PreSessionRow> {
  const row = await queries.findPreSession(tx, number, true)
  if (row === undefined) throw new AppError('pre_session_not_found')
  return row
}

/** The round as it stands once its lock is held. */
export async function lockRound(tx: Tx, number: number): Promise<queries.PreSessionRow> {
  await queries.lockPreSession(tx, number)
  return readRound(tx, number)
}

interface Update {
  number: number
  patch: Patch
  ifMatch: string | undefined
}

/** R6: once the call was opened, the application deadline only ever moves later, for all alike. */
export async function updatePreSession({ db }: Deps, { number, patch, ifMatch }: Update, context: Context) {
  return db.transaction().execute(async (tx) => {
    const row = await lockRound(tx, number)
    const view = toPreSession(row, context.now)
    requireMatch(ifMatch, view)
    const content = patched(row, patch)
    const after = toPreSession({ ...row, ...content }, context.now)
    const changes = differences(view, after)
    if (Object.keys(changes).length === 0) return row
    const isMoved = decideMove(row, content.application_deadline)
    await queries.updatePreSession(tx, number, { ...toColumns(content), updated_at: context.now })
    if (isMoved) await reopenCall(tx, row, context)
    const reassessedCount = isMoved
      ? await reassessCountries(tx, row, content.application_deadline, context)
      : undefined
    const details = { changes, ...(reassessedCount !== undefined && { reassessedCount }) }
    const { caller, now } = context
    await appendHistory(tx, { preSession: number, action: 'preSession.changed', at: now, actor: caller.id, details })
    return readRound(tx, number)
  })
}

function patched(row: queries.PreSessionRow, patch: Patch): Content {
  const faults: InputFault[] = []
  const timeZone = patch.timeZone ?? row.time_zone
  const read = (pointer: string, current: Deadline | null, change: DeadlinePatch | null | undefined) => {
    if (change === undefined || change === null) return change === null ? null : current
    return readDeadline(pointer, mergeDeadline(current, change, timeZone), faults) ?? null
  }
  const applicationDeadline = read('/applicationDeadline', row.application_deadline, patch.applicationDeadline)
  const content = {
    title: patch.title ?? row.title,
    format: patch.format ?? row.format,
    starts_on: patch.dates?.start ?? row.starts_on,
    ends_on: patch.dates?.end ?? row.ends_on,
    dates_precision: patch.dates?.precision ?? row.dates_precision,
    time_zone: timeZone,
    statement_deadline: read('/statementDeadline', row.statement_deadline, patch.statementDeadline),
    video_deadline: read('/videoDeadline', row.video_deadline, patch.videoDeadline),
    application_form_url: patch.applicationFormUrl === undefined ? row.application_form_url : patch.applicationFormUrl,
    settings: mergeSettings(settingsOf(row.settings), patch.settings ?? {}),
  }
  faults.push(...faultsOf(content))
  if (applicationDeadline === null || faults.length > 0) throw refusal(faults)
  return { ...content, application_deadline: applicationDeadline }
}

/** Wording and offset belong to one clock time: they are not carried over to another one. */
function mergeDeadline(current: Deadline | null, patch: DeadlinePatch, roundZone: string): DeadlineInput {
  const local = patch.local ?? current?.local ?? ''
  const timeZone = patch.timeZone ?? current?.timeZone ?? roundZone
  const isSameTime = local === current?.local && timeZone === current.timeZone
  const kept = isSameTime ? { wording: current.wording, offset: current.offset } : {}
  const { wording, offset } = { ...kept, ...patch }
  return { local, timeZone, wording: wording ?? undefined, offset: offset ?? undefined, closesAt: patch.closesAt }
}

/** What changed, by the names of the contract; what is computed follows from the rest. */
function differences(before: PreSessionView, after: PreSessionView): Record<string, { from: unknown; to: unknown }> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof PreSessionView)[]
  const changed = names.filter(
    (name) => name !== 'acceptingApplications' && !isDeepStrictEqual(before[name], after[name]),
  )
  return Object.fromEntries(changed.map((name) => [name, { from: before[name] ?? null, to: after[name] ?? null }]))
}

/** R6: whether the deadline moves to another instant, and whether it may. A draft is free; a postponed round gets its new date. */
function decideMove({ status, application_deadline: current }: queries.PreSessionRow, next: Deadline): boolean {
  const later = compareInstants(next.closesAt, current.closesAt)
  if (later === 0 || status === 'draft') return later !== 0
  if (later < 0) {
    const detail = `The deadline closes at ${current.closesAt} and is never shortened; ${next.closesAt} is earlier.`
    throw new AppError('extension_not_later', { detail })
  }
  if (!canExtend(status) && status !== 'postponed') throw extensionRefusal(status)
  return true
}

const reopens = (status: string): boolean => canMove(lifecycles.preSession, status, 'callOpen', 'deadlineExtension')

/** R6: a deadline may be extended while the call is prepared or open, and afterwards as long as that reopens it. */
export const canExtend = (status: string): boolean => status === 'draft' || status === 'callOpen' || reopens(status)

export const extensionRefusal = (status: string): AppError =>
  new AppError('extension_not_possible', { detail: `The round is in the status "${status}".` })

/** R6: a later deadline reopens a call that was closed, in the same transaction. */
export async function reopenCall(tx: Tx, round: { number: number; status: string }, { caller, now }: Context) {
  if (!reopens(round.status)) return
  await queries.updatePreSession(tx, round.number, { status: 'callOpen', updated_at: now })
  const details = { from: round.status, to: 'callOpen', cause: 'deadlineExtension' }
  const entry = { preSession: round.number, action: 'preSession.statusChanged', at: now, actor: caller.id, details }
  await appendHistory(tx, entry)
}

/** R6: for every country whose end moves with the round's, what was received between the old and the new end is judged anew. */
async function reassessCountries(tx: Tx, row: queries.PreSessionRow, next: Deadline, { caller, now }: Context) {
  let count = 0
  for (const { iso3, application_deadline } of await lockCountries(tx, row.number)) {
    const ends = [row.application_deadline, next].map((round) =>
      effectiveDeadline(round, application_deadline ?? undefined),
    )
    const [from, to] = ends.map((end) => end.closesAt).sort(compareInstants) as [string, string]
    if (from === to) continue
    const cause = 'deadlineExtension'
    count += await reassessReceived(tx, { preSession: row.number, iso3, from, to, now, actor: caller.id, cause })
  }
  return count
}

interface Move {
  number: number
  to: PreSessionView['status']
  reason: string | undefined
  ifMatch: string | undefined
}

const needsReason = ['postponed', 'cancelled']

export async function transitionPreSession(
  { db }: Deps,
  { number, to, reason, ifMatch }: Move,
  { caller, now }: Context,
) {
  if (needsReason.includes(to) && reason === undefined) {
    throw invalidInput('/reason', 'required', `A round is ${to} for a reason; say it.`)
  }
  return db.transaction().execute(async (tx) => {
    const row = await lockRound(tx, number)
    requireMatch(ifMatch, toPreSession(row, now), { required: false })
    if (!canMove(lifecycles.preSession, row.status, to, 'person')) {
      throw illegalMove(lifecycles.preSession, row.status, to)
    }
    const published = to === 'callOpen' ? { published: true } : {}
    await queries.updatePreSession(tx, number, { status: to, ...published, updated_at: now })
    const details = { from: row.status, to }
    const entry = { preSession: number, action: 'preSession.statusChanged', at: now, actor: caller.id, reason, details }
    await appendHistory(tx, entry)
    return readRound(tx, number)
  })
}

/** Names the moves that a person can make from there. */
export function illegalMove(machine: Lifecycle, from: string, to: string): AppError {
  const legal = legalMoves(machine, from, 'person').map((move) => move.to)
  const moves = legal.length === 0 ? 'there is no move any more' : `the legal moves are: ${legal.join(', ')}`
  return new AppError('illegal_transition', { detail: `From "${from}" to "${to}" is not a move; ${moves}.` })
}
