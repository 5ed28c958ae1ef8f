import fc, { type Arbitrary } from 'fast-check'
import type { Contract, Parameter, Place } from './document.ts'
import { fuzzCases } from './fuzz-areas/all.ts'
import { bentRequests, wholeRequests } from './fuzz-bent.ts'
import { bearers } from './fuzz-credentials.ts'
import { mutate, mutations, oddStrings, oddValues, type RequestSchema, valuesOf } from './fuzz-values.ts'

/** A request as it is generated: `{{name}}` stands for what the seeds of a run have under that name, so that a seed alone repeats it. */
export interface FuzzRequest {
  operation: Place
  /** Whose credential, as `fuzz-credentials.ts` names them. */
  bearer: string
  /** The path, filled in and encoded, and the query behind it. */
  path: string
  query: string
  headers: Record<string, string>
  body: FuzzBody
  /** Send the ETag that stands there now in `If-Match` or `If-None-Match`. */
  currentTag: boolean
  /** A cursor that fits the list, with other values in it. */
  cursor: { value: unknown; id: unknown } | undefined
  overSocket: boolean
  /** Where the clock stands; left out: where it usually does. */
  at?: string | undefined
}

export type FuzzBody =
  | { kind: 'none' }
  | { kind: 'json'; text: string }
  /** Bytes of a form; `latin1` keeps every byte. */
  | { kind: 'bytes'; text: string }

/** Encodes like a client does, halves of characters included, which `encodeURIComponent` refuses. */
const encode = (text: string): string =>
  text.startsWith('{{') ? text : encodeURIComponent(text.toWellFormed()).replaceAll("'", '%27')

const brokenEncodings = [
  '%',
  '%zz',
  '%c3%28',
  '%ff',
  '%00',
  '%ed%a0%80',
  '..%2f..%2f',
  '%2e%2e',
  '%25%32',
  '+',
  '%u0041',
  '%0d%0aX-Evil:%201',
]

/** Ids that there are, of this kind and of others, and text that is none. */
const ids = [
  'draft',
  'submitted',
  'incomplete',
  'late',
  'withdrawn',
  'prevented',
  'fromJotform',
  'delivery',
  'document',
  'absent',
].map((name) => `{{${name}}}`)
const ownIds: Record<string, string[]> = {
  applications: ids.slice(0, 7),
  deliveries: ['{{delivery}}', '{{otherDelivery}}'],
  documents: ['{{document}}', '{{documentOfAnother}}'],
  'api-keys': ['{{apiKey}}', '{{otherApiKey}}'],
  'mission-delegates': ['{{delegate}}', '{{otherDelegate}}'],
  sessions: ['{{session}}', '{{otherSession}}'],
}
/** What is done to few of them is asked for those. */
const idsOf: Record<string, string[]> = {
  answerSelection: ['{{selected}}', '{{otherSelected}}'],
  transitionApplication: ['{{submitted}}', '{{incomplete}}', '{{otherSelected}}'],
}

function pathValue(place: Place, { name, schema }: Parameter, resolve: Contract['resolve']): Arbitrary<string> {
  const own: Record<string, Arbitrary<string>> = {
    number: roundsOf(place),
    iso3: countriesOf(place),
    formId: fc.constantFrom('{{form}}', '{{form}}', '210042217284346'),
    submissionId: fc.constantFrom(
      '{{submission}}',
      '{{otherSubmission}}',
      '4856715181114297811',
      '99999999999999999999',
    ),
    secret: fc.constantFrom('{{secret}}', '{{secret}}', '{{secret}}', 'wrong-secret-0123456789', 'undefined', ''),
    docId: fc.constantFrom(...(ownIds.documents as string[]), '{{draft}}'),
    id: fc.constantFrom(
      ...(idsOf[place.operationId] ??
        Object.entries(ownIds).find(([kind]) => place.path.includes(`/${kind}/{id}`))?.[1] ??
        ids),
    ),
  }
  const seeded = (fuzzCases[place.operationId] ?? []).flatMap(({ params }) => params?.[name] ?? [])
  const usual = seeded.length > 0 ? fc.constantFrom(...seeded) : (own[name] ?? fc.constant('x'))
  return fc.oneof(
    { weight: 30, arbitrary: usual.map(encode) },
    { weight: 2, arbitrary: fc.constantFrom(...ids) },
    {
      weight: 1,
      arbitrary: (valuesOf(resolve(schema) as RequestSchema, resolve as never) as Arbitrary<unknown>).map((v) =>
        encode(String(v)),
      ),
    },
    { weight: 1, arbitrary: oddStrings.map(encode).filter((text) => text.length < 2_000) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...brokenEncodings,
        '0',
        '-1',
        '38.0',
        '1e1',
        '2147483648',
        '9007199254740993',
        '038',
        '38 ',
        '0x26',
      ),
    },
  )
}

