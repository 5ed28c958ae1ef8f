import { isDeepStrictEqual } from 'node:util'
import { countBetween, reassessRound } from '../applications/reassess.ts'
import { insertCountries, lockCountries } from '../countries/queries.ts'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import type { Deadline } from '../domain/deadline.ts'
import { effectiveDeadline } from '../domain/effective-deadline.ts'
import { compareInstants } from '../domain/instant.ts'
import type { Lifecycle } from '../domain/lifecycle.ts'
import { canMove, legalMoves, lifecycles } from '../domain/lifecycles.ts'
import { AppError, invalidInput } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Caller } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { type CalendarSession, findCalendarSession } from '../reference/data.ts'
import { type Created, contentOf, type Patch, patched, toColumns } from './content.ts'
import * as queries from './queries.ts'
import { type PreSessionView, toPreSession } from './schemas.ts'

/** Who acts, and when the whole request had been read. */
export interface Context {
  caller: Caller
  now: string
}

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
    const isJudgedAnew =
      isMoved || assessmentSettings.some((name) => !isDeepStrictEqual(view.settings[name], after.settings[name]))
    const cause = isMoved ? 'deadlineExtension' : 'settingsChanged'
    const reassessedCount = isJudgedAnew
      ? await reassess(tx, row, content.application_deadline, { ...context, cause })
      : undefined
    const details = { changes, ...(isMoved && { reassessedCount }) }
    const { caller, now } = context
    await appendHistory(tx, { preSession: number, action: 'preSession.changed', at: now, actor: caller.id, details })
    return readRound(tx, number)
  })
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

export const reopens = (status: string): boolean =>
  canMove(lifecycles.preSession, status, 'callOpen', 'deadlineExtension')

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

/** What the assessment of an application reads of the settings. */
const assessmentSettings = ['requiredFields', 'uprSubmissionRequired', 'aimWordLimit'] as const

/** R6: every submitted application of the round is judged anew. Answers how many were received between the old and the new end of their country. */
async function reassess(
  tx: Tx,
  row: queries.PreSessionRow,
  next: Deadline,
  { caller, now, cause }: Context & { cause: string },
): Promise<number> {
  const countries = new Map(
    (await lockCountries(tx, row.number)).map(({ iso3, application_deadline }) => [iso3, application_deadline]),
  )
  const reassessed = await reassessRound(tx, { preSession: row.number, now, actor: caller.id, cause })
  return countBetween(reassessed, (country) => {
    const extension = countries.get(country ?? '') ?? undefined
    const end = (round: Deadline) => effectiveDeadline(round, extension).closesAt
    return [end(row.application_deadline), end(next)]
  })
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
