import { DateTime } from 'luxon'
import type { StoredFrame } from '../db/tables-programme.ts'
import type { Deps } from '../deps.ts'
import { type ProgrammeInput, slotMinutes } from '../domain/programme.ts'
import { gridOf } from '../domain/programme-grid.ts'
import { isAtNight, millisOf } from '../domain/programme-time.ts'
import { AppError, type InputFault } from '../errors.ts'
import type { Static } from '../http/schemas.ts'
import type { PreSessionRow } from '../pre-sessions/queries.ts'
import { settingsOf } from '../pre-sessions/settings.ts'
import { timesIn } from '../slots/times.ts'
import type { Plan } from './planner.ts'
import { listPlannedCountries, listSpeakers } from './queries.ts'
import { daysBetween, judgeProgramme, toSpeakers } from './reading.ts'
import type { ProgrammeProposal, ProposeProgramme } from './schemas-proposals.ts'
import { planInThread } from './thread.ts'

type Request = Static<typeof ProposeProgramme>

/** Columns of the model above which it may take minutes: a country in every half of a day, room and beginning. */
const mostChoices = 12_000

/** A programme that keeps every hard rule and has as few people as possible speak at night. It is a proposal: nothing is written. */
export async function proposeProgramme(
  { db }: Deps,
  round: PreSessionRow,
  request: Request,
): Promise<Static<typeof ProgrammeProposal>> {
  const usable = await listPlannedCountries(db, round.number)
  const frame = frameOf(round, request)
  const faults = faultsOf(request, frame, usable)
  if (faults.length > 0) throw new AppError('invalid_request', { detail: faults[0]?.message ?? '', errors: faults })
  const input = inputOf(round, request, { frame, usable })
  input.speakers = toSpeakers(await listSpeakers(db, round.number)).filter(({ country }) =>
    input.countries.some(({ iso3 }) => iso3 === country),
  )
  const choices = gridOf(input).sessions.reduce((sum, { starts }) => sum + starts.length * input.countries.length, 0)
  if (choices > mostChoices)
    throw new AppError('proposal_too_large', {
      detail: `There are ${choices} choices; at most ${mostChoices} are planned.`,
    })
  const plan = await planInThread(input)
  if (plan === undefined) throw new AppError('proposal_too_large', { detail: 'No programme was found in time.' })
  const breaches = judgeProgramme(input, input.speakers, plan.slots)
  // The checker knows nothing of the planner: what it finds is a mistake of ours, and nobody gets such a programme.
  if (breaches.length > 0) throw new Error(`The planner broke a rule: ${JSON.stringify(breaches)}`)
  return toProposal(input, frame, plan)
}

function frameOf(round: PreSessionRow, { days, hours, lunch, rooms }: Request): StoredFrame {
  return {
    days: days === undefined ? workingDays(round) : [...days].sort(),
    hours: hours ?? { from: '09:00', to: '17:00' },
    lunch: lunch === undefined ? { from: '12:30', to: '14:00' } : lunch,
    rooms: rooms.map((room) => room.trim()),
  }
}

const mostDays = 10

function workingDays({ starts_on, ends_on }: PreSessionRow): string[] {
  const isWorking = (day: string) => DateTime.fromISO(day, { zone: 'utc' }).weekday <= 5
  const days = daysBetween(starts_on, ends_on)
  const working = days.filter(isWorking)
  return (working.length > 0 ? working : days).slice(0, mostDays)
}

type Editable = { -readonly [K in keyof ProgrammeInput]: ProgrammeInput[K] }

