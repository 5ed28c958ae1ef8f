import { closed, component, enumOf, Id, Instant, Iso3, nullable, ref, Type } from '../http/schemas.ts'
import { kinds } from '../slots/schemas.ts'
import { SlotTimes } from '../slots/schemas-times.ts'
import { frameParts, ProgrammeFrame, rooms } from './schemas.ts'

const minutes = (description: string, example: number) =>
  Type.Integer({ minimum: 20, maximum: 60, description, examples: [example] })

const screeningMinutes = Type.Integer({
  minimum: 0,
  maximum: 60,
  description: 'Length of a screening, 20 to 60; 0: there is none, the statements are made in the Q&A slot itself.',
  examples: [30],
})

export const ProposeProgramme = component(
  'ProposeProgramme',
  closed(
    {
      days: Type.Optional({
        ...frameParts.days,
        description: 'Days on which the round meets; left out: its days from Monday to Friday, ten at most.',
      }),
      hours: Type.Optional({
        ...frameParts.hours,
        description: 'When a day begins and ends; left out: 09:00 to 17:00.',
      }),
      lunch: Type.Optional({
        ...frameParts.lunch,
        description: 'The break that stays free; left out: 12:30 to 14:00; null: none.',
      }),
      rooms: { ...rooms(4), description: 'Rooms in which slots can be at the same time.' },
      countries: Type.Optional(
        Type.Array(
          closed(
            { iso3: Iso3('A State under Review of the round.'), screeningMinutes: Type.Optional(screeningMinutes) },
            { description: 'A country, and the length of its screening where that differs.' },
          ),
          {
            minItems: 1,
            maxItems: 20,
            description:
              'The countries, in the order that is wished for; left out: those of the round that are not withdrawn or given up.',
          },
        ),
      ),
      screeningMinutes: Type.Optional({
        ...screeningMinutes,
        description:
          'Length of a screening, 20 to 60, or 0 for none; left out: the speaking time of a full panel, the same for every country, so that it tells nothing of who speaks. In person: none.',
      }),
      qaMinutes: Type.Optional(
        minutes('Length of a Q&A block; left out: 45, or 60 where there are no screenings.', 45),
      ),
      pauseMinutes: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 60, description: 'Free minutes before a Q&A block; left out: none.' }),
      ),
      countriesPerQa: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 8,
          description: 'Countries in one Q&A block at most (R27); left out: 4, or 1 where there are no screenings.',
        }),
      ),
      gridMinutes: Type.Optional(
        Type.Unsafe<number>({
          type: 'integer',
          minimum: 5,
          maximum: 60,
          multipleOf: 5,
          description:
            'Q&A blocks begin at multiples of it, counted from the opening of the half of a day; left out: 15.',
        }),
      ),
    },
    {
      description: 'What a programme is to be made of. Speakers, their zones and their times are those of the round.',
      examples: [{ days: ['2021-03-22', '2021-03-23'], rooms: ['Online'], qaMinutes: 45 }],
    },
  ),
)

const Reading = SlotTimes.properties.starts

const ProposedSpeaker = component(
  'ProposedSpeaker',
  Type.Object(
    {
      applicationId: Id('Application of the speaker.'),
      country: Type.String({ description: 'Country that it is about.', examples: ['BEL'] }),
      timeZone: nullable(Type.String({ examples: ['Pacific/Apia'] }), {
        description: 'Where they are; null: nobody said.',
      }),
      starts: nullable(Reading, { description: 'The beginning by their own clock; null: the zone is not known.' }),
      ends: nullable(Reading, { description: 'The end by their own clock; null: the zone is not known.' }),
      isAtNight: Type.Boolean({ description: 'Some of it lies between 22:00 and 07:00 of their own clock.' }),
    },
    { description: 'A speaker in a proposed Q&A block.' },
  ),
)

const ProposedSlot = component(
  'ProposedSlot',
  Type.Object(
    {
      kind: enumOf(kinds, { description: 'Screening or Q&A.' }),
      countries: Type.Array(Type.String({ examples: ['BEL'] }), { description: 'The countries that it is about.' }),
      room: Type.String({ description: 'Room.' }),
      startsAt: Instant('Beginning.'),
      endsAt: Instant('End.'),
      atRound: ref(SlotTimes),
      speakers: Type.Array(ref(ProposedSpeaker), {
        description: 'Who has to be there; in a screening, nobody. To adopt it, send their `applicationId`s.',
      }),
    },
    { description: 'A slot of a proposed programme.' },
  ),
)

const Compromise = component(
  'ProgrammeCompromise',
  Type.Object(
    {
      code: enumOf(['no_daytime', 'not_available', 'co_speakers', 'other_countries', 'no_common_time', 'no_room'], {
        description: 'Kind of reason.',
      }),
      country: Type.String({ description: 'The country.', examples: ['BEL'] }),
      applicationId: Type.Optional(Id('The speaker who speaks at night; absent: the country has no place.')),
      message: Type.String({ description: 'The reason in a sentence.' }),
    },
    { description: 'Why somebody speaks at night, or a country has no place.' },
  ),
)

export const ProgrammeProposal = component(
  'ProgrammeProposal',
  Type.Object(
    {
      frame: ref(ProgrammeFrame),
      slots: Type.Array(ref(ProposedSlot), { description: 'The slots in the order of time.' }),
      atNight: Type.Integer({
        minimum: 0,
        description: 'Persons who speak between 22:00 and 07:00 of their own clock.',
      }),
      isFewest: Type.Boolean({
        description:
          'It is proven that no programme in which each Q&A block follows its screenings in one room and half of a day has fewer.',
      }),
      firstFit: Type.Object(
        {
          atNight: Type.Integer({ minimum: 0, description: 'Persons who would speak at night.' }),
          missing: Type.Integer({ minimum: 0, description: 'Countries that would have no place.' }),
        },
        {
          description:
            'What a plain programme would have: countries in their order, each at the first time that is free.',
        },
      ),
      compromises: Type.Array(ref(Compromise), {
        description: 'The reason for each speaker at night and each country without a place.',
      }),
      unknownTimeZones: Type.Array(Id('Application of a speaker.'), {
        description: 'Speakers of whom nobody said where they are: they are counted as if it were day.',
      }),
    },
    { description: 'A proposal: nothing of it is kept, adopted or published. The same input gives the same proposal.' },
  ),
)
