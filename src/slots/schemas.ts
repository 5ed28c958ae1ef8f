import { lifecycles } from '../domain/lifecycles.ts'
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
  TakenPlace,
  Type,
} from '../http/schemas.ts'

export const statuses = lifecycles.slot.states.map((state) => state.name)
export const kinds = ['qa', 'screening'] as const

const line = (maxLength: number, options: object) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$',
    ...options,
  })

const instantInput = (description: string) =>
  Type.String({
    format: 'date-time',
    pattern: '^2[01]',
    maxLength: 40,
    description: `${description} RFC 3339.`,
    examples: ['2021-03-24T09:45:00Z'],
  })

const title = line(200, { description: 'What it is called.', examples: ['Questions to the panels of the morning'] })
const room = line(100, {
  description: 'Room, by its name within the round; letter case and spaces do not count.',
  examples: ['Room XXIII'],
})
const capacity = Type.Integer({
  minimum: 0,
  maximum: 500,
  description: 'How many speakers have a seat.',
  examples: [12],
})
const joinUrl = Type.String({
  format: 'uri',
  pattern: '^https://[!-~]+$',
  maxLength: 1000,
  description: 'Where those admitted join; nobody else is shown it.',
  examples: ['https://meet.example.org/j/0000'],
})
const countries = Type.Array(Iso3('A State under Review of the round.'), {
  minItems: 1,
  maxItems: 20,
  description: 'The countries that it is about, one or several (R27).',
  examples: [['BEL', 'DNK', 'PLW']],
})
const moderators = Type.Array(
  closed({
    name: line(200, { description: 'Name.', examples: ['Mona M’Bikay'] }),
    email: Type.String({
      format: 'email',
      maxLength: 254,
      description: 'Address; gets a link for this slot alone.',
      examples: ['moderator@example.org'],
    }),
  }),
  { maxItems: 10, description: 'Who moderates. Somebody new gets a link by mail; who is left out loses it.' },
)

const input = {
  countries,
  startsAt: instantInput('Beginning.'),
  endsAt: instantInput('End, after the beginning.'),
  room,
}

export const CreateSlot = component(
  'CreateSlot',
  closed(
    {
      preSession: Type.Integer({ minimum: 1, maximum: 999, description: 'Number of the round.', examples: [38] }),
      ...input,
      title: Type.Optional(title),
      capacity: Type.Optional(capacity),
      joinUrl: Type.Optional(joinUrl),
      moderators: Type.Optional(moderators),
    },
    {
      description: 'A new slot.',
      examples: [
        {
          preSession: 38,
          countries: ['BEL', 'DNK'],
          startsAt: '2021-03-24T09:45:00Z',
          endsAt: '2021-03-24T10:30:00Z',
          room: 'Room XXIII',
          capacity: 12,
        },
      ],
    },
  ),
)

export const UpdateSlot = component(
  'UpdateSlot',
  closed(
    {
      countries: Type.Optional(countries),
      startsAt: Type.Optional(input.startsAt),
      endsAt: Type.Optional(input.endsAt),
      room: Type.Optional(room),
      title: Type.Optional(nullable(title, { description: 'Null clears it.' })),
      capacity: Type.Optional(
        nullable(capacity, { description: 'Null: as many as come. More seats go to those who wait.' }),
      ),
      joinUrl: Type.Optional(nullable(joinUrl, { description: 'Null clears it.' })),
      moderators: Type.Optional(moderators),
      reason: Type.Optional(reason('Why, for the history.')),
    },
    {
      description: 'A change of a slot (RFC 7396): what is left out stays, null clears.',
      examples: [
        { startsAt: '2021-03-24T10:00:00Z', endsAt: '2021-03-24T10:45:00Z', reason: 'The room is free later' },
      ],
    },
  ),
)

export const TransitionSlot = component(
  'TransitionSlot',
  closed(
    {
      to: enumOf(statuses, { description: 'The status to move to.' }),
      reason: Type.Optional(reason('Why; needed to call a slot off.')),
    },
    { description: 'A move of a slot to another status.', examples: [{ to: 'open' }] },
  ),
)

export const SlotWarning = component(
  'SlotWarning',
  Type.Object(
    {
      code: Type.String({ description: 'Kind of warning, stable.', examples: ['lunch'] }),
      message: Type.String({ description: 'The warning in a sentence.' }),
    },
    { description: 'What a person should look at; it refuses nothing.' },
  ),
)