/** What is removed is not what others ask for. */
function countriesOf({ operationId }: Place): Arbitrary<string> {
  if (operationId === 'removeCountry') return fc.constantFrom('SGP', 'slb', 'SOM', 'SYC', 'PLW', 'PRY', 'NER', 'EST')
  return fc.constantFrom('BEL', 'bel', 'DNK', 'EST', 'LVA', 'MOZ', 'FRA', 'ZZZ', 'USA')
}

/** Moves of a whole round mostly meet rounds that nothing else needs. */
function roundsOf({ operationId }: Place): Arbitrary<string> {
  const spare = ['updatePreSession', 'transitionPreSession'].includes(operationId)
  return spare
    ? fc.constantFrom(...Array(6).fill('40'), ...Array(6).fill('41'), '38', '42', '997')
    : fc.constantFrom(...Array(8).fill('38'), '40', '41', '42', '997')
}

function pathOf(place: Place, resolve: Contract['resolve']): Arbitrary<string> {
  const names = [...place.path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] as string)
  const parameters = names.map(
    (name) => place.parameters?.find((one) => one.in === 'path' && one.name === name) as Parameter,
  )
  return fc.tuple(...parameters.map((parameter) => pathValue(place, parameter, resolve))).map((values) => {
    let n = 0
    return place.path.replace(/\{[^}]+\}/g, () => values[n++] as string)
  })
}

interface Pair {
  name: string
  value: string
}

const pairText = (pairs: Pair[]): string => pairs.map(({ name, value }) => `${encode(name)}=${value}`).join('&')

function queryOf(place: Place, resolve: Contract['resolve']): Arbitrary<string> {
  const known = (place.parameters ?? []).filter((one) => one.in === 'query')
  const given = known.map((parameter) => {
    const fits = valuesOf(resolve(parameter.schema) as RequestSchema, resolve as never, parameter.name)
    const value = fc.oneof({ weight: 6, arbitrary: fits }, { weight: 1, arbitrary: oddValues })
    const text = value.map((one) => encode(typeof one === 'string' ? one : JSON.stringify(one)).slice(0, 4_000))
    const pair = text.map((one) => ({ name: parameter.name, value: one }))
    return fc.option(pair, { freq: parameter.name === 'cursor' ? 12 : 2 }).map((one) => one ?? undefined)
  })
  // `option` chooses nil once in `freq + 1` times; most parameters are left out more often than that.
  const asked = fc
    .tuple(fc.tuple(...given), fc.nat({ max: 2 ** known.length - 1 }))
    .map(([pairs, mask]) => pairs.filter((pair, n): pair is Pair => pair !== undefined && ((mask >> n) & 1) === 1))
  const extra = fc.oneof(
    { weight: 14, arbitrary: fc.constant('') },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom(
            'colour',
            '__proto__',
            'constructor',
            'limit[]',
            'limit[a]',
            'hasOwnProperty',
            'Limit',
            '',
            'q[]',
          ),
          oddStrings,
        )
        .map(([name, value]) => pairText([{ name, value: encode(value).slice(0, 4_000) }])),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'limit=1&limit=2',
        'q=a&q=b',
        'cursor=a&cursor=b',
        'sort=number&sort=-number',
        '&&&',
        '=',
        '?',
        'limit',
        'limit=',
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom(...brokenEncodings).map((broken) => `q=${broken}`) },
  )
  return fc.tuple(asked, extra).map(([pairs, more]) => [pairText(pairs), more].filter((text) => text !== '').join('&'))
}

