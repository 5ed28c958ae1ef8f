import type { Selectable } from 'kysely'
import type { StateTable, ThemeTable, WorkingGroupSessionTable } from '../db/schema.ts'
import type { Lifecycle as Machine } from '../domain/lifecycles.ts'
import {
  CalendarDate,
  component,
  cursorQuery,
  enumOf,
  limitQuery,
  nullable,
  pageOf,
  type Static,
  Type,
} from '../http/schemas.ts'
import { type Language, regionalGroups } from './data.ts'

const languageNames: Record<Language, string> = {
  ar: 'Arabic',
  en: 'English',
  es: 'Spanish',
  fr: 'French',
  ru: 'Russian',
  zh: 'Chinese',
}
const nameIn = (language: Language) => Type.String({ description: `Short name in ${languageNames[language]}.` })

const iso3 = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 3166-1 alpha-3 code.', examples: ['BEL'] })
const kind = enumOf(['member', 'observer'], { description: 'Member State, or non-member observer State.' })
const regionalGroup = enumOf(regionalGroups, { description: 'United Nations regional group.' })
const cycle = Type.Integer({ minimum: 1, maximum: 99, description: 'Cycle of the UPR.', examples: [3] })

export const State = component(
  'State',
  Type.Object(
    {
      iso3,
      iso2: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2 code.', examples: ['BE'] }),
      kind,
      regionalGroup: nullable(regionalGroup, { description: 'United Nations regional group; null for none.' }),
      regionalGroupNote: Type.Optional(
        Type.String({ description: 'Present where the group alone would mislead, such as a State in two groups.' }),
      ),
      names: Type.Object(
        {
          ar: nameIn('ar'),
          en: nameIn('en'),
          es: nameIn('es'),
          fr: nameIn('fr'),
          ru: nameIn('ru'),
          zh: nameIn('zh'),
        },
        { description: 'Short names that the United Nations uses, by language.' },
      ),
    },
    { description: 'A Member State of the United Nations, or a non-member observer State.' },
  ),
)
export const StatePage = pageOf('StatePage', State)

export const stateQuery = {
  kind: Type.Optional(kind),
  regionalGroup: Type.Optional(regionalGroup),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: '\\S',
      description: 'Part of a name in any of the six languages; letter case and accents do not count.',
      examples: ['belg'],
    }),
  ),
  limit: limitQuery,
  cursor: cursorQuery,
}

export const toState = (row: Selectable<StateTable>): Static<typeof State> => ({
  iso3: row.iso3,
  iso2: row.iso2,
  kind: row.kind,
  regionalGroup: row.regional_group as Static<typeof State>['regionalGroup'],
  ...(row.regional_group_note !== null && { regionalGroupNote: row.regional_group_note }),
  names: row.names as Static<typeof State>['names'],
})

export const Theme = component(
  'Theme',
  Type.Object(
    {
      code: Type.String({
        description: 'Stable code, as `issues` of an application names it.',
        examples: ['civil-society'],
      }),
      label: Type.Object(
        { en: Type.String({ description: 'Label in English.', examples: ['Civil society'] }) },
        { description: 'What people read, by language.' },
      ),
      vocabularyVersion: Type.Integer({
        minimum: 1,
        description: 'Version of the vocabulary that the theme is part of.',
        examples: [1],
      }),
    },
    { description: 'A theme of human rights that an application can speak to.' },
  ),
)
export const ThemePage = pageOf('ThemePage', Theme)

export const toTheme = (row: Selectable<ThemeTable>): Static<typeof Theme> => ({
  code: row.code,
  label: row.label as Static<typeof Theme>['label'],
  vocabularyVersion: row.vocabulary_version,
})

const SessionState = {
  iso3,
  name: Type.String({ description: 'Name in English.', examples: ['Belgium'] }),
}

const PlannedPreSession = Type.Object(
  {
    startDate: CalendarDate('First day.'),
    endDate: nullable(CalendarDate('Last day.'), { description: 'Last day; null where it is not known.' }),
    format: enumOf(['inPerson', 'virtual', 'unknown'], { description: 'How it was held.' }),
    note: Type.Optional(Type.String({ description: 'What else is known.' })),
    source: Type.String({ description: 'Where these facts come from.' }),
  },
  { description: 'The Pre-sessions before this session, as far as they are known from public sources.' },
)

