import type { Cursor } from '../db/page.ts'
import { type Deadline as DeadlineFacts, describeInstant } from '../domain/deadline.ts'
import { addSeconds } from '../domain/instant.ts'
import { lifecycles } from '../domain/lifecycles.ts'
import type { PreSessionStatus } from '../domain/lifecycles-round.ts'
import { isBeforeClosing } from '../domain/window.ts'
import { sayLocal } from '../domain/wording.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import {
  CalendarDate,
  closed,
  component,
  cursorQuery,
  enumOf,
  Instant,
  limitQuery,
  nullable,
  pageOf,
  ref,
  type Static,
  Type,
} from '../http/schemas.ts'
import { deadlinesIn } from './calendar.ts'
import type { DeadlineRow, PreSessionRow } from './queries.ts'
import { RoundSettings, RoundSettingsPatch, settingsOf } from './settings.ts'

export const staff = ['admin', 'secretariat'] as const
export const isStaff = (caller: Caller): boolean => (staff as readonly string[]).includes(caller.role)

/** One line of text that says something: no control characters, no broken characters. */
const line = (maxLength: number, options: object) =>
  Type.String({ maxLength, pattern: '^(?![\\s\\S]*[\\p{Cc}\\p{Cs}])\\s*\\S', ...options })

/** Text that says something, over several lines if need be. */
export const ReasonText = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 2000,
    pattern: '^(?![\\s\\S]*[\\u0000\\p{Cs}])\\s*\\S',
    description,
    examples: ['Internet shutdown in the capital from 5 to 7 January'],
  })

const deadlineParts = {
  local: Type.String({
    maxLength: 40,
    description: 'Clock time of the place, YYYY-MM-DDTHH:MM. The named minute counts in full (R4).',
    examples: ['2021-01-08T23:59'],
  }),
  timeZone: Type.String({
    maxLength: 64,
    description: 'IANA zone that names a place. `CET`, `EST`, `Etc/…`, `UTC` and offsets are refused (R5).',
    examples: ['Europe/Zurich'],
  }),
  wording: line(200, {
    description: 'The deadline as it is published.',
    examples: ['23h59 CET on Friday, 8 January 2021'],
  }),
  offset: Type.String({
    pattern: '^[+-]\\d{2}:\\d{2}$',
    description: 'Which of two, where clocks show `local` twice in autumn; otherwise it must fit.',
    examples: ['+01:00'],
  }),
  closesAt: Instant('The first instant that is too late, computed (R4).'),
}

export const Deadline = component(
  'Deadline',
  Type.Object(
    { ...deadlineParts, offset: Type.Optional(deadlineParts.offset) },
    { description: 'A deadline: clock time of a place, its published wording, and the instant at which it closes.' },
  ),
)

export const deadlineInputParts = {
  local: deadlineParts.local,
  timeZone: Type.Optional({
    ...deadlineParts.timeZone,
    description:
      'IANA zone that names a place; left out: that of the round. `CET`, `EST`, `Etc/…`, `UTC` and offsets are refused (R5).',
  }),
  wording: Type.Optional(deadlineParts.wording),
  offset: Type.Optional(deadlineParts.offset),
  closesAt: Type.Optional({
    ...deadlineParts.closesAt,
    description: 'May be repeated from an answer; it must then equal the computed one.',
  }),
}

export const DeadlineInput = component(
  'DeadlineInput',
  closed(deadlineInputParts, { description: 'A deadline to set; `closesAt` is computed.' }),
)

export const DeadlinePatch = component(
  'DeadlinePatch',
  closed(
    {
      ...deadlineInputParts,
      local: Type.Optional(deadlineParts.local),
      wording: Type.Optional(
        nullable(deadlineParts.wording, { description: 'The published wording; null clears it.' }),
      ),
      offset: Type.Optional(
        nullable(deadlineParts.offset, { description: 'Which of two clock times; null clears it.' }),
      ),
    },
    {
      description:
        'A change of a deadline (RFC 7396). `wording`, `offset` and `closesAt` belong to one clock time: when `local` or `timeZone` changes and they are not given, they are dropped.',
    },
  ),
)

const day = (description: string) => ({ ...CalendarDate(description), pattern: '^2[01]' })
const precision = enumOf(['exact', 'week', 'tentative'], {
  description: 'How firm the dates are: exact days, some days of that week, or tentative (R2).',
})

const Dates = Type.Object(
  { start: day('First day.'), end: day('Last day, not before the first.'), precision },
  { description: 'Days of the meetings, in the zone of the round (R2).' },
)