/** Text of a body that JSON has no name for. */
const brokenJson = (text: string): Arbitrary<string> =>
  fc.constantFrom(
    text.slice(0, -1),
    `${text},`,
    `\ufeff${text}`,
    text.replace('{', '{"a":NaN,'),
    text.replace('{', '{"preSession":1e400,'),
    text.replace('{', '{"preSession":38,"preSession":39,'),
    text.replace('{', '{"__proto__":{"x":1},'),
    `${text}${text}`,
    text.replaceAll('"', "'"),
    '',
    ' ',
    'null',
    'true',
    '[]',
    '"\\ud800"',
    '-0',
    '['.repeat(50_000),
    `{"a":${'['.repeat(3_000)}${']'.repeat(3_000)}}`,
    `{${'"a":1,'.repeat(20_000)}"b":2}`,
    JSON.stringify({ text: 'x'.repeat(256 * 1024) }),
    '\u0000',
    '{"a":"\u0001"}',
  )

function jsonBody(schema: RequestSchema, resolve: Contract['resolve']): Arbitrary<FuzzBody> {
  const fits = valuesOf(schema, resolve as never)
  const changed = fc
    .tuple(fits, fc.array(mutations, { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) => changes.reduce((body, change) => mutate(body, change), structuredClone(value)))
  const text = fc
    .oneof({ weight: 5, arbitrary: fits }, { weight: 5, arbitrary: changed }, { weight: 1, arbitrary: oddValues })
    .map((value) => JSON.stringify(value) ?? '')
  const whole = fc.oneof({ weight: 12, arbitrary: text }, { weight: 1, arbitrary: text.chain(brokenJson) })
  return whole.map((one) => ({ kind: 'json', text: one }))
}

const pdf = '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n'
const files = [
  pdf,
  pdf.replace('%%EOF', ''),
  '',
  '<!DOCTYPE html><html></html>',
  'PK\u0003\u0004',
  '{\\rtf1 a}',
  '\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1',
  '\u0000\u00ff'.repeat(500),
  'MZ',
]
const fileNames = [
  'a.pdf',
  '../../etc/passwd',
  'Présentation EPU (final).pdf',
  '\u202efdp.exe',
  'x'.repeat(400),
  `${'a'.repeat(254)}👩.pdf`,
  '',
  'a\u0000.pdf',
  '"; filename="b',
  "o'clock (1)*.pdf",
  '\\\\host\\share\\b.doc',
]
const kinds = ['uprSubmission', 'statement', 'factSheet', 'other', 'odd', '', '__proto__', 'x'.repeat(1_200)]

const boundary = 'fuzzboundary'
const utf8 = (text: string) => Buffer.from(text.toWellFormed()).toString('latin1')
const part = (head: string, content: string) => `--${boundary}\r\n${head}\r\n\r\n${content}\r\n`
const field = (name: string, value: string) => part(`Content-Disposition: form-data; name="${utf8(name)}"`, utf8(value))
const file = (name: string, fileName: string, content: string) =>
  part(
    `Content-Disposition: form-data; name="${name}"; filename="${utf8(fileName)}"\r\nContent-Type: application/pdf`,
    content,
  )
const closing = `--${boundary}--\r\n`

/** Forms, whole and broken. */
const forms: Arbitrary<string> = fc
  .record({
    kind: fc.option(fc.constantFrom(...kinds), { freq: 2 }),
    kindAfter: fc.boolean(),
    name: fc.constantFrom('file', 'file', 'file', 'upload', '', '__proto__'),
    fileName: fc.constantFrom(...fileNames),
    content: fc.oneof({ weight: 3, arbitrary: fc.constant(pdf) }, { weight: 4, arbitrary: fc.constantFrom(...files) }),
    count: fc.constantFrom(1, 1, 1, 1, 0, 2, 12),
    more: fc.constantFrom(0, 0, 0, 1, 9),
    defect: fc.constantFrom(
      ...Array(8).fill('none'),
      'truncated',
      'noEnd',
      'noHead',
      'preamble',
      'doubleBoundary',
      'empty',
      'lf',
    ),
  })
  .map(({ kind, kindAfter, name, fileName, content, count, more, defect }) => {
    const kindPart = kind === null ? '' : field('kind', kind)
    const body =
      file(name, fileName, content).repeat(count) + Array.from({ length: more }, (_, n) => field(`f${n}`, 'x')).join('')
    const text = (kindAfter ? body + kindPart : kindPart + body) + closing
    if (defect === 'truncated') return text.slice(0, Math.floor(text.length / 2))
    if (defect === 'noEnd') return text.slice(0, -closing.length)
    if (defect === 'noHead') return `--${boundary}\r\nnonsense\r\n${text}`
    if (defect === 'preamble') return `preamble\r\n${text}epilogue`
    if (defect === 'doubleBoundary') return text.replaceAll(`--${boundary}`, `--${boundary}--${boundary}`)
    if (defect === 'empty') return ''
    if (defect === 'lf') return text.replaceAll('\r\n', '\n')
    return text
  })

const deliveries: Arbitrary<string> = fc
  .record({
    formID: fc.constantFrom('{{form}}', '210042217284346', '', 'x', '9'.repeat(60)),
    submissionID: fc.oneof(
      fc.constantFrom('{{submission}}', '4856715181114297811', '', '-1', '9'.repeat(60)),
      oddStrings,
    ),
    rawRequest: fc.oneof(
      fc.constantFrom(
        '',
        '{',
        'null',
        '[]',
        '{"__proto__":{"a":1}}',
        '{"preview":"true"}',
        `{"q3_countryUnder":"Belgium"}`,
      ),
      fc
        .dictionary(
          fc.constantFrom(
            'q3_countryUnder',
            'q4_institutionName',
            'q9_email',
            'submitDate',
            'buildDate',
            'event_id',
            'preview',
            '__proto__',
          ),
          oddValues,
        )
        .map((value) => JSON.stringify(value)),
    ),
    ip: oddStrings,
  })
  .map(
    (fields) =>
      Object.entries(fields)
        .map(([name, value]) => field(name, value.slice(0, 3_000)))
        .join('') + closing,
  )

const anExport =
  '[{"id":"4856715181114297811","form_id":"{{form}}","created_at":"2021-01-05 10:58:38","updated_at":null,"status":"ACTIVE","answers":{}}]'

const tables: Arbitrary<string> = fc.oneof(
  fc.constant(anExport),
  fc.constantFrom(
    '',
    'Submission Date,Country under review\n2021-01-05 10:00:00,Belgium\n',
    '"a\n',
    'a,a\n1,2,3\n',
    '\ufeffSubmission ID\n4856715181114297811\n',
    ';;;\n',
    '\u0000',
    '[]',
    '{}',
    '{"content":[]}',
    '[{"id":"4856715181114297811","form_id":"{{form}}","created_at":"2021-01-05 10:58:38","answers":{}}]',
    '[{"id":1}]',
    '[null,[],1]',
    '{"__proto__":[]}',
  ),
  oddStrings,
  fc.array(oddValues, { maxLength: 3 }).map((value) => JSON.stringify(value)),
  forms,
)

const contentTypes = [
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'application/json; charset=latin1',
  'application/json;charset=utf-8',
  'APPLICATION/JSON',
  'application/json, text/plain',
  'multipart/form-data',
  `multipart/form-data; boundary=`,
  `multipart/form-data; boundary="${'x'.repeat(200)}"`,
  'multipart/form-data; boundary=other',
  'json',
  '/',
  ';',
  'application/merge-patch+json',
  'application/problem+json',
  'text/csv',
]

function bodyOf(place: Place, resolve: Contract['resolve']): Arbitrary<{ body: FuzzBody; type: string | undefined }> {
  const content = place.requestBody?.content ?? {}
  const jsonType = Object.keys(content).find(
    (type) =>
      type.includes('json') &&
      content[type]?.schema !== undefined &&
      Object.keys(content[type]?.schema ?? {}).length > 0,
  )
  const odd = fc.constantFrom(...contentTypes)
  const bytes = (texts: Arbitrary<string>, type: string) =>
    fc
      .tuple(texts, fc.oneof({ weight: 8, arbitrary: fc.constant(type) }, { weight: 1, arbitrary: odd }))
      .map(([text, one]) => ({ body: { kind: 'bytes' as const, text }, type: one }))
  const multipart = `multipart/form-data; boundary=${boundary}`
  if (place.operationId === 'addDocument') return bytes(forms, multipart)
  if (place.operationId === 'createSession') {
    const token = fc.constantFrom('{{link}}', '{{otherLink}}', '{{thirdLink}}', 'lnk_x')
    const texts = fc.oneof(
      { weight: 3, arbitrary: token.map((one) => `{"token":"${one}"}`) },
      { weight: 1, arbitrary: oddStrings.map(utf8) },
    )
    return bytes(texts, 'application/json')
  }
  if (place.operationId === 'receiveJotformDelivery')
    return fc.oneof(bytes(deliveries, multipart), bytes(oddStrings.map(utf8), 'application/json'))
  if (place.operationId === 'importJotformExport')
    return fc.oneof(
      bytes(tables.map(utf8), 'text/csv'),
      bytes(tables.map(utf8), 'application/json'),
      bytes(forms, multipart),
    )
  const none = fc.constant({ body: { kind: 'none' as const }, type: undefined })
  if (jsonType !== undefined) {
    const usual = fc.constantFrom(...Object.keys(content))
    const typed = fc.tuple(
      jsonBody(content[jsonType]?.schema as RequestSchema, resolve),
      fc.oneof({ weight: 15, arbitrary: usual }, { weight: 1, arbitrary: odd }),
    )
    return fc.oneof(
      { weight: 30, arbitrary: typed.map(([body, type]) => ({ body, type })) },
      { weight: 1, arbitrary: none },
    )
  }
  // An operation that takes no body may be sent one all the same.
  const stray = fc
    .tuple(oddValues, fc.oneof(fc.constant('application/json'), odd))
    .map(([value, type]) => ({ body: { kind: 'json' as const, text: JSON.stringify(value) }, type }))
  return fc.oneof({ weight: 5, arbitrary: none }, { weight: place.method === 'GET' ? 0 : 1, arbitrary: stray })
}

const oddHeaders: [string, string][] = [
  ['accept', 'text/html'],
  ['accept', '*/*;q=0'],
  ['accept-encoding', 'gzip, identity;q=0'],
  ['x-request-id', 'a b\tc'],
  ['x-request-id', 'x'.repeat(300)],
  ['x-request-id', 'my-own-id:1'],
  ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  ['traceparent', 'junk'],
  ['origin', 'null'],
  ['origin', 'https://evil.example'],
  ['host', 'evil.example:99999'],
  ['x-forwarded-for', '1.2.3.4, ::1, junk'],
  ['x-forwarded-proto', 'https, javascript'],
  ['forwarded', 'for="_x"'],
  ['cookie', '__proto__=1; a='],
  ['range', 'bytes=0-'],
  ['idempotency-key', 'x'],
  ['authorization', 'Basic YTpi'],
  ['authorization', 'Bearer'],
  ['authorization', 'Bearer \u00e9'],
  ['user-agent', ''],
  ['x-http-method-override', 'DELETE'],
  ['upgrade-insecure-requests', '1'],
]

const tags = [
  '*',
  '""',
  '"x"',
  'W/"x"',
  'x',
  '',
  '*, "x"',
  '"x", "y"',
  '"\u00e9"',
  `"${'x'.repeat(3_000)}"`,
  '"{{absent}}"',
  ',',
  'null',
]

function headersOf(place: Place): Arbitrary<{ headers: Record<string, string>; currentTag: boolean }> {
  const conditional = place.parameters?.find((one) => one.in === 'header' && one.name.startsWith('if-'))?.name
  const junk = fc.array(fc.constantFrom(...oddHeaders), { maxLength: 2 })
  const tag = fc.oneof(
    { weight: 6, arbitrary: fc.constant('current') },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.constantFrom(...tags) },
  )
  return fc
    .tuple(
      fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: junk }),
      tag,
      fc.constantFrom('if-match', 'if-none-match'),
    )
    .map(([pairs, given, other]) => ({
      headers: {
        ...Object.fromEntries(pairs),
        ...(given === undefined || given === 'current' ? {} : { [conditional ?? other]: given }),
      },
      currentTag: given === 'current' && conditional !== undefined,
    }))
}

