import { retentionNames } from '../domain/retention.ts'
import { component, enumOf, Instant, nullable, Type } from '../http/schemas.ts'

const counts = Type.Unsafe<Record<string, number>>({
  type: 'object',
  additionalProperties: { type: 'integer', description: 'Number of records.' },
  description: 'How many records of each class were removed; classes of which none was are left out.',
})

export const RetentionRun = component(
  'RetentionRun',
  Type.Object(
    {
      startedAt: Instant('When it began.'),
      finishedAt: Instant('When it ended.'),
      counts,
    },
    { description: 'One application of the periods.' },
  ),
)

export const RetentionPolicy = component(
  'RetentionPolicy',
  Type.Object(
    {
      classes: Type.Array(
        Type.Object({
          class: enumOf(retentionNames, { description: 'Name of the class.' }),
          what: Type.String({ description: 'What is kept, and what becomes of it.' }),
          days: nullable(Type.Integer(), { description: 'How many days it is kept. Null: as long as the service is.' }),
          defaultDays: nullable(Type.Integer(), { description: 'The period where none is configured.' }),
          from: Type.String({ description: 'What the days are counted from.' }),
          due: nullable(Type.Integer(), {
            description: 'How many records the next run removes if it comes now. Null: the run finds out.',
          }),
        }),
        { description: 'Every class of data that is about people.' },
      ),
      lastRun: nullable(RetentionRun, { description: 'Null: none yet.' }),
    },
    { description: 'How long which data is kept.' },
  ),
)