/** What everybody sees of a slot that is there for them. */
export const slotFields = {
  id: Id('Id of the slot.'),
  kind: enumOf(kinds, { description: '`qa`: questions and answers; `screening`: statements are shown.' }),
  preSession: Type.Integer({ description: 'Number of the round.', examples: [38] }),
  countries: Type.Array(Type.String({ examples: ['BEL'] }), {
    description: 'The countries that it is about, in their order (R27).',
  }),
  title: Type.Optional(title),
  startsAt: Instant('Beginning.'),
  endsAt: Instant('End.'),
  room: Type.String({ description: 'Room.', examples: ['Room XXIII'] }),
  status: enumOf(statuses, { description: 'Where it stands; moved by a person, never by time alone.' }),
}

export const Slot = component(
  'Slot',
  Type.Object(
    {
      ...slotFields,
      joinUrl: Type.Optional({
        ...joinUrl,
        description: 'Where to join; only for those who are admitted to this slot.',
      }),
      moderators: Type.Optional(
        Type.Array(Type.String({ examples: ['Mona M’Bikay'] }), {
          description: 'Names of the moderators; only for those who take part.',
        }),
      ),
    },
    {
      description:
        'A slot of the programme as it is seen from outside. Who speaks is told by its speakers, to whom it may be told.',
    },
  ),
)
export const SlotPage = pageOf('SlotPage', Slot)

const SlotModerator = Type.Object(
  {
    id: Id('Id of the appointment.'),
    name: Type.String({ description: 'Name.' }),
    email: Type.String({ description: 'Address, in lower case.' }),
  },
  { description: 'Who moderates.' },
)

export const SlotForStaff = component(
  'SlotForStaff',
  Type.Object(
    {
      ...slotFields,
      joinUrl: Type.Optional(joinUrl),
      moderators: Type.Array(SlotModerator, { description: 'Who moderates.' }),
      capacity: nullable(Type.Integer(), { description: 'How many speakers have a seat; null: as many as come.' }),
      seatsTaken: Type.Integer({ minimum: 0, description: 'Seats that are taken.' }),
      waiting: Type.Integer({ minimum: 0, description: 'Speakers who wait for a seat.' }),
      publishedAt: nullable(Instant('Since when the programme shows it.'), {
        description: 'Null: no published programme has it.',
      }),
      revision: Type.Integer({ minimum: 1, description: 'Raised with every change that a programme shows.' }),
      warnings: Type.Array(ref(SlotWarning), { description: 'What a person should look at (R26).' }),
      updatedAt: Instant('Last change.'),
    },
    { description: 'A slot as the secretariat sees it.' },
  ),
)
export const SlotForStaffPage = pageOf('SlotForStaffPage', SlotForStaff)

export const OverrunSlot = component(
  'OverrunSlot',
  closed(
    {
      endsAt: instantInput('When it ends now, later than before.'),
      keepBreaks: Type.Optional(
        Type.Boolean({ description: 'Whether breaks keep their length; left out, they take the overrun up.' }),
      ),
      preview: Type.Optional(Type.Boolean({ description: 'Whether only to tell what would move.' })),
      reason: Type.Optional(reason('Why, for the history.')),
    },
    {
      description: 'A slot that takes longer.',
      examples: [{ endsAt: '2021-03-24T10:45:00Z', preview: true, reason: 'The floor was taken by eleven missions' }],
    },
  ),
)

const Times = (description: string) =>
  Type.Object({ startsAt: Instant('Beginning.'), endsAt: Instant('End.') }, { description })

export const SlotOverrun = component(
  'SlotOverrun',
  Type.Object(
    {
      preview: Type.Boolean({ description: 'Whether nothing was changed.' }),
      moves: Type.Array(
        Type.Object(
          {
            id: slotFields.id,
            kind: slotFields.kind,
            room: slotFields.room,
            from: Times('Times before.'),
            to: Times('Times from now on.'),
            warnings: Type.Array(ref(SlotWarning), { description: 'What a person should look at (R26).' }),
          },
          { description: 'A slot with other times.' },
        ),
        { description: 'What moves, the slot itself first.' },
      ),
      conflicts: Type.Array(TakenPlace, {
        description: 'What stands in the way; of a preview alone, since otherwise nothing is done.',
      }),
      told: Type.Integer({ minimum: 0, description: 'How many people a message goes to; 0 of a preview.' }),
    },
    { description: 'What an overrun moves.' },
  ),
)

export type SlotInput = Static<typeof CreateSlot>
export type SlotPatch = Static<typeof UpdateSlot>