function inputOf(
  round: PreSessionRow,
  request: Request,
  { frame, usable }: { frame: StoredFrame; usable: string[] },
): Editable {
  const { panelSize, speakingTimeMinutes } = settingsOf(round.settings)
  const full = Math.min(slotMinutes.max, Math.max(slotMinutes.min, panelSize.max * speakingTimeMinutes))
  const usual = request.screeningMinutes ?? (round.format === 'inPerson' ? 0 : full)
  const wanted: NonNullable<Request['countries']> = request.countries ?? usable.map((iso3) => ({ iso3 }))
  const countries = wanted.map(({ iso3, screeningMinutes = usual }) => ({
    iso3: iso3.toUpperCase(),
    screeningMinutes,
  }))
  const isScreened = countries.some(({ screeningMinutes }) => screeningMinutes > 0)
  return {
    ...frame,
    timeZone: round.time_zone,
    countries,
    qaMinutes: request.qaMinutes ?? (isScreened ? 45 : 60),
    pauseMinutes: request.pauseMinutes ?? 0,
    countriesPerQa: request.countriesPerQa ?? (isScreened ? 4 : 1),
    gridMinutes: request.gridMinutes ?? 15,
    speakers: [],
  }
}

/** What no schema sees. Times of one day compare as texts. */
function faultsOf(
  { countries = [], screeningMinutes }: Request,
  { hours, lunch }: StoredFrame,
  usable: string[],
): InputFault[] {
  const faults: InputFault[] = []
  const tell = (pointer: string, code: string, message: string) => faults.push({ pointer, code, message })
  if (hours.to <= hours.from) tell('/hours/to', 'not_after_start', 'A day ends after it begins.')
  if (lunch !== null && !(hours.from < lunch.from && lunch.from < lunch.to && lunch.to < hours.to))
    tell('/lunch', 'outside_hours', 'Lunch lies within the hours of the day and ends after it begins.')
  const isLength = (minutes: number | undefined) => minutes === undefined || minutes === 0 || minutes >= slotMinutes.min
  const length = `A screening takes ${slotMinutes.min} to ${slotMinutes.max} minutes, or 0 where there is none (R26).`
  if (!isLength(screeningMinutes)) tell('/screeningMinutes', 'too_small', length)
  const codes = countries.map(({ iso3 }) => iso3.toUpperCase())
  countries.forEach((country, index) => {
    const iso3 = codes[index] as string
    if (!isLength(country.screeningMinutes)) tell(`/countries/${index}/screeningMinutes`, 'too_small', length)
    if (codes.indexOf(iso3) !== index) tell(`/countries/${index}`, 'twice', `${iso3} is named twice.`)
    if (!usable.includes(iso3))
      tell(
        `/countries/${index}`,
        'unknown_country',
        `${iso3} is not under review in this round, or has no meeting in it.`,
      )
  })
  if (countries.length === 0 && usable.length === 0)
    tell('/countries', 'required', 'The round has no country with a meeting.')
  return faults
}

function toProposal(input: ProgrammeInput, frame: StoredFrame, plan: Plan): Static<typeof ProgrammeProposal> {
  const speakers = new Map(input.speakers.map((speaker) => [speaker.id, speaker]))
  return {
    frame,
    slots: plan.slots.map((slot) => ({
      kind: slot.kind,
      countries: [...slot.countries],
      room: slot.room,
      startsAt: slot.startsAt,
      endsAt: slot.endsAt,
      atRound: timesIn(slot, input.timeZone),
      speakers: slot.speakers.flatMap((id) => {
        const speaker = speakers.get(id)
        if (speaker === undefined) return []
        const { country, timeZone } = speaker
        const { from, to } = millisOf(slot)
        const there = timeZone === null ? undefined : timesIn(slot, timeZone)
        const isNight = timeZone !== null && isAtNight(from, to, timeZone)
        return [
          {
            applicationId: id,
            country,
            timeZone,
            starts: there?.starts ?? null,
            ends: there?.ends ?? null,
            isAtNight: isNight,
          },
        ]
      }),
    })),
    atNight: plan.atNight,
    isFewest: plan.isFewest,
    firstFit: plan.firstFit,
    compromises: plan.compromises.map(({ speaker, ...reason }) => ({
      ...reason,
      ...(speaker !== undefined && { applicationId: speaker }),
    })),
    unknownTimeZones: input.speakers.filter(({ timeZone }) => timeZone === null).map(({ id }) => id),
  }
}
