import Type, { type Static, type TObject, type TSchema, type TUnsafe } from 'typebox'
import { errorCodes } from '../error-codes.ts'

const registered = new Map<string, TSchema>()

/** Registers a named component of the contract. Every schema that appears twice is one of these. */
export function component<T extends TSchema>(id: string, schema: T): T {
  if (registered.has(id)) throw new Error(`Two components are called ${id}.`)
  const named = { ...schema, $id: id }
  registered.set(id, named)
  return named as T
}

/** All components; complete once the routes' modules are loaded. */
export const components = (): TSchema[] => [...registered.values()]

/** A `$ref` in the document that keeps the static type of what it refers to. */
export const ref = <T extends TSchema>(schema: T): TUnsafe<Static<T>> =>
  Type.Unsafe<Static<T>>(Type.Ref((schema as { $id?: string }).$id as string))

/** An object that takes no unknown property: every request body, query and path is one. */
export const closed = <T extends Record<string, TSchema>>(properties: T, options: object = {}): TObject<T> =>
  Type.Object(properties, { additionalProperties: false, ...options })

export const enumOf = <const T extends readonly string[]>(values: T, options: object = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...options })

export const nullable = <T extends TSchema>(
  schema: T,
  options: { description?: string | undefined; examples?: unknown[] } = {},
) => Type.Union([schema, Type.Null()], options as Record<string, unknown>)

/** 4 hexadecimal groups; version 7 in what the service makes. */
export const Id = (description: string) =>
  Type.String({ format: 'uuid', description, examples: ['019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'] })

