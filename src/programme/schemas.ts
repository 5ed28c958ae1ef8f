import {
  closed,
  component,
  enumOf,
  Id,
  Instant,
  Iso3,
  nullable,
  pageOf,
  reason,
  ref,
  type Static,
  Type,
} from '../http/schemas.ts'
import { kinds, Slot, SlotForStaff } from '../slots/schemas.ts'
import { SlotTimes } from '../slots/schemas-times.ts'

const clock = (description: string, example: string) =>
  Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description, examples: [example] })

const clockSpan = (description: string, from: string, to: string) =>
  closed(
    { from: clock('Beginning, HH:MM by the clocks of the round.', from), to: clock('End, HH:MM, after it.', to) },
    { description },
  )

export const rooms = (maxItems: number) =>
  Type.Array(
    Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$' }),
    {
      minItems: 1,
      maxItems,
      uniqueItems: true,
      description: 'Rooms, by their names within the round.',
      examples: [['Room XXIII', 'Room XXIV']],
    },
  )

export const frameParts = {
  days: Type.Array(Type.String({ format: 'date', pattern: '^2[01]' }), {
    minItems: 1,
    maxItems: 10,
    uniqueItems: true,
    description: 'Days on which the round meets.',
    examples: [['2021-03-22', '2021-03-23']],
  }),
  hours: clockSpan('When a day begins and ends.', '09:00', '17:00'),
  lunch: nullable(clockSpan('The break that stays free.', '12:30', '14:00'), {
    description: 'The break that stays free; null: there is none.',
  }),
}

export const ProgrammeFrame = component(
  'ProgrammeFrame',
  closed(
    { ...frameParts, rooms: rooms(20) },
    { description: 'When and where the round meets (R26), by the clocks of its zone.' },
  ),
)

const times = {
  atRound: ref(SlotTimes),
  inTimeZone: Type.Optional(ref(SlotTimes)),
}

export const ProgrammeSlot = component(
  'ProgrammeSlot',
  Type.Object(
    { ...Slot.properties, ...times },
    {
      description:
        'A slot of the programme, also by the clocks of the round (`atRound`) and of the zone asked for (`inTimeZone`).',
    },
  ),
)

export const ProgrammeSlotForStaff = component(
  'ProgrammeSlotForStaff',
  Type.Object(
    {
      ...SlotForStaff.properties,
      ...times,
      speakers: Type.Array(Id('Application of a speaker.'), { description: 'Applications that have a seat in it.' }),
    },
    { description: 'A slot of the programme as the secretariat sees it.' },
  ),
)

const kind = enumOf(kinds, { description: 'Screening or Q&A.' })

export const ProgrammeChange = component(
  'ProgrammeChange',
  Type.Object(
    {
      slotId: Id('The slot.'),
      kind,
      change: enumOf(['added', 'changed', 'cancelled', 'reinstated'], { description: 'What happened to it.' }),
      countries: Type.Array(Type.String({ examples: ['BEL'] }), { description: 'The countries that it is about now.' }),
      fields: Type.Array(
        Type.Object(
          {
            field: enumOf(['startsAt', 'endsAt', 'room', 'title', 'countries'], { description: 'Field of the slot.' }),
            from: Type.String({ description: 'As it was.' }),
            to: Type.String({ description: 'As it is.' }),
          },
          { description: 'One field that differs.' },
        ),
        { description: 'Fields that differ.' },
      ),
    },
    { description: 'What differs in one slot from the version before.' },
  ),
)

const version = nullable(Type.Integer({ minimum: 1 }), {
  description: 'Number of the version published last; null: none was.',
})
const publishedAt = nullable(Instant('When it was published.'), { description: 'Null: no version was published.' })
const common = {
  preSession: Type.Integer({ description: 'Number of the round.', examples: [38] }),
  timeZone: Type.String({ description: 'Zone of the round.', examples: ['Europe/Zurich'] }),
  version,
  publishedAt,
}

export const Programme = component(
  'Programme',
  Type.Object(
    { ...common, slots: Type.Array(ref(ProgrammeSlot), { description: 'The slots in the order of time.' }) },
    {
      description:
        'The programme of a round as it is seen from outside: published slots of the length that was planned.',
    },
  ),
)

export const ruleCodes = [
  'slot_length',
  'outside_hours',
  'lunch_taken',
  'unknown_room',
  'room_overlap',
  'country_overlap',
  'speaker_overlap',
  'speaker_unavailable',
  'qa_before_screening',
  'country_withdrawn',
] as const

export const ProgrammeBreach = component(
  'ProgrammeBreach',
  Type.Object(
    {
      code: enumOf(ruleCodes, { description: 'The rule that is broken.' }),
      slotIds: Type.Array(Id('A slot.'), { description: 'The slots concerned.' }),
      message: Type.String({ description: 'The breach in a sentence.' }),
    },
    { description: 'A hard rule of the programme that is broken (R26, R27).' },
  ),
)

