import { closed, component, enumOf, Id, Instant, nullable, reason, type Static, Type } from '../http/schemas.ts'
import type { Erasure } from './erasure.ts'
import type { PersonRow } from './queries.ts'

export const PersonLookup = component(
  'PersonLookup',
  closed(
    {
      emails: Type.Optional(
        Type.Array(Type.String({ format: 'email', maxLength: 254, description: 'Letter case does not count.' }), {
          minItems: 1,
          maxItems: 10,
          description:
            'Addresses of one person: those that are not known as theirs yet are theirs from now on. An applicant may leave it out.',
        }),
      ),
    },
    { description: 'Who is asked about.', examples: [{ emails: ['zoe@ligue.example'] }] },
  ),
)

const Counts = (description: string) =>
  Type.Unsafe<Record<string, number>>({
    type: 'object',
    additionalProperties: { type: 'integer', description: 'Number of records.' },
    description,
  })

export const Person = component(
  'Person',
  Type.Object(
    {
      id: Id('Id of the person; it says nothing about them.'),
      emails: Type.Array(Type.String(), { description: 'Their addresses; none once they were erased.' }),
      createdAt: Instant('When they were first asked about.'),
      erasedAt: nullable(Instant('When they were erased.'), { description: 'Null: they were not.' }),
      erasureReason: nullable(Type.String(), { description: 'Why they were erased.' }),
    },
    { description: 'Somebody about whom data is kept, or was until it was erased.' },
  ),
)

export const ErasePerson = component(
  'ErasePerson',
  closed(
    {
      reason: reason('Why, e.g. that the person asked for it. It stays after the erasure and names nobody.'),
      dryRun: Type.Optional(
        Type.Boolean({
          description: 'Only tells what would be erased, and the `confirmation` that is needed to do it.',
        }),
      ),
      confirmation: Type.Optional(
        Type.String({ maxLength: 100, description: 'What the dry run answered. Needed to erase.' }),
      ),
      applicationIds: Type.Optional(
        Type.Array(Id('Id of an application that names the person.'), {
          uniqueItems: true,
          maxItems: 200,
          description:
            'Erase exactly these. Without it, the applications in which the person speaks; those of colleagues stay.',
        }),
      ),
    },
    {
      description: 'What is to be erased, and why.',
      examples: [{ reason: 'Asked for by the person in writing.', dryRun: true }],
    },
  ),
)

export const ErasureView = component(
  'PersonErasure',
  Type.Object(
    {
      personId: Id('Id of the person.'),
      dryRun: Type.Boolean({ description: 'Nothing was erased.' }),
      erasedAt: nullable(Instant('When it was done.'), { description: 'Null in a dry run.' }),
      reason: Type.String({ description: 'Why.' }),
      confirmation: nullable(Type.String(), { description: 'Of a dry run: send it to erase exactly this.' }),
      counts: Counts('How many records of each class are erased or, of consents and history, emptied.'),
      applications: Type.Array(
        Type.Object({
          id: Id('Id of the application.'),
          preSession: Type.Integer({ description: 'Number of its round.' }),
          country: nullable(Type.String(), { description: 'Its country under review.' }),
          status: Type.String({ description: 'Its status.' }),
          role: enumOf(['speaker', 'formerSpeaker', 'contact'], {
            description:
              "`speaker`: it is this person's. `contact`: it names the address as the organisation's, and a colleague speaks. `formerSpeaker`: an earlier version named this person, and a colleague speaks now.",
          }),
          erased: Type.Boolean({
            description: 'False: it stays as it is; name it in `applicationIds` to erase it too.',
          }),
        }),
        { description: 'Every application that names the person. Empty when the erasure was done before.' },
      ),
      submissionsKept: Type.Integer({
        description: 'Jotform submissions of colleagues that became no application yet and name the address.',
      }),
    },
    { description: 'What an erasure does or did.' },
  ),
)

export const ExportSummary = component(
  'PersonExport',
  Type.Object(
    {
      personId: Id('Id of the person.'),
      madeAt: Instant('When this was looked up.'),
      counts: Counts('How many records of each class the archive holds.'),
      files: Type.Array(Type.String({ description: 'Name of a file.' }), {
        description: 'The files of the archive, in their order.',
      }),
      archive: Type.String({
        description: 'Where GET answers the archive.',
        examples: ['/v1/people/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10/export'],
      }),
    },
    { description: 'What the export of a person holds at this moment.' },
  ),
)

export const toPerson = (row: PersonRow): Static<typeof Person> => ({
  id: row.id,
  emails: row.addresses,
  createdAt: row.created_at,
  erasedAt: row.erased_at,
  erasureReason: row.erasure_reason,
})

export const toErasureView = (erasure: Erasure): Static<typeof ErasureView> => erasure
