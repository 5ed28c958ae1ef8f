import { closed, component, Id, Instant, Type } from '../http/schemas.ts'

export const CreateEventTicket = component(
  'CreateEventTicket',
  closed(
    { slotId: Id('The Q&A slot whose events are to be listened to.') },
    {
      description: 'What a ticket is for.',
      examples: [{ slotId: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10' }],
    },
  ),
)

export const EventTicket = component(
  'EventTicket',
  Type.Object(
    {
      ticket: Type.String({ description: 'Shown this once; opens one stream, once.', examples: ['evt_0Zq0V1rX'] }),
      url: Type.String({
        format: 'uri',
        description:
          'Where a browser’s `EventSource` connects with it. After a lost connection: the address of a new ticket, with `&lastEventId=` and the id of the last event.',
        examples: [
          'https://pre-sessions.example.org/v1/qa-slots/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10/events?ticket=evt_0Zq0V1rX',
        ],
      }),
      expiresAt: Instant('Until when it can be used.'),
    },
    { description: 'Stands for your credential where none can be sent.' },
  ),
)
