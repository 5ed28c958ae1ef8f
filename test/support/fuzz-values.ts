import { isDeepStrictEqual } from 'node:util'
import fc, { type Arbitrary } from 'fast-check'
import type { Schema } from './document.ts'

/** A schema of the contract with every keyword that a request uses. */
export interface RequestSchema
  extends Omit<Schema, 'type' | 'properties' | 'items' | 'additionalProperties' | 'anyOf'> {
  type?: string | string[]
  properties?: Record<string, RequestSchema>
  items?: RequestSchema
  additionalProperties?: boolean | RequestSchema
  anyOf?: RequestSchema[]
  pattern?: string
  maxLength?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
}

export type Resolve = (schema: RequestSchema) => RequestSchema

const words = ['Ligue', 'droits humains', 'Zoë', 'x', ' ', 'a@b.example', 'https://example.org', '2021-01-08', 'JS17']

/** Text that people and attackers send, all of it storable. */
const oddText = [
  '',
  ' ',
  '\t\n',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  '\u202eمرحبا\u202c',
  'שלום',
  'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L',
  'e\u0301'.repeat(20),
  '\u0007\u001b[31m',
  '\u007f\u0085\u2028\ufeff\ufffe\uffff',
  "'; drop table application; --",
  '%00%',
  '\\',
  '<script>alert(1)</script>',
  '{{7*7}}',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '١٢٣',
  'İıſK',
]

/** Text that cannot be stored, and text that is very long. */
const brokenText = ['\u0000', 'a\u0000b', '\ud800', 'x\udc00y', 'x'.repeat(70_000), '€'.repeat(60_000), 'a'.repeat(255)]

const numbers = [
  0,
  -0,
  -1,
  1,
  0.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  999,
  1000,
]

const dates = [
  '2021-02-29',
  '2021-13-01',
  '2021-01-00',
  '0000-00-00',
  '2021-1-8',
  '20210108',
  '-000001-01-01',
  '9999-12-31',
]
const instants = [
  '2021-01-08T24:00:00Z',
  '2021-01-08T23:59:60Z',
  '2016-12-31T23:59:60Z',
  '2021-01-08T23:59:59+25:00',
  '2021-01-08T23:59:59.123456789123Z',
  '2021-01-08 23:59:59Z',
  '2021-02-30T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59-23:59',
  '2021-01-08T22:59:59',
  '2021-01-08t22:59:59z',
  '2021-01-08T22:59:59−01:00',
]
const zones = [
  'CET',
  'EST',
  'Etc/GMT+5',
  'UTC',
  '+01:00',
  'Mars/Olympus',
  'Europe/Nowhere',
  'europe/zurich',
  'Europe/',
  'Asia/Calcutta',
]
const locals = [
  '2021-03-28T02:30',
  '2021-10-31T02:30',
  '2021-01-08T24:00',
  '2021-01-08T23:59:59',
  '2021-02-30T10:00',
  '1999-01-01T00:00',
]

/** Any code points but halves of characters. The library's own units take a second to set up. */
const codePoints = fc
  .oneof(fc.nat(0x2ff), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((one) => String.fromCodePoint(one))
const someGraphemes = fc.constantFrom(
  'a',
  'Z',
  '9',
  ' ',
  '-',
  'é',
  'e\u0301',
  'ß',
  '中',
  'ा',
  '각',
  '🇧🇪',
  '👩‍👩‍👧‍👦',
  '👍🏽',
)
const visible = codePoints.filter((one) => !/[\p{C}\p{Z}]/u.test(one))
const graphemes = fc.string({ unit: fc.oneof(someGraphemes, visible), maxLength: 30 })
const binary = fc.string({ unit: codePoints, maxLength: 12 })

export const oddStrings: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...oddText) },
  { weight: 1, arbitrary: fc.constantFrom(...brokenText) },
  { weight: 3, arbitrary: fc.constantFrom(...dates, ...instants, ...zones, ...locals) },
  { weight: 2, arbitrary: binary },
  { weight: 1, arbitrary: graphemes },
)

const deep = (levels: number): unknown => {
  let value: unknown = 1
  for (let n = 0; n < levels; n += 1) value = n % 2 === 0 ? [value] : { a: value }
  return value
}