export const Instant = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.`, examples: ['2021-01-08T22:59:59Z'] })

export const CalendarDate = (description: string) =>
  Type.String({ format: 'date', description: `${description} Calendar date, YYYY-MM-DD.`, examples: ['2021-03-22'] })

export const Iso3 = (description: string) =>
  Type.String({ pattern: '^[A-Za-z]{3}$', description: `${description} ISO 3166-1 alpha-3.`, examples: ['BEL'] })

/** A place that is taken: of a booking that is refused, or of an overrun that would be. */
export const TakenPlace = Type.Object(
  {
    kind: enumOf(['room', 'country', 'speaker', 'seat'], { description: 'What is taken.' }),
    startsAt: Instant('Since when it is taken.'),
    endsAt: Instant('Until when it is taken.'),
    country: Type.Optional(
      Type.String({ description: 'Of a country: which of those that were asked for.', examples: ['BEL'] }),
    ),
    slotId: Type.Optional(Id('The slot that has it, where you may read that.')),
    applicationId: Type.Optional(Id('Of a speaker, for the secretariat: the application whose speaker sits there.')),
  },
  { description: 'A place that is taken.' },
)

export const Problem = component(
  'Problem',
  Type.Object(
    {
      type: Type.String({
        format: 'uri-reference',
        description: 'Address of a page that explains this code.',
        examples: ['/problems/invalid_request'],
      }),
      title: Type.String({ description: 'What the code means, the same for every occurrence.' }),
      status: Type.Integer({ description: 'HTTP status of the answer.' }),
      detail: Type.String({ description: 'What happened this time, or what to do about it; for people.' }),
      instance: Type.String({ description: 'Path of the request, without its query.' }),
      code: enumOf(Object.keys(errorCodes), { description: 'Stable code for programs; never reworded.' }),
      requestId: Type.String({ description: 'Id of this request, also in `X-Request-Id` and in the log.' }),
      errors: Type.Optional(
        Type.Array(
          Type.Object({
            pointer: Type.String({
              description: 'JSON Pointer into the body; `/query/…`, `/params/…` or `/headers/…` outside it.',
              examples: ['/organisation/email'],
            }),
            code: Type.String({ description: 'Kind of fault, stable, snake_case.', examples: ['required'] }),
            message: Type.String({ description: 'The fault in a sentence.' }),
          }),
          { description: 'Each fault of the input.' },
        ),
      ),
      conflicts: Type.Optional(Type.Array(TakenPlace, { description: 'What stands in the way of a booking.' })),
    },
    { description: 'RFC 9457 problem document: the one form of every answer of 400 and above.' },
  ),
)

export const limitQuery = Type.Integer({
  minimum: 1,
  maximum: 100,
  default: 20,
  description: 'How many items a page has at most.',
})
export const cursorQuery = Type.Optional(
  Type.String({
    maxLength: 500,
    pattern: '^[A-Za-z0-9_-]+$',
    description: 'Opaque `nextCursor` of the page before; belongs to the same filters and order.',
  }),
)

/** `{ data, nextCursor }` of a named component. */
export const pageOf = <T extends TSchema>(id: string, item: T) =>
  component(
    id,
    Type.Object(
      {
        data: Type.Array(ref(item), { description: 'The items of this page, in the order asked for.' }),
        nextCursor: nullable(Type.String(), {
          description:
            'Cursor of the next page, or null on the last one. The `Link` header carries the same as rel="next".',
        }),
      },
      { description: `A page of ${id.replace(/Page$/, '')} items.` },
    ),
  )

type ProblemStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 409
  | 410
  | 412
  | 413
  | 415
  | 416
  | 422
  | 423
  | 428
  | 429
  | 460
  | 500
  | 503
  | 507

const problemDescriptions: Record<ProblemStatus, string> = {
  400: 'The request is not valid; `errors` has a pointer to each fault.',
  401: 'A credential is missing or not valid.',
  403: 'The credential is known but may not do this.',
  404: 'There is no such thing, or it is not yours to know of.',
  405: 'The address does not take this method.',
  409: 'The request is valid but the present state or a rule refuses it.',
  410: 'It was there and has ended.',
  412: 'The resource was changed since the ETag in `If-Match`.',
  413: 'The body is larger than this operation takes.',
  415: 'The media type of the body is not taken here.',
  416: 'The file has no such bytes.',
  422: 'The content is understood but cannot be accepted.',
  423: 'Another request holds it; see `Retry-After`.',
  428: 'This change needs `If-Match`.',
  429: 'Too many requests; see `Retry-After`.',
  460: 'The bytes do not have the checksum that was announced.',
  500: 'The service made a mistake; the details are in its log.',
  503: 'The service cannot answer now; see `Retry-After`.',
  507: 'No space is left.',
}

/** Response schemas of problems, one per status. */
export const problems = <S extends ProblemStatus>(...statuses: S[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: problemDescriptions[status], content: { 'application/problem+json': { schema: ref(Problem) } } },
    ]),
  ) as Record<
    S,
    { description: string; content: { 'application/problem+json': { schema: TUnsafe<Static<typeof Problem>> } } }
  >

export const ifNoneMatchHeaders = closedHeaders({
  'if-none-match': Type.Optional(
    Type.String({ description: 'ETag you hold; 304 without a body if it is still current.' }),
  ),
})

export const ifMatchHeaders = closedHeaders({
  'if-match': Type.Optional(
    Type.String({ description: 'ETag of the representation you changed. Absent: 428; stale: 412.' }),
  ),
})

export const optionalIfMatchHeaders = closedHeaders({
  'if-match': Type.Optional(
    Type.String({ description: 'ETag of the representation you act on; honoured when sent. Stale: 412.' }),
  ),
})

/** Headers stay open: clients and proxies send many that are none of our business. */
function closedHeaders<T extends Record<string, TSchema>>(properties: T) {
  return Type.Object(properties)
}

/** The documented body of an operation that reads a stream: media types with their schemas, as OpenAPI writes them. */
export const documentedBody = (
  description: string,
  content: Record<string, { schema: object; example?: unknown }>,
) => ({
  'x-request-body': { description, required: true, content },
})

export const reason = (description: string) =>
  Type.String({ minLength: 1, maxLength: 2000, pattern: '\\S', description })

export type { Static }
export { Type }
