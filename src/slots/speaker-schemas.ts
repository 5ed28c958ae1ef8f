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
import { SlotWarning } from './schemas.ts'
import { SlotTimes } from './schemas-times.ts'

export const connections = ['expected', 'connected', 'cannotConnect', 'spoke'] as const

const applicationId = Id('Id of the application whose speaker it is.')

export const BookSeat = component(
  'BookSeat',
  closed(
    { applicationId },
    {
      description: 'The speaker, by the application.',
      examples: [{ applicationId: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10' }],
    },
  ),
)

export const SeatBooking = component(
  'SeatBooking',
  Type.Object(
    {
      applicationId,
      seated: Type.Boolean({ description: 'Whether the speaker has a seat.' }),
      warnings: Type.Array(ref(SlotWarning), {
        description: 'What whoever gives this seat should know, such as the hour where the speaker is.',
      }),
    },
    { description: 'A seat that was given.' },
  ),
)

export const SlotSpeaker = component(
  'SlotSpeaker',
  Type.Object(
    {
      applicationId,
      country: nullable(Type.String(), { description: 'Country under review that the statement is about.' }),
      speaker: Type.Object(
        {
          firstName: Type.Optional(Type.String({ description: 'First name.' })),
          lastName: Type.Optional(Type.String({ description: 'Last name.' })),
          pseudonym: Type.Optional(Type.String({ description: 'Stands in place of the name of who is at risk.' })),
        },
        { description: 'Who speaks, as far as you may know.' },
      ),
      organisation: Type.Optional(
        Type.Object(
          {
            name: Type.String({ description: 'Name.' }),
            type: Type.Optional(Type.String({ description: 'Kind of organisation.' })),
          },
          { description: 'For whom.' },
        ),
      ),
      seated: Type.Optional(
        Type.Boolean({ description: 'False: the speaker could not connect, and the seat is free.' }),
      ),
      connection: Type.Optional(
        enumOf(connections, { description: 'How it goes on the day; for those who run the slot and the speaker.' }),
      ),
      connectionNote: Type.Optional(Type.String({ description: 'What was noted of it; for those who run the slot.' })),
      bookedAt: Type.Optional(Instant('When the seat was given; for staff.')),
      inTimeZone: Type.Optional(ref(SlotTimes)),
      warnings: Type.Optional(
        Type.Array(ref(SlotWarning), { description: 'What a person should look at; for staff.' }),
      ),
    },
    {
      description:
        'A speaker of a slot. Staff also see the slot by the clocks where the speaker is (`inTimeZone`), where that is known.',
    },
  ),
)
export const SlotSpeakerPage = pageOf('SlotSpeakerPage', SlotSpeaker)

export const MarkConnection = component(
  'MarkConnection',
  closed(
    {
      connection: enumOf(connections, {
        description: '`cannotConnect` frees the seat for who waits; anything else needs a seat again.',
      }),
      note: Type.Optional(reason('What happened; only those who run the slot see it.')),
    },
    { description: 'How a speaker gets on.', examples: [{ connection: 'cannotConnect', note: 'Internet shutdown' }] },
  ),
)

export const WaitingPlace = component(
  'WaitingPlace',
  Type.Object(
    {
      applicationId,
      position: nullable(Type.Integer({ minimum: 1 }), {
        description: 'Place in the line, from 1; null: there is no need to wait.',
      }),
      seated: Type.Boolean({ description: 'Whether the speaker has a seat.' }),
    },
    { description: 'A place in the line for a seat.' },
  ),
)
export const WaitingPlacePage = pageOf('WaitingPlacePage', WaitingPlace)

const window = closed(
  {
    startsAt: Type.String({
      format: 'date-time',
      pattern: '^2[01]',
      maxLength: 40,
      description: 'From when on. RFC 3339.',
      examples: ['2021-03-24T08:00:00Z'],
    }),
    endsAt: Type.String({
      format: 'date-time',
      pattern: '^2[01]',
      maxLength: 40,
      description: 'Until when. RFC 3339.',
      examples: ['2021-03-24T12:00:00Z'],
    }),
  },
  { description: 'A time at which the speaker can speak.' },
)
const timeZone = Type.String({
  maxLength: 64,
  description: 'IANA zone where the speaker will be.',
  examples: ['America/Asuncion'],
})

export const StateAvailability = component(
  'StateAvailability',
  closed(
    {
      timeZone: Type.Optional(timeZone),
      windows: Type.Array(window, { maxItems: 100, description: 'When the speaker can speak; none: at no time.' }),
    },
    {
      description: 'When a speaker can speak.',
      examples: [
        {
          timeZone: 'America/Asuncion',
          windows: [{ startsAt: '2021-03-24T12:00:00Z', endsAt: '2021-03-24T17:00:00Z' }],
        },
      ],
    },
  ),
)

export const Availability = component(
  'Availability',
  Type.Object(
    {
      timeZone: nullable(timeZone, { description: 'IANA zone where the speaker will be; null: not known.' }),
      windows: nullable(
        Type.Array(
          Type.Object(
            { startsAt: Instant('From when on.'), endsAt: Instant('Until when.') },
            { description: 'A time at which the speaker can speak.' },
          ),
        ),
        {
          description:
            'When the speaker can speak, in order, joined where they touch; null: nothing was said, every time is fine.',
        },
      ),
      statedAt: nullable(Instant('When it was said.'), { description: 'Null: nothing was said.' }),
    },
    { description: 'When a speaker can speak.' },
  ),
)

export const OfferSwap = component(
  'OfferSwap',
  closed(
    {
      applicationId: Id('Id of the application whose speaker offers the seat in this slot.'),
      wantedSlotId: Id('Id of the slot whose seat is wished for in exchange.'),
    },
    {
      description: 'A seat that is offered for one in another slot.',
      examples: [
        { applicationId: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10', wantedSlotId: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d11' },
      ],
    },
  ),
)

export const SettleSwap = component(
  'SettleSwap',
  closed(
    {
      to: enumOf(['accepted', 'withdrawn'], {
        description: '`accepted` by a speaker of the wanted slot, `withdrawn` by whoever offered.',
      }),
      applicationId: Type.Optional(Id('Id of the application whose speaker takes the offer; needed to accept.')),
    },
    {
      description: 'What becomes of an offer.',
      examples: [{ to: 'accepted', applicationId: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10' }],
    },
  ),
)

export const SlotSwap = component(
  'SlotSwap',
  Type.Object(
    {
      id: Id('Id of the offer.'),
      slotId: Id('Slot whose seat is offered.'),
      wantedSlotId: Id('Slot whose seat is wished for.'),
      status: enumOf(['offered', 'accepted', 'withdrawn'], { description: 'What became of it.' }),
      isOwn: Type.Boolean({ description: 'Whether it is your own offer.' }),
      applicationId: Type.Optional(Id('Who offers; for staff and whoever made the offer.')),
      takenBy: Type.Optional(Id('Who took it; for staff and whoever took it.')),
      offeredAt: Instant('When it was made.'),
      settledAt: nullable(Instant('When it was taken or withdrawn.'), { description: 'Null: it stands.' }),
    },
    { description: 'An offer to swap seats. It does not tell who offers: whoever takes it learns that on the day.' },
  ),
)
export const SlotSwapPage = pageOf('SlotSwapPage', SlotSwap)

export const RecordAttendance = component(
  'RecordAttendance',
  closed(
    {
      countries: Type.Optional(
        Type.Array(Iso3('A country of the slot.'), {
          minItems: 1,
          maxItems: 20,
          description: 'For which countries of the slot; left out: all.',
        }),
      ),
      spoke: Type.Optional(
        Type.Boolean({ description: 'Whether the mission took the floor; only those who run the slot say so.' }),
      ),
    },
    {
      description: 'A mission is present; two delegates of one mission are one (R31).',
      examples: [{ countries: ['BEL'], spoke: true }],
    },
  ),
)

export const Attendance = component(
  'Attendance',
  Type.Object(
    {
      state: Type.String({ description: 'State of the mission, ISO 3166-1 alpha-3.', examples: ['CHE'] }),
      country: Type.String({ description: 'Country under review.', examples: ['BEL'] }),
      presentAt: Instant('When it was first seen to be present.'),
      spoke: Type.Boolean({ description: 'Whether it took the floor.' }),
    },
    { description: 'A mission was present for a country (R31).' },
  ),
)
export const AttendancePage = pageOf('AttendancePage', Attendance)

export type AvailabilityInput = Static<typeof StateAvailability>