/** Keys that reach an object's prototype when somebody is careless. */
const keyed = (key: string): unknown => Object.fromEntries([[key, { polluted: true }]])

export const oddValues: Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: oddStrings },
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...numbers) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { '': '' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      keyed('__proto__'),
      keyed('constructor'),
      { constructor: { prototype: { a: 1 } } },
      keyed('prototype'),
      keyed('toString'),
      { $ref: '#', length: -1 },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(31, 32, 33, 200, 800).map(deep) },
  { weight: 1, arbitrary: fc.constantFrom(31, 101, 501, 20_000).map((length) => Array.from({ length }, (_, n) => n)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)

interface Meaning {
  good: unknown[]
  odd: unknown[]
}

/** Values that mean something to the rules, by the name of the field: what a schema alone would hardly ever hit. */
const meant: Record<string, Meaning> = {
  preSession: { good: [38, 38, 41], odd: [40, 42, 997] },
  country: { good: ['BEL', 'bel', 'DNK', 'EST', 'LVA'], odd: ['FRA', 'ZZZ', 'Belgium', 'Belgique'] },
  iso3: { good: ['SDN', 'FRA', 'uSA', 'CHE'], odd: ['BEL', 'PSE', 'VAT', 'ZZZ'] },
  basedIn: { good: ['BEL', 'België', 'Kosovo', 'nowhere'], odd: [''] },
  issues: { good: [['right-to-health'], ['environment', { other: 'Access to land' }], []], odd: [['no-such-theme']] },
  timeZone: { good: ['Europe/Zurich', 'Europe/Zurich', 'Pacific/Palau', 'Asia/Kathmandu'], odd: zones },
  local: { good: ['2021-01-15T23:59', '2022-06-30T23:59', '2150-12-31T12:00'], odd: locals },
  until: {
    good: ['2021-02-11T23:59', '2021-03-11T22:59:59Z', '2199-12-31T23:59:59.999Z'],
    odd: [...locals, ...instants],
  },
  email: { good: ['contact@ligue.example', 'zoe@ligue.example', 'ZOE@LIGUE.EXAMPLE'], odd: ['ünï@exämple.org', 'a b'] },
  documentIds: { good: [[], ['{{document}}']], odd: [['{{documentOfAnother}}'], ['{{draft}}'], ['{{absent}}']] },
  number: { good: Array.from({ length: 900 }, (_, n) => n + 45), odd: [38, 40] },
  to: { good: ['callOpen', 'callClosed', 'selecting', 'confirmed', 'postponed'], odd: ['cancelled', 'archived'] },
  start: { good: ['2021-12-06', '2100-02-28'], odd: dates },
  end: { good: ['2121-12-10', '2100-02-28'], odd: dates },
  formId: { good: ['{{form}}'], odd: ['210042217284346'] },
  matches: { good: ['^test', 'a*'], odd: ['(a+)+$', '[', '\\', '(?<a>x)', 'x{1,99999}'] },
  website: { good: ['https://example.org', 'example'], odd: ['javascript:alert(1)'] },
  now: { good: ['2020-12-16T10:00:00.5+14:00', '2021-01-09T10:00:00Z'], odd: instants },
  at: { good: ['2021-02-15T09:00:00Z'], odd: instants },
  phone: { good: ['+32 2 555 55 55', '12', '☎'], odd: [''] },
  statementLanguage: { good: ['fr', 'zh-Hant', 'xx-', 'not a language'], odd: [''] },
}

/** These must agree with another field, which they hardly ever do by chance. */
const dependent = ['offset', 'closesAt']

const clip = (text: string, { minLength = 0, maxLength = 2_000 }: { minLength?: number; maxLength?: number }) => {
  const characters = [...text].slice(0, maxLength)
  while (characters.length < minLength) characters.push('x')
  return characters.join('')
}

const storable = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000')

function plainText(schema: RequestSchema): Arbitrary<string> {
  const { maxLength = 2_000, minLength = 0 } = schema
  const limits = { minLength, maxLength }
  return fc
    .oneof(
      { weight: 4, arbitrary: fc.constantFrom(...words) },
      { weight: 3, arbitrary: fc.constantFrom(...oddText) },
      { weight: 2, arbitrary: graphemes },
      { weight: 1, arbitrary: fc.constantFrom('x', '𝒳').map((one) => one.repeat(maxLength)) },
    )
    .filter(storable)
    .map((text) => clip(text, limits))
}

const pad = (n: number, width = 2) => String(n).padStart(width, '0')
const calendarDates = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2199-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))

