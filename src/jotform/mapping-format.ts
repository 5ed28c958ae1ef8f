import { type Static, Type } from 'typebox'

/** How one answer becomes one value of the application body. */
export const answerKinds = [
  'text',
  'email',
  'phone',
  'address',
  'fullName',
  'number',
  'date',
  'country',
  'choice',
  'choices',
  'boolean',
  'files',
  'list',
] as const
export type AnswerKind = (typeof answerKinds)[number]

const QuestionId = Type.String({ pattern: '^\\d{1,9}$', description: 'The question id that Jotform gives it.' })

export const MappingField = Type.Object(
  {
    qid: QuestionId,
    name: Type.String({
      minLength: 1,
      maxLength: 200,
      description: "The question's unique name, as a check on the id.",
    }),
    to: Type.String({ pattern: '^(/[A-Za-z0-9]+)+$', description: 'JSON Pointer into the application body.' }),
    as: Type.Enum([...answerKinds], { type: 'string', description: 'How the answer is read.' }),
    choices: Type.Optional(
      Type.Record(Type.String({ maxLength: 500 }), Type.Union([Type.String({ maxLength: 100 }), Type.Boolean()]), {
        description: 'Label of an option to its code; list every label that the form shows in any language.',
      }),
    ),
    columns: Type.Optional(
      Type.Record(Type.String({ maxLength: 200 }), Type.Enum(['name', 'country'], { type: 'string' }), {
        description: 'Column heading of a list widget to the property of a coalition member.',
      }),
    ),
    accept: Type.Optional(
      Type.Array(Type.String({ maxLength: 100 }), {
        maxItems: 20,
        description: 'Media types a file of this question may have.',
      }),
    ),
    order: Type.Optional(
      Type.Enum(['dmy', 'mdy', 'ymd'], {
        type: 'string',
        description: 'Order of day, month and year where a date comes as text.',
      }),
    ),
  },
  { additionalProperties: false, description: 'One question of the form and where its answer goes.' },
)

export const TestRule = Type.Union(
  [
    Type.Object(
      {
        rawKey: Type.String({ minLength: 1, maxLength: 100, description: 'A key of `rawRequest`, such as `preview`.' }),
        equals: Type.String({ maxLength: 200, description: 'The value that marks a test.' }),
      },
      { additionalProperties: false },
    ),
    Type.Object(
      {
        qid: QuestionId,
        matches: Type.String({
          minLength: 1,
          maxLength: 200,
          description:
            'A regular expression without groups and with at most one of `*` and `+`, so that it is always quick.',
        }),
      },
      { additionalProperties: false },
    ),
  ],
  { description: 'What marks a submission as a test.' },
)

export const Mapping = Type.Object(
  {
    formId: Type.String({ pattern: '^\\d{5,25}$', description: "The form's id in Jotform." }),
    preSession: Type.Integer({
      minimum: 1,
      maximum: 999,
      description: 'The round that the form takes applications for.',
    }),
    testRules: Type.Array(TestRule, { maxItems: 20, description: 'Any one of them marks a submission as a test.' }),
    ignore: Type.Array(QuestionId, { maxItems: 200, description: 'Questions to leave out, such as headings.' }),
    fields: Type.Array(MappingField, { maxItems: 200, description: 'The questions that are mapped.' }),
  },
  {
    additionalProperties: false,
    description: 'How the questions of a Jotform form map to an application.',
    examples: [
      {
        formId: '203423859147358',
        preSession: 38,
        testRules: [{ rawKey: 'preview', equals: 'true' }],
        ignore: ['1'],
        fields: [
          { qid: '3', name: 'countryUnder', to: '/country', as: 'choice', choices: { Belgium: 'BEL', Denmark: 'DNK' } },
          { qid: '4', name: 'institutionName', to: '/organisation/name', as: 'text' },
          { qid: '14', name: 'speakerName', to: '/speaker', as: 'fullName' },
          {
            qid: '22',
            name: 'uprSubmission',
            to: '/uprSubmission/documentIds',
            as: 'files',
            accept: ['application/pdf'],
          },
        ],
      },
    ],
  },
)

export type Mapping = Static<typeof Mapping>
export type MappingField = Static<typeof MappingField>
export type TestRule = Static<typeof TestRule>
