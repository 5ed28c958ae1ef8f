import type { Db } from '../db/database.ts'
import { isDisplayTimeZone } from '../domain/deadline.ts'
import type { Frame, ProgrammeSlot, ProgrammeSpeaker } from '../domain/programme.ts'
import { programmeChanges } from '../domain/programme-changes.ts'
import { type Breach, breachesOf } from '../domain/programme-rules.ts'
import { roomKey } from '../domain/slots.ts'
import type { PreSessionRow } from '../pre-sessions/queries.ts'
import { listSlots, type SlotReader, type SlotRow } from '../slots/queries.ts'
import * as queries from './queries.ts'
import type { ProgrammeForStaffView } from './schemas.ts'
import { toProgramme, toProgrammeSlotForStaff, toShownSlot } from './views.ts'

/** More than any round has; a programme is read whole. */
const manySlots = 1000

export const listRoundSlots = (db: Db, preSession: number, reader: SlotReader, now: string): Promise<SlotRow[]> =>
  listSlots(db, undefined, reader, now, { filters: { preSession }, after: undefined, limit: manySlots })

/** The speakers of a round as the rules read them: one address is one person. */
export const toSpeakers = (rows: readonly queries.SpeakerRow[]): ProgrammeSpeaker[] =>
  rows.map(({ id, country, email, time_zone, windows }) => ({
    id,
    person: email?.trim().toLowerCase() || id,
    country,
    timeZone: time_zone !== null && isDisplayTimeZone(time_zone) ? time_zone : null,
    available: windows,
  }))

/** Everything that the secretariat sees of the programme, as it stands now. */
export async function readProgrammeForStaff(
  db: Db,
  round: PreSessionRow,
  { reader, now, timeZone }: { reader: SlotReader; now: string; timeZone?: string | undefined },
): Promise<ProgrammeForStaffView> {
  const rows = await listRoundSlots(db, round.number, reader, now)
  const seats = await queries.listSeats(db, round.number)
  const speakers = await queries.listSpeakers(db, round.number)
  const frame = await queries.findFrame(db, round.number)
  const version = await queries.findLastVersion(db, round.number)
  const zones = { roundZone: round.time_zone, timeZone }
  const seated = (id: string) => seats.filter((seat) => seat.slot_id === id).map((seat) => seat.application_id)
  return {
    ...toProgramme(round.number, [], { ...zones, version }),
    frame: frame ?? null,
    slots: rows.map((row) => toProgrammeSlotForStaff(row, seated(row.id), zones)),
    changes: programmeChanges(version?.slots ?? [], rows.map(toShownSlot)),
    breaches: breachesIn(round, frame, { rows, speakers: toSpeakers(speakers), seated }),
    withoutStatement: speakers
      .filter((speaker) => !speaker.has_statement)
      .map(({ id, country }) => ({ applicationId: id, country })),
  }
}

interface Content {
  rows: readonly SlotRow[]
  speakers: ProgrammeSpeaker[]
  seated(slotId: string): string[]
}

function breachesIn(
  round: PreSessionRow,
  frame: Omit<Frame, 'timeZone'> | undefined,
  { rows, speakers, seated }: Content,
) {
  const planned = rows.filter(({ status }) => status !== 'cancelled')
  const slots = planned.map(
    (row): ProgrammeSlot => ({
      kind: row.kind,
      countries: row.countries.map(({ iso3 }) => iso3),
      room: row.room,
      startsAt: row.starts_at,
      endsAt: row.ends_at,
      speakers: seated(row.id),
    }),
  )
  const found = judgeProgramme({ ...(frame ?? openFrame(round, slots)), timeZone: round.time_zone }, speakers, slots)
  const broken = found.map(({ code, message, slots: places }) => ({
    code,
    message,
    slotIds: places.map((place) => planned[place]?.id ?? ''),
  }))
  return [...broken, ...rows.flatMap(withdrawnIn)]
}

/** What is still planned about a country that left the round: changed or called off, before it is published. */
const withdrawnIn = ({ id, status, countries }: SlotRow) =>
  (status === 'planned' ? countries : [])
    .filter((country) => country.status === 'withdrawn')
    .map(({ iso3 }) => ({
      code: 'country_withdrawn' as const,
      message: `${iso3} was withdrawn from the round; the slot is still about it.`,
      slotIds: [id],
    }))

/** Room names are compared as rooms are: letter case and spaces do not count. */
export const judgeProgramme = (
  frame: Frame,
  speakers: readonly ProgrammeSpeaker[],
  slots: readonly ProgrammeSlot[],
): Breach[] =>
  breachesOf(
    { ...frame, rooms: frame.rooms.map(roomKey), speakers },
    slots.map((slot) => ({ ...slot, room: roomKey(slot.room) })),
  )

/** Until somebody says when the round meets: any hour of its days, in the rooms that there are. */
function openFrame({ starts_on, ends_on }: PreSessionRow, slots: readonly ProgrammeSlot[]): Omit<Frame, 'timeZone'> {
  return {
    days: daysBetween(starts_on, ends_on),
    hours: { from: '00:00', to: '24:00' },
    lunch: null,
    rooms: slots.map(({ room }) => room),
  }
}

/** The calendar days from one to another, both included, sixty at most. */
export function daysBetween(first: string, last: string): string[] {
  const day = (offset: number) =>
    new Date(Date.parse(`${first}T00:00:00Z`) + offset * 86_400_000).toISOString().slice(0, 10)
  const days = Array.from({ length: 60 }, (_, offset) => day(offset))
  return days.filter((one) => one <= last)
}