export const ProgrammeForStaff = component(
  'ProgrammeForStaff',
  Type.Object(
    {
      ...common,
      frame: nullable(ref(ProgrammeFrame), {
        description: 'When and where the round meets; null while no programme was adopted.',
      }),
      slots: Type.Array(ref(ProgrammeSlotForStaff), { description: 'All slots in the order of time.' }),
      changes: Type.Array(ref(ProgrammeChange), {
        description: 'What the next version would change for everybody who reads the programme.',
      }),
      breaches: Type.Array(ref(ProgrammeBreach), {
        description: 'Hard rules that it breaks; none: it can be published.',
      }),
      withoutStatement: Type.Array(
        Type.Object(
          {
            applicationId: Id('Application of the speaker.'),
            country: Type.String({ description: 'Country that it is about.', examples: ['BEL'] }),
          },
          { description: 'A speaker with nothing to show.' },
        ),
        { description: 'Speakers without an accepted video or a written statement (R24).' },
      ),
    },
    {
      description:
        'The programme of a round as the secretariat sees it: all slots, and what stands in the way of publishing it.',
    },
  ),
)

const versionFields = {
  number: Type.Integer({ minimum: 1, description: 'Number of the version, counted in the round.' }),
  publishedAt: Instant('When it was published.'),
  note: Type.Optional(Type.String({ description: 'What its readers are told.' })),
  changes: Type.Array(ref(ProgrammeChange), {
    description: 'What changed since the version before; in the first one, everything.',
  }),
}

export const ProgrammeVersion = component(
  'ProgrammeVersion',
  Type.Object(versionFields, { description: 'A published version of the programme.' }),
)
export const ProgrammeVersionPage = pageOf('ProgrammeVersionPage', ProgrammeVersion)

export const ProgrammeVersionDetail = component(
  'ProgrammeVersionDetail',
  Type.Object(
    {
      ...versionFields,
      slots: Type.Array(
        Type.Object(
          {
            id: Id('The slot.'),
            kind,
            title: Slot.properties.title,
            countries: Slot.properties.countries,
            startsAt: Instant('Beginning.'),
            endsAt: Instant('End.'),
            room: Slot.properties.room,
            isCancelled: Type.Boolean({ description: 'It was called off.' }),
          },
          { description: 'A slot as this version shows it.' },
        ),
        { description: 'The programme as it was shown then.' },
      ),
    },
    { description: 'A published version of the programme with its slots.' },
  ),
)

const allow = Type.Array(enumOf(ruleCodes), {
  uniqueItems: true,
  maxItems: ruleCodes.length,
  description:
    'Rules that are knowingly broken. A room, a country or a speaker in two places is never let through, nor is a country that left the round.',
})

const instantInput = (description: string) =>
  Type.String({
    format: 'date-time',
    pattern: '^2[01]',
    maxLength: 40,
    description: `${description} RFC 3339.`,
    examples: ['2021-03-22T09:30:00Z'],
  })

export const AdoptProgramme = component(
  'AdoptProgramme',
  closed(
    {
      frame: ref(ProgrammeFrame),
      slots: Type.Array(
        closed(
          {
            id: Type.Optional(Id('A planned slot that stays, with what it becomes; left out: a new one.')),
            kind,
            countries: Type.Array(Iso3('A State under Review of the round.'), {
              minItems: 1,
              maxItems: 20,
              description: 'The countries that it is about, one or several (R27).',
            }),
            room: Type.String({
              minLength: 1,
              maxLength: 100,
              pattern: '^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$',
              description: 'One of the rooms of the frame.',
            }),
            startsAt: instantInput('Beginning.'),
            endsAt: instantInput('End, after the beginning.'),
            speakers: Type.Optional(
              Type.Array(Id('Application of a speaker.'), {
                maxItems: 100,
                uniqueItems: true,
                description: 'Who has a seat in it; left out: the seats stay as they are.',
              }),
            ),
          },
          { description: 'A slot of the programme.' },
        ),
        { maxItems: 200, description: 'All slots that are planned from now on.' },
      ),
      allow: Type.Optional(allow),
      reason: Type.Optional(reason('Why, for the history and for slots that are called off.')),
    },
    {
      description: 'A whole programme: that of a proposal, or edited by hand.',
      examples: [
        {
          frame: {
            days: ['2021-03-22'],
            hours: { from: '09:00', to: '17:00' },
            lunch: { from: '12:30', to: '14:00' },
            rooms: ['Online'],
          },
          slots: [
            {
              kind: 'screening',
              countries: ['BEL'],
              room: 'Online',
              startsAt: '2021-03-22T09:00:00Z',
              endsAt: '2021-03-22T09:30:00Z',
            },
            {
              kind: 'qa',
              countries: ['BEL'],
              room: 'Online',
              startsAt: '2021-03-22T09:30:00Z',
              endsAt: '2021-03-22T10:15:00Z',
            },
          ],
        },
      ],
    },
  ),
)

export const PublishProgramme = component(
  'PublishProgramme',
  closed(
    {
      note: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 1000,
          pattern: '\\S',
          description: 'What its readers are told; public.',
        }),
      ),
      allow: Type.Optional(allow),
    },
    {
      description: 'A publication of the programme.',
      examples: [{ note: 'Palau speaks on Tuesday instead of Monday' }],
    },
  ),
)

export type ProgrammeView = Static<typeof Programme>
export type ProgrammeForStaffView = Static<typeof ProgrammeForStaff>
