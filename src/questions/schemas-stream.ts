import { component, enumOf, Id, ref, Type } from '../http/schemas.ts'
import { slotFields } from '../slots/schemas.ts'
import { endReasons } from '../streams/frames.ts'
import { AnyQuestion, QuestionQueue } from './schemas.ts'

export const SlotSnapshot = component(
  'SlotSnapshot',
  Type.Object(
    {
      slotId: Id('The Q&A slot.'),
      questions: Type.Array(ref(AnyQuestion), {
        description: 'Every question that you may see, in no particular order.',
      }),
    },
    { description: 'All that you may see of a slot’s questions.' },
  ),
)

export const SlotState = component(
  'SlotState',
  Type.Object(slotFields, {
    description: 'The slot as everybody sees it. Where to join is not in it: read the slot again where you take part.',
  }),
)

export const RemovedQuestion = component(
  'RemovedQuestion',
  Type.Object({ id: Id('The question.') }, { description: 'A question that you may not see any more.' }),
)

const StreamEnd = component(
  'StreamEnd',
  Type.Object(
    {
      reason: enumOf(endReasons, {
        description:
          '`credentialEnded`: it was revoked or has expired; `notVisible`: the slot is not there for you any more; `renew` and `shuttingDown`: connect again, with the last id.',
      }),
    },
    { description: 'Why the stream ends.' },
  ),
)

const eventId = Type.String({
  description: 'Opaque; sent back as `Last-Event-ID` it makes the stream go on after this event.',
  examples: ['0Zq0V1rXm1h3bVtQ3b3p4A'],
})

const event = <T extends Parameters<typeof ref>[0]>(
  id: string,
  name: string,
  description: string,
  data: T,
  hasId: boolean,
) =>
  component(
    id,
    Type.Object(
      {
        event: Type.Literal(name, { description: 'The name of the event.' }),
        ...(hasId && { id: eventId }),
        data: ref(data),
      },
      { description },
    ),
  )

/** What `data` holds is JSON on the wire. */
export const SlotEvent = component(
  'SlotEvent',
  Type.Union(
    [
      event(
        'SnapshotEvent',
        'snapshot',
        'Replaces all that was told before: at the beginning, when what you may see changed otherwise than by an event, and when too much was missed.',
        SlotSnapshot,
        true,
      ),
      event('QuestionEvent', 'question', 'A question that is new to you or has changed.', AnyQuestion, true),
      event(
        'QuestionRemovedEvent',
        'questionRemoved',
        'A question that you may not see any more: drop it.',
        RemovedQuestion,
        true,
      ),
      event(
        'SlotStateEvent',
        'slot',
        'The slot as it is now, when the stream begins and within a second of a change: it was opened, overran, moved, ended or was called off.',
        SlotState,
        false,
      ),
      event(
        'QueueEvent',
        'queue',
        'The queue as it is now, when it has changed and when the stream begins. The public gets none: nothing is announced to it.',
        QuestionQueue,
        false,
      ),
      event('EndEvent', 'end', 'The last event of a stream that the service ends.', StreamEnd, false),
    ].map((one) => ref(one)),
    { description: 'One event of the stream, as its fields `event`, `id` and `data` say; `data` is JSON.' },
  ),
)
