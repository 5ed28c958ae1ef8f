import type { Cursor } from '../db/page.ts'
import { lifecycles } from '../domain/lifecycles.ts'
import type { PreSessionStatus } from '../domain/lifecycles-round.ts'
import { isBeforeClosing } from '../domain/window.ts'
import { AppError } from '../errors.ts'
import { type Caller, isStaff } from '../http/access.ts'
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
  reason,
  ref,
  type Static,
  Type,
} from '../http/schemas.ts'
import { Deadline, DeadlineInput, DeadlinePatch, line, toDeadline } from './deadlines.ts'
import type { PreSessionRow } from './queries.ts'
import { RoundSettings, RoundSettingsPatch, settingsOf } from './settings.ts'

/** The rounds whose drafts a caller sees: null for all. A credential for some countries is none for their round. */
export function draftsFor(caller: Caller): readonly number[] | null {
  if (!isStaff(caller) || caller.countries !== undefined) return []
  return caller.preSessions ?? null
}

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
      dates: closed(
        {
          start: Dates.properties.start,
          end: Dates.properties.end,
          precision: Type.Optional({ ...precision, description: 'How firm the dates are; left out: tentative (R2).' }),
        },
        { description: 'Days of the meetings (R2).' },
      ),
      timeZone,
      applicationDeadline: ref(DeadlineInput),
      statementDeadline: Type.Optional(ref(DeadlineInput)),
      videoDeadline: Type.Optional(ref(DeadlineInput)),
      applicationFormUrl: Type.Optional(applicationFormUrl),
      settings: Type.Optional(ref(RoundSettingsPatch)),
    },
    {
      description: 'A new round. Settings that are left out have their defaults.',
      examples: [
        {
          number: 40,
          format: 'virtual',
          dates: { start: '2021-12-06', end: '2021-12-10', precision: 'week' },
          timeZone: 'Europe/Zurich',
          applicationDeadline: { local: '2021-08-16T23:59', wording: '23h59 on Monday, 16 August 2021' },
        },
      ],
    },
  ),
)

export const UpdatePreSession = component(
  'UpdatePreSession',
  closed(
    {
      title: Type.Optional(title),
      format: Type.Optional(format),
      dates: Type.Optional(
        closed(
          {
            start: Type.Optional(Dates.properties.start),
            end: Type.Optional(Dates.properties.end),
            precision: Type.Optional(precision),
          },
          { description: 'Days of the meetings (R2); what is left out stays.' },
        ),
      ),
      timeZone: Type.Optional(timeZone),
      applicationDeadline: Type.Optional(ref(DeadlinePatch)),
      statementDeadline: Type.Optional(nullable(ref(DeadlinePatch), { description: 'Null clears it.' })),
      videoDeadline: Type.Optional(nullable(ref(DeadlinePatch), { description: 'Null clears it.' })),
      applicationFormUrl: Type.Optional(nullable(applicationFormUrl, { description: 'Null clears it.' })),
      settings: Type.Optional(ref(RoundSettingsPatch)),
    },
    {
      description: 'A change of a round (RFC 7396): what is left out stays, null clears.',
      examples: [{ dates: { precision: 'exact' }, settings: { panelSize: { max: 7 } } }],
    },
  ),
)

export const TransitionPreSession = component(
  'TransitionPreSession',
  closed(
    { to: status, reason: Type.Optional(reason('Why; needed to postpone or cancel a round.')) },
    {
      description: 'A move of a round to another status.',
      examples: [{ to: 'postponed', reason: 'The Working Group session was put off' }],
    },
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

/** R4, R6: applications are taken while the call is open and the deadline has not closed. */
export const isAccepting = (status: string, now: string, closesAt: string): boolean =>
  status === 'callOpen' && isBeforeClosing(now, closesAt)

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
