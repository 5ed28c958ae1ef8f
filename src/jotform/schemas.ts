import { lifecycles } from '../domain/lifecycles.ts'
import { component, enumOf, Instant, nullable, pageOf, ref, type Static, Type } from '../http/schemas.ts'
import { driftCodes } from './drift.ts'
import type { Check } from './forms.ts'
import { Mapping as MappingFormat } from './mapping-format.ts'
import type { FormRow } from './queries-forms.ts'

export const submissionStates = lifecycles.jotformSubmission.states.map((state) => state.name)
export const verifications = ['verified', 'unverified', 'forged'] as const
export const deliverySources = ['webhook', 'poll', 'import', 'replay'] as const

export const FormId = Type.String({
  pattern: '^\\d{5,25}$',
  description: "The form's id in Jotform.",
  examples: ['203423859147358'],
})
export const SubmissionId = Type.String({
  pattern: '^\\d{5,25}$',
  description: "The submission's id in Jotform: text, since it is larger than 2^53.",
  examples: ['4859559982514470923'],
})
export const free = (description: string) =>
  Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description })

export const Mapping = component('JotformMapping', MappingFormat)

export const Drift = component(
  'JotformDrift',
  Type.Object(
    {
      code: enumOf(driftCodes, { description: 'What no longer is as the mapping says.' }),
      qid: Type.String({ description: 'The question.' }),
      message: Type.String({ description: 'What changed and what to do.' }),
    },
    { description: 'A difference between the mapping and the live form.' },
  ),
)

export const Form = component(
  'JotformForm',
  Type.Object(
    {
      formId: FormId,
      preSession: Type.Integer({ description: 'The round that the form takes applications for.' }),
      mappingVersion: Type.Integer({ description: 'Counts up with every changed mapping.' }),
      mapping: ref(Mapping),
      checked: Type.Boolean({ description: 'Whether the mapping was held against the live questions.' }),
      uncheckedBecause: Type.Optional(Type.String({ description: 'Why it was not.' })),
      drift: Type.Array(ref(Drift), { description: 'What in the live form differs from the mapping; empty is well.' }),
      questionsAt: nullable(Instant('When the questions were last read.'), { description: 'Null: never.' }),
      webhookRegistered: nullable(Type.Boolean(), {
        description: 'Whether our address is registered in Jotform exactly once. Null: not known.',
      }),
      createdAt: Instant('When the form was added.'),
      updatedAt: Instant('When the mapping was last changed.'),
    },
    { description: 'A Jotform form and how its questions map to an application.' },
  ),
)
export const FormPage = pageOf('JotformFormPage', Form)

export function toForm(row: FormRow, check?: Check): Static<typeof Form> {
  return {
    formId: row.form_id,
    preSession: row.pre_session,
    mappingVersion: row.mapping_version,
    mapping: row.mapping,
    checked: check?.checked ?? row.questions_at !== null,
    ...(check?.uncheckedBecause === undefined ? {} : { uncheckedBecause: check.uncheckedBecause }),
    drift: row.drift,
    questionsAt: row.questions_at,
    webhookRegistered: row.webhook_count === null ? null : row.webhook_count === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export const Note = Type.Object(
  {
    code: enumOf(['drift', 'unknownChoice', 'unreadable'] as const, { description: 'Kind of note.' }),
    pointer: Type.String({ description: 'The place in the application body.' }),
    qid: Type.String({ description: 'The question.' }),
    message: Type.String({ description: 'What the mapping could not do.' }),
  },
  { description: 'Something in the answers that the mapping does not settle.' },
)

export const MappingPreview = component(
  'JotformMappingPreview',
  Type.Object(
    {
      checked: Type.Boolean({ description: 'Whether the mapping was held against the live questions.' }),
      uncheckedBecause: Type.Optional(Type.String({ description: 'Why it was not.' })),
      drift: Type.Array(ref(Drift), { description: 'What in the live form differs from the mapping.' }),
      results: Type.Array(
        Type.Object({
          submissionId: nullable(Type.String(), {
            description: 'The stored submission; null for the answers that were sent along.',
          }),
          testMark: nullable(Type.String(), { description: 'Why it would be set aside as a test.' }),
          body: free('The application body that would come of it.'),
          undecided: Type.Array(
            Type.Object({
              pointer: Type.String({ description: 'The place in the body.' }),
              value: Type.String({ description: 'The answer as given.' }),
            }),
            { description: 'Choices without a code.' },
          ),
          notes: Type.Array(Note, { description: 'What the mapping does not settle.' }),
          files: Type.Array(
            Type.Object({
              pointer: Type.String({ description: 'The place in the body.' }),
              url: Type.String({ description: 'Address in Jotform.' }),
              name: Type.String({ description: 'File name.' }),
            }),
            { description: 'Uploaded files.' },
          ),
          extra: free('Answers to questions that are not mapped, by question id.'),
        }),
        { description: 'One result a submission.' },
      ),
    },
    { description: 'What a mapping would make of answers. Nothing is stored.' },
  ),
)
