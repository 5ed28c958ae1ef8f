import { contractFiles } from '../../src/openapi.ts'

export interface Schema {
  $ref?: string
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  items?: Schema
  additionalProperties?: boolean | Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  required?: string[]
  format?: string
  default?: unknown
  example?: unknown
  examples?: unknown[]
  minimum?: number
  minLength?: number
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  description?: string
  schema: Schema
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

export interface Media {
  schema?: Schema
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

export interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: Record<string, string[]>[]
  'x-access': string[]
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, Media> }
  responses: Record<string, { description: string; headers?: Record<string, object>; content?: Record<string, Media> }>
}

export interface Document {
  openapi: string
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> }
}

export interface Place extends Operation {
  method: string
  path: string
}

/** The contract as the code makes it now, sandbox included. */
export async function readDocument() {
  const files = await contractFiles()
  const document = JSON.parse(files['openapi.json'] ?? '') as Document
  const operations: Place[] = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  )
  const resolve = (schema: Schema): Schema => {
    const name = schema.$ref?.split('/').at(-1)
    return name === undefined ? schema : resolve(document.components.schemas[name] as Schema)
  }
  const exampleOf = (place: Place): Record<string, unknown> => {
    const media = place.requestBody?.content[jsonTypeOf(place) ?? '']
    const schema = resolve(media?.schema ?? {})
    return (media?.example ??
      Object.values(media?.examples ?? {})[0]?.value ??
      schema.example ??
      schema.examples?.[0] ??
      {}) as Record<string, unknown>
  }
  return { files, document, operations, resolve, exampleOf }
}

/** The JSON media type that an operation takes, if it takes one. */
export const jsonTypeOf = ({ requestBody }: Place): string | undefined =>
  Object.keys(requestBody?.content ?? {}).find((type) => type.includes('json'))

export type Contract = Awaited<ReturnType<typeof readDocument>>

/** Every schema below this one with its place; components are entered once, where they are first met. */
export function walk(
  schema: Schema,
  place: string,
  resolve: Contract['resolve'],
  seen = new Set<string>(),
): [string, Schema][] {
  if (schema.$ref !== undefined) {
    if (seen.has(schema.$ref)) return []
    seen.add(schema.$ref)
    return walk(resolve(schema), schema.$ref.split('/').at(-1) as string, resolve, seen)
  }
  const below: [string, Schema][] = [
    ...Object.entries(schema.properties ?? {}).map(([name, item]): [string, Schema] => [`${place}/${name}`, item]),
    ...(schema.items === undefined ? [] : [[`${place}[]`, schema.items] as [string, Schema]]),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map((item): [string, Schema] => [place, item]),
    ...(typeof schema.additionalProperties === 'object'
      ? [[`${place}{}`, schema.additionalProperties] as [string, Schema]]
      : []),
  ]
  return [[place, schema], ...below.flatMap(([at, item]) => walk(item, at, resolve, seen))]
}

/** An address for a path template, with something well-formed for every parameter. */
export const addressOf = (path: string, params: Record<string, string> = {}): string =>
  path.replace(
    /\{([^}]+)\}/g,
    (_whole, name: string) => params[name] ?? pathValues[name] ?? '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10',
  )

const pathValues: Record<string, string> = {
  number: '38',
  version: '1',
  iso3: 'BEL',
  state: 'CHE',
  formId: '210042217284346',
  submissionId: '4856715181114297811',
  secret: 'wrong-secret-0123456789',
  language: 'en',
}
