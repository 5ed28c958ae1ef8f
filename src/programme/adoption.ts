import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { parseInstant } from '../domain/instant.ts'
import type { ProgrammeSlot, ProgrammeSpeaker } from '../domain/programme.ts'
import { AppError, type InputFault } from '../errors.ts'
import { appendHistory } from '../history/queries.ts'
import type { Act } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import type { Static } from '../http/schemas.ts'
import { lockRound } from '../pre-sessions/service.ts'
import { listUsableCountries, lockSlots, type SlotRow, takeTurn } from '../slots/queries.ts'
import { shareApplications } from '../slots/queries-speakers.ts'
import { oneLine } from '../slots/service.ts'
import { readerOf } from '../slots/views.ts'
import { writeSlots } from './adoption-writes.ts'
import * as queries from './queries.ts'
import { judgeProgramme, listRoundSlots, readProgrammeForStaff, toSpeakers } from './reading.ts'
import type { AdoptProgramme, ProgrammeForStaffView } from './schemas.ts'
import { brokenRules, neverAllowed, requireOpenRound } from './service.ts'

type Adoption = Static<typeof AdoptProgramme>

/** A slot as it is to be, with the present one where there is one. */
export interface WantedSlot extends Omit<ProgrammeSlot, 'speakers' | 'countries'> {
  row: SlotRow | undefined
  countries: string[]
  /** Undefined: the seats stay as they are. */
  speakers: string[] | undefined
}

/** Makes the planned slots of the round these, in one transaction: a proposal as it came or edited by hand. What is open, live or over stays. */
export async function adoptProgramme(
  deps: Deps,
  number: number,
  adoption: Adoption,
  act: Act,
): Promise<ProgrammeForStaffView> {
  const { caller, now } = act
  const reader = readerOf(caller)
  return deps.db.transaction().execute(async (tx) => {
    const round = await lockRound(tx, number)
    requireOpenRound(round.status)
    await takeTurn(tx, number)
    // A seat is given under the slot's lock alone: before it is held, what is read may be no longer so.
    await lockSlots(
      tx,
      (await listRoundSlots(tx, number, reader, now)).map(({ id }) => id),
    )
    requireMatch(act.ifMatch, await readProgrammeForStaff(tx, round, { reader, now }))
    const rows = await listRoundSlots(tx, number, reader, now)
    const speakers = toSpeakers(await queries.listSpeakers(tx, number))
    const wanted = readSlots(adoption, rows)
    await refuseFaults(tx, number, { adoption, wanted, speakers })
    const seats = await queries.listSeats(tx, number)
    const frame = { ...adoption.frame, timeZone: round.time_zone }
    refuseBreaches(frame, { wanted, rows, speakers, seats, allow: adoption.allow ?? [] })
    await shareApplications(
      tx,
      speakers.map(({ id }) => id),
    )
    await writeSlots(deps, tx, { number, timeZone: round.time_zone, wanted, rows, seats, reason: adoption.reason }, act)
    const updated = { updated_at: now, updated_by: caller.id }
    await queries.putFrame(tx, { pre_session: number, frame: JSON.stringify(adoption.frame), ...updated })
    const details = { slotCount: wanted.length }
    const entry = { preSession: number, action: 'programme.adopted', at: now, actor: caller.id, details }
    await appendHistory(tx, { ...entry, reason: adoption.reason })
    return readProgrammeForStaff(tx, round, { reader, now })
  })
}

const readSlots = ({ slots }: Adoption, rows: readonly SlotRow[]): WantedSlot[] =>
  slots.map(({ id, kind, countries, room, startsAt, endsAt, speakers }) => ({
    row:
      id === undefined
        ? undefined
        : rows.find((row) => row.id === id.toLowerCase() && row.status === 'planned' && row.kind === kind),
    kind,
    countries: countries.map((iso3) => iso3.toUpperCase()),
    room: oneLine(room),
    startsAt: parseInstant(startsAt) ?? '',
    endsAt: parseInstant(endsAt) ?? '',
    speakers: speakers?.map((one) => one.toLowerCase()),
  }))

interface Given {
  adoption: Adoption
  wanted: readonly WantedSlot[]
  speakers: readonly ProgrammeSpeaker[]
}

