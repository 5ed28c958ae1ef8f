import { type Deadline as DeadlineFacts, describeInstant } from '../domain/deadline.ts'
import { addSeconds, isEarlier } from '../domain/instant.ts'
import { sayLocal } from '../domain/wording.ts'
import { closed, component, enumOf, Instant, nullable, ref, type Static, Type } from '../http/schemas.ts'
import type { DeadlineRow } from './queries.ts'

/** One line of text that says something: without control characters. */
export const line = (maxLength: number, options: object) =>
  Type.String({ maxLength, pattern: '^(?![\\s\\S]*\\p{Cc})\\s*\\S', ...options })

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

/** The wording that was published, or the same in plain words where none was given. */
export const toDeadline = ({ local, timeZone, wording, offset, closesAt }: DeadlineFacts): Static<typeof Deadline> => ({
  local,
  timeZone,
  wording: wording ?? `${sayLocal(local)} (${timeZone})`,
  ...(offset !== undefined && { offset }),
  closesAt,
})

export interface DeadlineFact {
  kind: 'application' | 'statement' | 'video'
  deadline: DeadlineFacts
  /** Where it holds for one country only. */
  country?: { iso3: string; name: string; extensionCount: number; extendedAt: string | undefined }
}

/** The deadlines of a round out of its rows: those of the whole round, then those of countries that differ. */
export function deadlinesIn(rows: DeadlineRow[]): DeadlineFact[] {
  const [round] = rows
  if (round === undefined) return []
  const { application_deadline, statement_deadline, video_deadline } = round
  return [
    { kind: 'application', deadline: application_deadline },
    ...(statement_deadline === null ? [] : [{ kind: 'statement' as const, deadline: statement_deadline }]),
    ...(video_deadline === null ? [] : [{ kind: 'video' as const, deadline: video_deadline }]),
    ...rows.flatMap((row) => countryDeadlines(row)),
  ]
}

/** R6: those of a country that are later than those of the round. */
function countryDeadlines(row: DeadlineRow): DeadlineFact[] {
  const { iso3, name, extension_count, extended_at } = row
  if (iso3 === null) return []
  const country = {
    iso3,
    name: name ?? iso3,
    extensionCount: extension_count ?? 0,
    extendedAt: extended_at ?? undefined,
  }
  const pairs = [
    ['application', row.application_deadline, row.country_deadline],
    ['statement', row.statement_deadline, row.country_statement_deadline],
    ['video', row.video_deadline, row.country_video_deadline],
  ] as const
  return pairs.flatMap(([kind, round, own]) =>
    own !== null && round !== null && isEarlier(round.closesAt, own.closesAt) ? [{ kind, deadline: own, country }] : [],
  )
}

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
