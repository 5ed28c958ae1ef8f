import t from 'tap'
import { type Contract, type Place, readDocument, type Schema, walk } from '../support/document.ts'
import { knownExceptions } from './known-exceptions.ts'

/** Every operation can answer with these, whatever it does. */
const always = ['400', '401', '405', '429', '500', '503']

const contract = await readDocument()
const { document, operations, resolve } = contract

/** A credential may be shown and need not be: an empty requirement stands beside it. */
const needsNoCredential = ({ security }: Place) => security.some((one) => Object.keys(one).length === 0)

/** Each rule answers the places that break it. */
const rules: Record<string, (contract: Contract) => string[]> = {
  'operationId is camelCase': () => failing(({ operationId }) => /^[a-z]+([A-Z][a-z0-9]*)*$/.test(operationId)),
  'operationId is unique': () =>
    failing(({ operationId }) => operations.filter((one) => one.operationId === operationId).length === 1),
  'summary is a short command': () =>
    failing(
      ({ summary }) =>
        /^[A-Z][a-z]+ [^.]+$/.test(summary ?? '') && summary.length <= 60 && !/^[A-Z][a-z]+s /.test(summary),
    ),
  'description is a sentence': () => failing(({ description }) => /^[A-Z].*[.)]$/s.test(description ?? '')),
  'exactly one declared tag': () =>
    failing(({ tags = [] }) => tags.length === 1 && document.tags.some(({ name }) => name === tags[0])),
  'security and x-access agree': () =>
    failing((one) => needsNoCredential(one) === (one['x-access']?.[0] === 'public') && one['x-access'].length > 0),
  'a parameter that has a default may be left out': () =>
    failing(({ parameters = [] }) => parameters.every((one) => !(one.required && one.schema?.default !== undefined))),
  'what is read again by its tag is answered with one': () =>
    failing(
      ({ parameters = [], responses }) =>
        !parameters.some(({ name }) => name === 'if-none-match') || responses[200]?.headers?.etag !== undefined,
    ),
  'every problem is documented': () =>
    operations.flatMap((one) =>
      [
        ...always,
        ...(needsNoCredential(one) ? [] : ['403']),
        ...(one.path.includes('{') && one.method !== 'PUT' ? ['404'] : []),
      ]
        .filter((status) => !(one.path === '/health/ready' && status === '503'))
        .filter((status) => one.responses[status]?.content?.['application/problem+json'] === undefined)
        .map((status) => `${one.operationId} ${status}`),
    ),
  'every status of 400 and above is a problem': () =>
    operations.flatMap((one) =>
      Object.entries(one.responses)
        .filter(([status]) => Number(status) >= 400 && one.path !== '/health/ready')
        .filter(([, { content }]) => JSON.stringify(Object.keys(content ?? {})) !== '["application/problem+json"]')
        .map(([status]) => `${one.operationId} ${status}`),
    ),
  'a body means 413 and 415': () =>
    failing((one) => one.requestBody === undefined || ['413', '415'].every((status) => status in one.responses)),
  'a method with content has a documented body': () =>
    failing((one) => !['PUT', 'PATCH'].includes(one.method) || one.requestBody !== undefined),
  'every response has a description': () =>
    failing(({ responses }) =>
      Object.values(responses).every(
        ({ description }) => (description ?? '').length > 3 && description !== 'Default Response',
      ),
    ),
  'every parameter has a description': () =>
    operations.flatMap((one) =>
      (one.parameters ?? []).filter(({ description }) => !description).map(({ name }) => `${one.operationId} ${name}`),
    ),
  'every property has a description': () =>
    allSchemas().flatMap(([place, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, schema]) => !schema.description && !resolve(schema).description)
        .map(([name]) => `${place}/${name}`),
    ),
  'every component has a description': () =>
    Object.entries(document.components.schemas)
      .filter(([, schema]) => !schema.description)
      .map(([name]) => name),
  'request bodies take no unknown property': () =>
    operations.flatMap((one) =>
      Object.entries(one.requestBody?.content ?? {})
        .filter(([type]) => type.includes('json'))
        .flatMap(([, { schema = {} }]) => walk(schema, one.operationId, resolve))
        .filter(([, schema]) => schema.properties !== undefined && schema.additionalProperties !== false)
        .map(([place]) => place),
    ),
  'request bodies have an example': () =>
    operations.flatMap((one) =>
      Object.entries(one.requestBody?.content ?? {})
        .filter(([type, media]) => type.includes('json') && !hasExample(media))
        .map(([type]) => `${one.operationId} ${type}`),
    ),
  'no nullable': () => ofSchemas((_place, schema) => !('nullable' in schema)),
  'no allOf': () => ofSchemas((_place, schema) => !('allOf' in schema)),
  'enums are texts, and have a type': () =>
    ofSchemas((_place, { enum: values = [], type }) =>
      values.every(
        (value) => typeof value !== 'number' && [type].flat().includes(value === null ? 'null' : typeof value),
      ),
    ),
  'names are camelCase': () =>
    ofSchemas((place) => /^[^/]+$|\/(\$?[a-z][A-Za-z0-9]*|[A-Z]{3})(\[\]|\{\})*$/.test(place)),
  'lists are data and nextCursor': () =>
    Object.entries(document.components.schemas)
      .filter(([name]) => name.endsWith('Page'))
      .filter(([, { properties = {} }]) => Object.keys(properties).join() !== 'data,nextCursor')
      .map(([name]) => name),
}

const failing = (holds: (one: Place) => boolean): string[] =>
  operations.filter((one) => !holds(one)).map(({ operationId }) => operationId)

/** All schemas of the document: components by their name, inline ones by their operation. */
function allSchemas(): [string, Schema][] {
  const seen = new Set<string>()
  const inline = operations.flatMap((one): [string, Schema][] => [
    ...(one.parameters ?? []).map(({ name, schema }): [string, Schema] => [`${one.operationId}?${name}`, schema]),
    ...Object.values(one.requestBody?.content ?? {}).map(({ schema = {} }): [string, Schema] => [
      one.operationId,
      schema,
    ]),
    ...Object.entries(one.responses).flatMap(([status, { content = {} }]) =>
      Object.values(content).map(({ schema = {} }): [string, Schema] => [`${one.operationId} ${status}`, schema]),
    ),
  ])
  return inline.flatMap(([place, schema]) => walk(schema, place, resolve, seen))
}

function ofSchemas(holds: (place: string, schema: Schema) => boolean): string[] {
  return [
    ...new Set(
      allSchemas()
        .filter(([place, schema]) => !holds(place, schema))
        .map(([place]) => place),
    ),
  ]
}

function hasExample(media: { schema?: Schema; example?: unknown; examples?: unknown }): boolean {
  const { example, examples } = media.schema === undefined ? {} : resolve(media.schema)
  return [media.example, media.examples, example, examples].some((one) => one !== undefined)
}

t.test('the contract keeps its rules', async (t) => {
  const found = Object.entries(rules).flatMap(([rule, check]) => check(contract).map((place) => `${rule}: ${place}`))
  t.same(
    found.filter((one) => !knownExceptions.includes(one)),
    [],
    'correct the schema; an exception is not a way out',
  )
  t.same(
    knownExceptions.filter((one) => !found.includes(one)),
    [],
    'these faults are gone: remove them from known-exceptions.ts',
  )
})
