import type { TSchema } from 'typebox'
import { consentCodes, ecosocStatuses, genders, organisationTypes } from '../domain/application.ts'
import { closed, component, enumOf, Id, Iso3, type Static, Type } from '../http/schemas.ts'

export const text = (max: number, description: string, options: object = {}) =>
  Type.String({ maxLength: max, description, ...options })
const place = (description: string) =>
  text(100, `${description} ISO 3166-1 alpha-3, or the text given where it is no known State.`)

export const address = {
  line1: text(200, 'First line.'),
  line2: text(200, 'Second line.'),
  city: text(200, 'City.'),
  region: text(200, 'Region, state or province.'),
  postalCode: text(40, 'Postal code.'),
  country: place('Country.'),
}
export const ganhri = {
  status: enumOf(['A', 'B', 'none'], { description: 'Accreditation of the NHRI.' }),
  asOf: Type.Optional(
    Type.String({ format: 'date', description: 'Date on which this was the status, YYYY-MM-DD (R11).' }),
  ),
}
export const organisation = {
  name: text(300, 'Name of the institution.', { examples: ['Réseau des défenseurs'] }),
  type: enumOf(organisationTypes, { description: 'Kind of organisation (R10). An NHRI is a State body, not a CSO.' }),
  basedIn: place('Where it is based.'),
  address: closed(optional(address), { description: 'Postal address.' }),
  phone: text(60, 'Phone of the institution.'),
  email: text(320, 'E-mail of the institution.', { examples: ['contact@example.org'] }),
  website: text(500, 'Website.'),
  aim: text(20_000, "Aim and work. More than the round's limit of words (default 200) is a warning (R8)."),
  foundedYear: Type.Integer({ minimum: 0, maximum: 9999, description: 'Year since when it exists.' }),
  ecosocStatus: enumOf(ecosocStatuses, { description: 'ECOSOC consultative status: recorded, never required (R12).' }),
  ganhriStatus: closed(ganhri, { description: 'GANHRI accreditation with its date: recorded, no bar (R11).' }),
}
export const speaker = {
  firstName: text(200, 'First name.'),
  lastName: text(200, 'Last name.'),
  position: text(200, 'Position in the organisation.'),
  email: text(320, 'E-mail of the speaker.'),
  phone: text(60, 'Phone of the speaker.'),
  gender: enumOf(genders, { description: 'As declared by the person; absent is unknown, never guessed (R17).' }),
  timeZone: text(100, 'IANA time zone of the speaker.', { examples: ['Pacific/Palau'] }),
  atRisk: Type.Boolean({
    description: 'Would appearing by name put the speaker at risk? An unanswered question counts as yes.',
  }),
}
const issue = Type.Union(
  [
    Type.String({ pattern: '^[a-z0-9-]{1,60}$', description: 'Code of a theme, see GET /v1/themes.' }),
    closed({ other: text(500, 'Own words where no theme fits.') }),
  ],
  { description: 'What the statement is about (R16).', examples: ['right-to-health', { other: 'Access to land' }] },
)
export const content = {
  country: Iso3('State under Review that the application is for.'),
  organisation: closed(optional(organisation), { description: 'Who applies.' }),
  speaker: closed(optional(speaker), { description: 'Who would speak.' }),
  issues: Type.Array(issue, { maxItems: 30, description: 'Issues that the statement will address.' }),
  statementLanguage: text(35, 'Language of the statement, BCP 47.', { examples: ['fr'] }),
  uprSubmission: closed(
    optional({
      reference: text(200, 'Reference of the submission to OHCHR, e.g. of a joint one.', { examples: ['JS17'] }),
      documentIds: Type.Array(Id('Id of a document of this application.'), {
        maxItems: 20,
        uniqueItems: true,
        description: 'Its files among the documents of this application.',
      }),
    }),
    { description: 'The UPR submission to OHCHR: a file or a reference (R9).' },
  ),
  coalitionMembers: Type.Array(closed({ name: text(300, 'Member.'), country: Type.Optional(place('Its country.')) }), {
    maxItems: 500,
    description: 'Members of a coalition.',
  }),
  consents: Type.Array(enumOf(consentCodes), {
    uniqueItems: true,
    maxItems: consentCodes.length,
    description:
      'Consents given; everything not named is not consented to. `shareWithMissions` is for the missions of other States; that of the State under Review sees more than the public only with `shareWithStateUnderReview` as well.',
  }),
  accessibilityNeeds: text(2000, 'What the speaker needs to take part.'),
}

/** The same fields, each of them optional. */
export function optional<T extends Record<string, TSchema>>(properties: T) {
  return Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, Type.Optional(schema)])) as {
    [K in keyof T]: ReturnType<typeof Type.Optional<T[K]>>
  }
}

export const preSessionNumber = Type.Integer({
  minimum: 1,
  maximum: 999,
  description: 'Number of the round.',
  examples: [38],
})

export const ApplicationInput = component(
  'ApplicationInput',
  closed(
    { preSession: preSessionNumber, ...optional(content) },
    {
      description:
        'An application as it is given. Only `preSession` is needed to begin a draft; what is missing is told by the assessment.',
      examples: [
        {
          preSession: 38,
          country: 'BEL',
          organisation: {
            name: 'Réseau des défenseurs',
            type: 'nationalCso',
            basedIn: 'BEL',
            email: 'contact@example.org',
            aim: 'We document cases and train lawyers.',
          },
          speaker: { firstName: 'Zoë', lastName: 'Machel', email: 'zoe@example.org', atRisk: false },
          issues: ['right-to-health'],
          uprSubmission: { reference: 'JS17' },
        },
      ],
    },
  ),
)

export const DryRunInput = component(
  'DryRunInput',
  closed(
    { preSession: Type.Optional(preSessionNumber), ...optional(content) },
    {
      description:
        'An application body to try out. `preSession` and `country` come from the path; when given, they must agree with it.',
      examples: [
        {
          organisation: { name: 'Ligue des droits', type: 'nationalCso', basedIn: 'BEL' },
          issues: ['right-to-health'],
        },
      ],
    },
  ),
)

/** RFC 7396: each field may also be null, which removes it. Objects merge, lists are replaced whole. */
function patchable(schema: TSchema): TSchema {
  const s = schema as TSchema & {
    type?: string
    enum?: unknown[]
    properties?: Record<string, TSchema>
    required?: string[]
  }
  if (s.type === 'object' && s.properties !== undefined) {
    const properties = Object.fromEntries(Object.entries(s.properties).map(([key, value]) => [key, patchable(value)]))
    const { required: _, ...rest } = s
    return { ...rest, type: ['object', 'null'], properties } as unknown as TSchema
  }
  if (s.type !== undefined)
    return {
      ...s,
      type: [s.type, 'null'],
      ...(s.enum === undefined ? {} : { enum: [...s.enum, null] }),
    } as unknown as TSchema
  return schema
}

export const ApplicationPatch = component(
  'ApplicationPatch',
  Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(content).map(([key, schema]) => [key, patchable(schema)])),
    description:
      'JSON Merge Patch (RFC 7396): absent keeps, null removes, objects merge, lists are replaced. After the deadline a change is kept beside the assessed version and never replaces it.',
    examples: [{ speaker: { lastName: 'Machel' }, accessibilityNeeds: null }],
  }),
)

export type ApplicationInputBody = Static<typeof ApplicationInput>