const byFormat: Record<string, Arbitrary<string>> = {
  uuid: fc.oneof(
    fc.constantFrom('{{draft}}', '{{submitted}}', '{{delivery}}', '{{document}}', '{{absent}}'),
    fc.uuid(),
  ),
  date: calendarDates,
  'date-time': fc
    .tuple(
      calendarDates,
      fc.nat(23),
      fc.nat(59),
      fc.nat(59),
      fc.constantFrom('', '.5', '.999', '.123456'),
      fc.constantFrom('Z', '+01:00', '-11:30'),
    )
    .map(([day, h, m, s, fraction, zone]) => `${day}T${pad(h)}:${pad(m)}:${pad(s)}${fraction}${zone}`),
  email: fc.oneof(
    fc.constantFrom('contact@ligue.example', 'zoe@ligue.example', 'ZOE@ligue.example'),
    fc.emailAddress(),
  ),
  uri: fc.constantFrom('https://form.jotform.com/202954061234567', 'http://a', 'https://example.org/a?b=c#d'),
}

/** For patterns that the generator of matching strings does not know. */
const byPattern: Record<string, Arbitrary<string>> = {
  '^(?![\\s\\S]*\\p{Cc})\\s*\\S': fc.constantFrom('Pre-sessions 40', '  x', '👩‍👩‍👧‍👦', '\u202eمرحبا', 'é', '\u2028x'),
  '^https?://[!-~]+$': byFormat.uri as Arbitrary<string>,
  '\\S': fc.constantFrom('Internet shutdown', 'x', '  é  ', '\u0007', '👩‍👩‍👧‍👦'),
  '^[\\da-fA-F]{64}$': fc.constantFrom('0'.repeat(64), 'aF'.repeat(32)),
  '^2[01]': calendarDates,
  '^2[01]\\d{2}-': byFormat['date-time'] as Arbitrary<string>,
}

function textOf(schema: RequestSchema): Arbitrary<string> {
  const { format, pattern, maxLength = Number.POSITIVE_INFINITY, minLength = 0 } = schema
  const expression = pattern === undefined ? undefined : new RegExp(pattern, 'u')
  const base =
    (format === undefined ? undefined : byFormat[format]) ??
    (pattern === undefined
      ? plainText(schema)
      : (byPattern[pattern] ?? fc.stringMatching(new RegExp(pattern), { maxLength: 60 })))
  return base.filter((text) => {
    const length = [...text].length
    return length <= maxLength && length >= minLength && (expression?.test(text) ?? true) && storable(text)
  })
}

/** Values that fit a schema of the contract; with `named`, often one that means something under that name. */
export function valuesOf(schema: RequestSchema, resolve: Resolve, named?: string): Arbitrary<unknown> {
  const known = named === undefined ? undefined : meant[named]
  const free = byShape(schema, resolve)
  if (known === undefined) return free
  // A name may mean something else here: what does not fit at all is left to the validator, which refuses it.
  return fc.oneof(
    { weight: 24, arbitrary: fc.constantFrom(...known.good) },
    { weight: 1, arbitrary: fc.constantFrom(...known.odd) },
    { weight: 1, arbitrary: free },
  )
}

const cache = new Map<string, Arbitrary<unknown>>()

function byShape(schema: RequestSchema, resolve: Resolve): Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const known = cache.get(schema.$ref) ?? byShape(resolve(schema), resolve)
    cache.set(schema.$ref, known)
    return known
  }
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => byShape(one, resolve)))
  if (Array.isArray(schema.type)) {
    return fc.oneof(...schema.type.map((type) => byShape({ ...schema, type }, resolve)))
  }
  const { minimum = -(2 ** 31), maximum = 2 ** 31 - 1 } = schema
  if (schema.type === 'null') return fc.constant(null)
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer')
    return fc.oneof(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum, maximum))
  if (schema.type === 'number') return fc.double({ min: minimum, max: maximum, noNaN: true })
  if (schema.type === 'string') return textOf(schema)
  if (schema.type === 'array') return listOf(schema, resolve)
  if (schema.type === 'object') return objectOf(schema, resolve)
  return fc.jsonValue({ maxDepth: 2 })
}