async function refuseFaults(tx: Tx, number: number, { adoption, wanted, speakers }: Given): Promise<void> {
  const faults: InputFault[] = []
  const { hours, lunch } = adoption.frame
  if (hours.to <= hours.from)
    faults.push({ pointer: '/frame/hours/to', code: 'not_after_start', message: 'A day ends after it begins.' })
  if (lunch !== null && lunch.to <= lunch.from)
    faults.push({ pointer: '/frame/lunch/to', code: 'not_after_start', message: 'Lunch ends after it begins.' })
  const usable = await listUsableCountries(tx, number, [...new Set(wanted.flatMap(({ countries }) => countries))])
  wanted.forEach((slot, index) => {
    const tell = (field: string, code: string, message: string) =>
      faults.push({ pointer: `/slots/${index}/${field}`, code, message })
    const id = adoption.slots[index]?.id
    if (id !== undefined && slot.row === undefined)
      tell('id', 'unknown_slot', 'The round has no planned slot of this kind with this id.')
    if (slot.row !== undefined && wanted.findIndex(({ row }) => row?.id === slot.row?.id) !== index)
      tell('id', 'twice', 'This slot is named twice.')
    if (slot.startsAt === '') tell('startsAt', 'wrong_format', 'This is not an RFC 3339 instant.')
    else if (slot.endsAt === '') tell('endsAt', 'wrong_format', 'This is not an RFC 3339 instant.')
    else if (slot.endsAt <= slot.startsAt) tell('endsAt', 'not_after_start', 'The end must be after the beginning.')
    slot.countries.forEach((iso3, place) => {
      if (slot.countries.indexOf(iso3) !== place) tell(`countries/${place}`, 'twice', `${iso3} is named twice.`)
      if (!usable.includes(iso3))
        tell(
          `countries/${place}`,
          'unknown_country',
          `${iso3} is not under review in this round, or was withdrawn from it.`,
        )
    })
    slot.speakers?.forEach((id, place) => {
      const speaker = speakers.find((one) => one.id === id)
      if (speaker === undefined)
        tell(`speakers/${place}`, 'not_a_speaker', 'This application has no speaker in the round.')
      else if (!slot.countries.includes(speaker.country))
        tell(`speakers/${place}`, 'other_country', 'The slot is not about the country of this application.')
    })
  })
  if (faults.length > 0)
    throw new AppError('invalid_request', { detail: faults[0]?.message ?? '', errors: faults.slice(0, 50) })
}

interface Judged {
  wanted: readonly WantedSlot[]
  rows: readonly SlotRow[]
  speakers: readonly ProgrammeSpeaker[]
  seats: readonly queries.SeatRow[]
  allow: readonly string[]
}

/** The rules hold for all slots together: also for those that are open, live or over and stay as they are. */
function refuseBreaches(
  frame: Parameters<typeof judgeProgramme>[0],
  { wanted, rows, speakers, seats, allow }: Judged,
): void {
  const seatedIn = (id: string | undefined) =>
    seats.filter(({ slot_id }) => slot_id === id).map((seat) => seat.application_id)
  const staying = rows.filter(({ status }) => status !== 'planned' && status !== 'cancelled')
  const slots: ProgrammeSlot[] = [
    ...wanted.map(({ row, ...slot }) => ({ ...slot, speakers: slot.speakers ?? seatedIn(row?.id) })),
    ...staying.map((row) => ({
      kind: row.kind,
      countries: row.countries.map(({ iso3 }) => iso3),
      room: row.room,
      startsAt: row.starts_at,
      endsAt: row.ends_at,
      speakers: seatedIn(row.id),
    })),
  ]
  // What has begun is no plan any more: it is not asked to fit the frame.
  const isPlanned = (place: number) => place < wanted.length
  const broken = judgeProgramme(frame, speakers, slots)
    .filter((breach) => breach.slots.some(isPlanned))
    .filter(({ code }) => neverAllowed.includes(code) || !allow.includes(code))
  if (broken.length > 0) throw brokenRules(broken.map((one) => ({ ...one, slot: one.slots.find(isPlanned) })))
}