const statuses = lifecycles.preSession.states.map((state) => state.name)
export const formats = ['inPerson', 'virtual', 'hybrid'] as const
const status = enumOf(statuses, { description: 'Where the round stands; moved by a person, never by time alone.' })
const format = enumOf(formats, { description: 'How the meetings take place (R3).' })
const number = Type.Integer({
  minimum: 1,
  maximum: 999,
  description: 'Number of the UPR Working Group session that the round precedes (R1).',
  examples: [38],
})
const title = line(200, { description: 'Title of the round.', examples: ['Pre-sessions 38'] })
const timeZone = Type.String({
  maxLength: 64,
  description: 'IANA zone of the place of the round; deadlines and programme use it unless they say otherwise (R5).',
  examples: ['Europe/Zurich'],
})
const applicationFormUrl = Type.String({
  format: 'uri',
  pattern: '^https?://[!-~]+$',
  maxLength: 500,
  description: 'Address of the application form.',
  examples: ['https://form.jotform.com/202954061234567'],
})

export const PreSession = component(
  'PreSession',
  Type.Object(
    {
      number,
      title,
      format,
      dates: Dates,
      timeZone,
      status,
      acceptingApplications: Type.Boolean({
        description:
          'Whether the call is open and the latest deadline of the round and its countries has not passed (R4, R6). Each country tells its own.',
      }),
      applicationDeadline: ref(Deadline),
      statementDeadline: Type.Optional(ref(Deadline)),
      videoDeadline: Type.Optional(ref(Deadline)),
      applicationFormUrl: Type.Optional(applicationFormUrl),
      settings: ref(RoundSettings),
      updatedAt: Instant('Last change of the round.'),
    },
    { description: 'A round of Pre-sessions.' },
  ),
)
export type PreSessionView = Static<typeof PreSession>
export const PreSessionPage = pageOf('PreSessionPage', PreSession)

export const CreatePreSession = component(
  'CreatePreSession',
  closed(
    {
      number,
      title: Type.Optional({ ...title, description: 'Title; left out: "Pre-sessions" and the number.' }),
      format,
      dates: closed({
        start: Dates.properties.start,
        end: Dates.properties.end,
        precision: Type.Optional({ ...precision, description: 'How firm the dates are; left out: tentative (R2).' }),
      }),
      timeZone,
      applicationDeadline: ref(DeadlineInput),
      statementDeadline: Type.Optional(ref(DeadlineInput)),
      videoDeadline: Type.Optional(ref(DeadlineInput)),
      applicationFormUrl: Type.Optional(applicationFormUrl),
      settings: Type.Optional(ref(RoundSettingsPatch)),
    },
    { description: 'A new round. Settings that are left out have their defaults.' },
  ),
)

export const UpdatePreSession = component(
  'UpdatePreSession',
  closed(
    {
      title: Type.Optional(title),
      format: Type.Optional(format),
      dates: Type.Optional(
        closed({
          start: Type.Optional(Dates.properties.start),
          end: Type.Optional(Dates.properties.end),
          precision: Type.Optional(precision),
        }),
      ),
      timeZone: Type.Optional(timeZone),
      applicationDeadline: Type.Optional(ref(DeadlinePatch)),
      statementDeadline: Type.Optional(nullable(ref(DeadlinePatch), { description: 'Null clears it.' })),
      videoDeadline: Type.Optional(nullable(ref(DeadlinePatch), { description: 'Null clears it.' })),
      applicationFormUrl: Type.Optional(nullable(applicationFormUrl, { description: 'Null clears it.' })),
      settings: Type.Optional(ref(RoundSettingsPatch)),
    },
    { description: 'A change of a round (RFC 7396): what is left out stays, null clears.' },
  ),
)

export const TransitionPreSession = component(
  'TransitionPreSession',
  closed(
    { to: status, reason: Type.Optional(ReasonText('Why; needed to postpone or cancel a round.')) },
    { description: 'A move of a round to another status.' },
  ),
)

const iso3 = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 3166-1 alpha-3 code.', examples: ['BEL'] })

const Reading = Type.Object(
  {
    timeZone: Type.String({ description: 'The zone asked for.', examples: ['Pacific/Palau'] }),
    local: Type.String({
      description: 'The named minute there; it counts in full (R4).',
      examples: ['2021-01-09T07:59'],
    }),
    weekday: enumOf(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'], {
      description: 'Weekday of `local` there.',
    }),
    offset: Type.String({ description: 'Distance from UTC there and then.', examples: ['+09:00'] }),
    closesAtLocal: Type.String({
      description: '`closesAt` there: the first moment too late.',
      examples: ['2021-01-09T08:00'],
    }),
  },
  { description: 'The same deadline by the clocks and calendars of the zone asked for.' },
)

