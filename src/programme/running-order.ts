import { visibilityFor } from '../applications/reading.ts'
import type { Db } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { inOrder, runningOrder } from '../domain/running-order.ts'
import { isReleased, seesAsStaff } from '../domain/visibility.ts'
import { AppError, type InputFault } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act, Caller } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { closed, component, enumOf, Id, Instant, nullable, type Static, Type } from '../http/schemas.ts'
import { findPreSession } from '../pre-sessions/queries.ts'
import { settingsOf } from '../pre-sessions/settings.ts'
import type { SlotRow } from '../slots/queries.ts'
import { openSlot, readSlot } from '../slots/service.ts'
import { listOrders, listStatements, replaceOrder, type StatementRow } from './queries-running-order.ts'

const applicationId = Id('Id of the application whose statement it is.')

export const RunningOrder = component(
  'RunningOrder',
  Type.Object(
    {
      slotId: Id('The screening.'),
      items: Type.Array(
        Type.Object(
          {
            applicationId,
            country: Type.String({ description: 'Country that it is about.', examples: ['BEL'] }),
            startsAt: Type.Optional(Instant('When it begins.')),
            endsAt: Type.Optional(Instant('When it ends.')),
            basis: Type.Optional(
              enumOf(['video', 'speakingTime'], {
                description:
                  'Where its length comes from: the accepted video, or the speaking time that everybody has (R21).',
              }),
            ),
          },
          { description: 'One statement.' },
        ),
        { description: 'The statements in their order, as far as you may know of them.' },
      ),
      spareSeconds: Type.Optional(
        nullable(Type.Number(), {
          description: 'Seconds of the slot that are left; below zero they do not fit. For who runs it.',
        }),
      ),
    },
    { description: 'The order in which a screening shows the statements, with computed times.' },
  ),
)
type View = Static<typeof RunningOrder>

export const SetRunningOrder = component(
  'SetRunningOrder',
  closed(
    {
      applicationIds: Type.Array(applicationId, {
        maxItems: 100,
        uniqueItems: true,
        description:
          'Statements in their order; those that are left out follow, unless another screening shows them. Empty: the order is no longer set.',
      }),
    },
    {
      description: 'The order of a screening.',
      examples: [{ applicationIds: ['019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'] }],
    },
  ),
)

const kind = 'screening' as const

/** The order as this caller may know it. Times that follow from videos are closed before the release, and wherever they would tell of somebody hidden. */
export async function readRunningOrder(db: Db, id: string, act: Act): Promise<View> {
  const slot = await readSlot(db, { kind, id }, act)
  const rows = await listOrdered(db, slot)
  const round = await findPreSession(db, slot.pre_session, true)
  const { speakingTimeMinutes } = settingsOf(round?.settings ?? {})
  const statements = rows.map((row) => ({ applicationId: row.id, videoSeconds: row.video_seconds }))
  const span = { startsAt: slot.starts_at, endsAt: slot.ends_at }
  const { items, spareSeconds } = runningOrder(span, statements, speakingTimeMinutes * 60)
  const runsIt = seesAsStaff(act.caller.role) || (act.caller.role === 'moderator' && slot.takes_part)
  const isShown = rows.map((row) => runsIt || isVisible(row, act))
  // Of a country that is not released, not even that nobody speaks on it is told.
  const isOpen = runsIt || slot.countries.every(({ releaseAt }) => isReleased(releaseAt, act.now))
  const showsTimes = (row: StatementRow) => isOpen && (isShown.every(Boolean) || isOwn(row, act.caller))
  return {
    slotId: slot.id,
    items: rows.flatMap((row, index) => {
      const item = items[index]
      if (!isShown[index] || item === undefined) return []
      const { startsAt, endsAt, basis } = item
      const times = runsIt ? { startsAt, endsAt, basis } : { startsAt, endsAt }
      return [{ applicationId: row.id, country: row.country, ...(showsTimes(row) && times) }]
    }),
    ...(runsIt && { spareSeconds }),
  }
}

async function listOrdered(db: Db, slot: SlotRow): Promise<StatementRow[]> {
  const all = await listStatements(
    db,
    slot.pre_session,
    slot.countries.map(({ iso3 }) => iso3),
  )
  const orders = await listOrders(db, slot.pre_session)
  const of = (isHere: boolean) =>
    orders.filter((one) => (one.slot_id === slot.id) === isHere).map((one) => one.application_id)
  return inOrder(all, of(true), of(false))
}

/** Whoever speaks knows of the own statement once the selection is released; others by release and consent. */
function isVisible(row: StatementRow, { caller, now }: Act): boolean {
  const { view, showsDecision } = visibilityFor(caller, row, now)
  return view !== 'none' && view !== 'reviewer' && showsDecision
}

const isOwn = ({ emails }: StatementRow, { role, email }: Caller): boolean =>
  role === 'applicant' && email !== undefined && emails.includes(email)

export async function setRunningOrder(
  { db }: Deps,
  id: string,
  { applicationIds }: Static<typeof SetRunningOrder>,
  act: Act,
): Promise<View> {
  return db.transaction().execute(async (tx) => {
    const slot = await openSlot(tx, { kind, id }, act)
    requireMatch(act.ifMatch, await readRunningOrder(tx, id, act))
    const ids = applicationIds.map((one) => one.toLowerCase())
    const known = await listStatements(
      tx,
      slot.pre_session,
      slot.countries.map(({ iso3 }) => iso3),
    )
    const errors = ids.flatMap((one, index): InputFault[] => {
      if (known.some((row) => row.id === one)) return []
      const message = 'This application has no statement in this screening.'
      return [{ pointer: `/applicationIds/${index}`, code: 'not_a_speaker', message }]
    })
    if (errors.length > 0) throw new AppError('invalid_request', { detail: errors[0]?.message ?? '', errors })
    await replaceOrder(tx, slot.id, ids)
    const { caller, now: at } = act
    const entry = {
      preSession: slot.pre_session,
      action: 'slot.orderSet',
      at,
      actor: caller.id,
      details: { slotId: slot.id },
    }
    await appendHistory(tx, entry)
    return readRunningOrder(tx, id, act)
  })
}
