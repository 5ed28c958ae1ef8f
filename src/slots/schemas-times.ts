import { component, enumOf, Type } from '../http/schemas.ts'

const Reading = (description: string) =>
  Type.Object(
    {
      local: Type.String({ description: 'What clocks show there.', examples: ['2021-03-24T10:45'] }),
      weekday: enumOf(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'], {
        description: 'Weekday there.',
      }),
      offset: Type.String({ description: 'Distance from UTC there and then.', examples: ['+01:00'] }),
    },
    { description },
  )

export const SlotTimes = component(
  'SlotTimes',
  Type.Object(
    {
      timeZone: Type.String({ description: 'The zone.', examples: ['Europe/Zurich'] }),
      starts: Reading('The beginning by its clocks and calendars.'),
      ends: Reading('The end by its clocks and calendars.'),
    },
    { description: 'A slot by the clocks of one zone.' },
  ),
)