export const WorkingGroupSession = component(
  'WorkingGroupSession',
  Type.Object(
    {
      number: Type.Integer({
        minimum: 1,
        description: 'Number of the session; its Pre-sessions carry the same.',
        examples: [38],
      }),
      cycle,
      startDate: nullable(CalendarDate('First day.'), { description: 'First day; null where it is not known yet.' }),
      endDate: nullable(CalendarDate('Last day.'), { description: 'Last day; null where it is not known yet.' }),
      month: Type.Optional(
        Type.String({
          pattern: '^\\d{4}-\\d{2}$',
          description: 'Expected month, where no dates are known.',
          examples: ['2026-05'],
        }),
      ),
      confidence: enumOf(['sourced', 'inferred'], {
        description: 'Whether a source says so, or it follows from the order of review.',
      }),
      source: nullable(Type.String(), { description: 'Where these facts come from.' }),
      states: Type.Array(Type.Object(SessionState), { description: 'States under review.' }),
      statesInReviewOrder: Type.Boolean({ description: 'Whether `states` stand in the order of their reviews.' }),
      deferred: Type.Array(
        Type.Object({ ...SessionState, note: Type.String({ description: 'What happened instead.' }) }),
        { description: 'States that were due in this session and were not reviewed in it.' },
      ),
      note: Type.Optional(Type.String({ description: 'What else is known, and how sure it is.' })),
      preSession: Type.Optional(PlannedPreSession),
    },
    { description: 'A session of the UPR Working Group.' },
  ),
)
export const WorkingGroupSessionPage = pageOf('WorkingGroupSessionPage', WorkingGroupSession)

export const sessionQuery = {
  cycle: Type.Optional(cycle),
  sort: enumOf(['number', '-number'], {
    default: 'number',
    description: 'Order of the list; `-` puts the latest session first.',
  }),
  limit: limitQuery,
  cursor: cursorQuery,
}

type SessionView = Static<typeof WorkingGroupSession>

export const toWorkingGroupSession = (row: Selectable<WorkingGroupSessionTable>): SessionView => ({
  number: row.number,
  cycle: row.cycle,
  startDate: row.starts_on,
  endDate: row.ends_on,
  ...(row.month !== null && { month: row.month }),
  confidence: row.confidence,
  source: row.source,
  states: row.states,
  statesInReviewOrder: row.states_in_review_order,
  deferred: row.deferred as SessionView['deferred'],
  ...(row.note !== null && { note: row.note }),
  ...(row.pre_session !== null && { preSession: row.pre_session as NonNullable<SessionView['preSession']> }),
})

export const Lifecycle = component(
  'Lifecycle',
  Type.Object(
    {
      name: Type.String({ description: 'Name of the state machine.', examples: ['preSession'] }),
      description: Type.String({ description: 'What goes through these states.' }),
      initial: Type.String({ description: 'State in which it begins.', examples: ['draft'] }),
      states: Type.Array(
        Type.Object({
          name: Type.String({ description: 'Value as the API shows it.', examples: ['callOpen'] }),
          description: Type.String({ description: 'What it means.' }),
          final: Type.Boolean({ description: 'Whether nothing comes after it.' }),
        }),
        { description: 'Every state.' },
      ),
      transitions: Type.Array(
        Type.Object({
          from: Type.String({ description: 'State before the move.', examples: ['callOpen'] }),
          to: Type.String({ description: 'State after the move.', examples: ['callClosed'] }),
          by: enumOf(['person', 'applicant', 'system', 'deadlineExtension'], {
            description:
              'Who makes the move: the secretariat, the applicant, the service by itself, or a later deadline.',
          }),
          description: Type.String({ description: 'What the move means.' }),
        }),
        { description: 'Every legal move; any other answers 409.' },
      ),
    },
    { description: 'A state machine as data: what can be shown, and what can come next.' },
  ),
)
export const LifecyclePage = pageOf('LifecyclePage', Lifecycle)

export const toLifecycle = (machine: Machine): Static<typeof Lifecycle> => ({
  name: machine.name,
  description: machine.description,
  initial: machine.initial,
  states: machine.states.map(({ name, description, final = false }) => ({ name, description, final })),
  transitions: machine.transitions.map(({ from, to, by, description }) => ({ from, to, by, description })),
})