const cursorParts: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    'x',
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    1e308,
    null,
    true,
    [],
    {},
    '2021-01-08T22:59:59Z',
    '2021-13-08T22:59:59Z',
    '99999-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    'infinity',
    '-infinity',
    'now',
    '\u0000',
    '{{draft}}',
    '00000000-0000-0000-0000-000000000000',
    "'",
    'x'.repeat(150),
  ),
  oddValues,
)

export interface Requests {
  /** By the schema, and bent in every way. */
  any: Arbitrary<FuzzRequest>
  /** Such as succeed, as far as that is known. */
  whole: Arbitrary<FuzzRequest>
}

/** Requests for one operation. */
export function requestsFor(place: Place, resolve: Contract['resolve']): Requests {
  const free = freeRequests(place, resolve)
  const cases = fuzzCases[place.operationId] ?? (asksForNothing(place) ? [{}] : undefined)
  if (cases === undefined) return { any: free, whole: free }
  const bent = bentRequests(place, cases, free)
  const any = fc.oneof({ weight: 3, arbitrary: bent }, { weight: 1, arbitrary: free })
  return { any, whole: wholeRequests(place, cases, free) }
}

const asksForNothing = ({ path, requestBody }: Place): boolean => !path.includes('{') && requestBody === undefined

function freeRequests(place: Place, resolve: Contract['resolve']): Arbitrary<FuzzRequest> {
  const isList = place.parameters?.some((one) => one.in === 'query' && one.name === 'cursor') ?? false
  const cursor = fc.oneof(
    fc.record({ value: cursorParts, id: cursorParts }),
    // One part odd, the other as it should be.
    fc.record({ value: cursorParts, id: fc.constantFrom('{{draft}}', 'BEL', '') }),
    fc.record({ value: fc.constantFrom<unknown>('2021-01-08T22:59:59Z', 1, '{{draft}}'), id: cursorParts }),
  )
  return fc
    .record({
      bearer: fc.oneof(
        { weight: 3, arbitrary: fc.constant('admin') },
        { weight: 1, arbitrary: fc.constantFrom(...bearers) },
      ),
      path: pathOf(place, resolve),
      query: fc.oneof(
        { weight: isList ? 8 : 1, arbitrary: queryOf(place, resolve) },
        { weight: isList ? 2 : 4, arbitrary: fc.constant('') },
      ),
      header: headersOf(place),
      body: bodyOf(place, resolve),
      cursor: isList ? fc.option(cursor, { freq: 1 }) : fc.constant(null),
      // An upload watches its connection, which a request that is only played has none of.
      overSocket: fc.nat(9).map((n) => n === 0 || place.operationId === 'appendToUpload'),
    })
    .map(({ header, body, cursor: forged, ...rest }) => ({
      ...rest,
      operation: place,
      cursor: forged ?? undefined,
      currentTag: header.currentTag,
      headers: { ...header.headers, ...(body.type === undefined ? {} : { 'content-type': body.type }) },
      body: body.body,
    }))
}
