import { component, enumOf, type Static, Type } from '../http/schemas.ts'

export const Liveness = component(
  'Liveness',
  Type.Object(
    { status: enumOf(['ok'], { description: 'Always `ok`: the process answers.' }) },
    { description: 'The process is alive.' },
  ),
)

const check = (description: string) =>
  Type.Object(
    {
      status: enumOf(['ok', 'failed'], { description: 'How the check ended.' }),
      ms: Type.Integer({ minimum: 0, description: 'How long it took, in milliseconds.', examples: [3] }),
    },
    { description },
  )

export const Readiness = component(
  'Readiness',
  Type.Object(
    {
      status: enumOf(['ok', 'failed'], { description: '`failed` when any check failed.' }),
      checks: Type.Object(
        {
          database: check('The database answers.'),
          migrations: check('Every migration of this version is applied.'),
          queue: check('The job queue answers.'),
          storage: check('Files can be stored.'),
        },
        { description: 'Each thing that the service needs. Why one failed is in the log.' },
      ),
    },
    { description: 'Whether the service can take requests.' },
  ),
)
export type Readiness = Static<typeof Readiness>