function listOf({ items = {}, minItems = 0, maxItems = 4, uniqueItems = false }: RequestSchema, resolve: Resolve) {
  const limits = { minLength: minItems, maxLength: Math.min(maxItems, 4) }
  const item = byShape(items, resolve)
  return uniqueItems ? fc.uniqueArray(item, { ...limits, comparator: isDeepStrictEqual }) : fc.array(item, limits)
}

function objectOf(
  { properties, required = [], additionalProperties }: RequestSchema,
  resolve: Resolve,
): Arbitrary<unknown> {
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(([name, field]) => [name, valuesOf(field, resolve, name)] as const)
    const whole = fc.record(Object.fromEntries(fields), { requiredKeys: required as never[], noNullPrototype: true })
    if (!dependent.some((name) => name in properties)) return whole
    return fc.tuple(whole, fc.nat(11)).map(([value, n]) => {
      const kept = Object.entries(value).filter(
        ([name]) => n === 0 || required.includes(name) || !dependent.includes(name),
      )
      return Object.fromEntries(kept)
    })
  }
  const value =
    typeof additionalProperties === 'object' ? byShape(additionalProperties, resolve) : fc.jsonValue({ maxDepth: 3 })
  return fc.dictionary(graphemes.filter(storable), value, {
    maxKeys: 4,
    noNullPrototype: true,
  })
}

/** One change of a body; `at` chooses the place among all there are. */
interface Mutation {
  at: number
  kind: 'replace' | 'remove' | 'add' | 'wrap' | 'repeat' | 'swap'
  key: string
  value: unknown
}

export const mutations: Arbitrary<Mutation> = fc.record({
  at: fc.nat(200),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'wrap', 'repeat', 'swap'),
  key: fc.oneof(
    fc.constantFrom(
      'colour',
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'id',
      '',
      'a/b~c',
      '\u0000',
      '\ud800',
      'Country',
      '$ref',
    ),
    binary,
  ),
  value: oddValues,
})

interface Place {
  owner: Record<string, unknown> | unknown[]
  key: string
}

function placesIn(value: unknown, found: Place[] = [], depth = 0): Place[] {
  if (typeof value !== 'object' || value === null || depth > 8 || found.length > 200) return found
  for (const key of Object.keys(value)) {
    found.push({ owner: value as Record<string, unknown>, key })
    placesIn((value as Record<string, unknown>)[key], found, depth + 1)
  }
  return found
}

const put = (owner: object, key: string, value: unknown) =>
  Object.defineProperty(owner, key, { value, writable: true, enumerable: true, configurable: true })

/** The body with one place of it changed. The body is a copy of the caller's own. */
export function mutate(body: unknown, { at, kind, key, value: given }: Mutation): unknown {
  // The next change may go into this value, which other requests have too.
  const value = structuredClone(given)
  const places = placesIn(body)
  const place = places[at % Math.max(places.length, 1)]
  if (place === undefined)
    return kind === 'add' && typeof body === 'object' && body !== null ? put(body, key, value) : value
  const { owner } = place
  const current = (owner as Record<string, unknown>)[place.key]
  if (kind === 'replace') put(owner, place.key, value)
  if (kind === 'remove') {
    if (Array.isArray(owner)) owner.splice(Number(place.key), 1)
    else delete owner[place.key]
  }
  if (kind === 'add') {
    if (Array.isArray(owner)) owner.push(value)
    else put(owner, key, value)
  }
  if (kind === 'wrap') put(owner, place.key, [current])
  if (kind === 'repeat') put(owner, place.key, Array.isArray(current) ? [...current, ...current] : [current, current])
  if (kind === 'swap') {
    const other = places[(at * 7 + 3) % places.length] as Place
    put(owner, place.key, structuredClone((other.owner as Record<string, unknown>)[other.key]))
  }
  return body
}