export const DeadlineEntry = component(
  'DeadlineEntry',
  Type.Object(
    {
      kind: enumOf(['application', 'statement', 'video'], { description: 'What has to be handed in by then.' }),
      country: Type.Optional({ ...iso3, description: 'The country that it holds for; absent: the whole round (R6).' }),
      ...Deadline.properties,
      inTimeZone: Type.Optional(Reading),
    },
    { description: 'One deadline of a round.' },
  ),
)

export const Deadlines = component(
  'Deadlines',
  Type.Object(
    {
      serverTime: Instant('Now, by the clock that decides; for countdowns.'),
      data: Type.Array(ref(DeadlineEntry), {
        description: 'The deadlines of the round, then each country whose application deadline is another one.',
      }),
    },
    { description: 'All deadlines of a round.' },
  ),
)

/** Any whole number may be asked for; only those of rounds are found. */
export const numberParams = closed({
  number: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1, description: 'Number of the round.', examples: [38] }),
})

export const listQuery = {
  status: Type.Optional(status),
  format: Type.Optional(format),
  sort: enumOf(['number', '-number'], {
    default: '-number',
    description: 'Order by number, upwards or (`-number`) downwards.',
  }),
  limit: limitQuery,
  cursor: cursorQuery,
}

/** The place in a list ordered by a number. A cursor is text from outside: what is no such place is refused. */
export function placeIn(cursor: Cursor | undefined): Cursor | undefined {
  if (cursor === undefined || (Number.isInteger(cursor.value) && Math.abs(Number(cursor.value)) < 2 ** 31))
    return cursor
  throw new AppError('invalid_cursor')
}

/** The place in a list ordered by ids. */
export function idIn(cursor: Cursor | undefined): string | undefined {
  if (cursor === undefined || /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(cursor.id)) return cursor?.id
  throw new AppError('invalid_cursor')
}

/** The wording that was published, or the same in plain words where none was given. */
export const toDeadline = ({ local, timeZone, wording, offset, closesAt }: DeadlineFacts): Static<typeof Deadline> => ({
  local,
  timeZone,
  wording: wording ?? `${sayLocal(local)} (${timeZone})`,
  ...(offset !== undefined && { offset }),
  closesAt,
})

/** R4, R6: applications are taken while the call is open and the deadline has not closed. */
export const isAccepting = (status: string, now: string, closesAt: string): boolean =>
  status === 'callOpen' && isBeforeClosing(now, closesAt)

/** The deadline by the clocks of another zone; the named minute is the last one in time. */
function toReading(closesAt: string, timeZone: string): Static<typeof Reading> {
  const { local, weekday, offset } = describeInstant(addSeconds(closesAt, -60), timeZone)
  const closesAtLocal = describeInstant(closesAt, timeZone).local
  return { timeZone, local, weekday: weekday as 'monday', offset, closesAtLocal }
}

export function toDeadlines(rows: DeadlineRow[], now: string, timeZone: string | undefined): Static<typeof Deadlines> {
  const entry = ({ kind, country, deadline }: ReturnType<typeof deadlinesIn>[number]) => ({
    kind,
    ...(country !== undefined && { country: country.iso3 }),
    ...toDeadline(deadline),
    ...(timeZone !== undefined && { inTimeZone: toReading(deadline.closesAt, timeZone) }),
  })
  return { serverTime: now, data: deadlinesIn(rows).map(entry) }
}

export const toPreSession = (row: PreSessionRow, now: string): PreSessionView => ({
  number: row.number,
  title: row.title,
  format: row.format,
  dates: { start: row.starts_on, end: row.ends_on, precision: row.dates_precision },
  timeZone: row.time_zone,
  status: row.status as PreSessionStatus,
  acceptingApplications: isAccepting(row.status, now, row.last_closes_at),
  applicationDeadline: toDeadline(row.application_deadline),
  ...(row.statement_deadline !== null && { statementDeadline: toDeadline(row.statement_deadline) }),
  ...(row.video_deadline !== null && { videoDeadline: toDeadline(row.video_deadline) }),
  ...(row.application_form_url !== null && { applicationFormUrl: row.application_form_url }),
  settings: settingsOf(row.settings),
  updatedAt: row.updated_at,
})
