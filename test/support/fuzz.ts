import { parse as parseQuery } from 'node:querystring'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormatsModule from 'ajv-formats'
import fc, { type Arbitrary } from 'fast-check'
import { type ErrorCode, errorCodes } from '../../src/errors.ts'
import { within } from '../../src/http/within.ts'
import { adminKey } from './app.ts'
import { checkContract } from './contract.ts'
import { type Contract, type Place, readDocument } from './document.ts'
import { credentials } from './fuzz-credentials.ts'
import { leakOf } from './fuzz-leaks.ts'
import { type FuzzRequest, type Requests, requestsFor } from './fuzz-requests.ts'
import { type SeededApp, standing } from './fuzz-seeds.ts'
import { type Answer, answerOf, sendRaw } from './fuzz-socket.ts'

const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void

/** A request as it goes out. */
export interface SentRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: Buffer | undefined
}

export interface Fault {
  /** Two faults with the same signature are one. */
  signature: string
  message: string
  request: string
}

export interface FuzzOptions {
  requests: number
  seed: number
  /** Only these operations. */
  operations?: string[] | undefined
}

export interface FuzzResult {
  sent: number
  overSocket: number
  /** How often each operation answered with each status. */
  counts: Map<string, Map<number, number>>
  faults: Fault[]
}

/** Sends so many generated requests and holds every answer against what must always be true; failures come shrunk, each kind once. */
export async function runFuzz(
  service: SeededApp,
  { requests, seed, operations: only }: FuzzOptions,
): Promise<FuzzResult> {
  const contract = await readDocument()
  const places = contract.operations.filter(({ operationId }) => only === undefined || only.includes(operationId))
  const result: FuzzResult = { sent: 0, overSocket: 0, counts: new Map(), faults: [] }
  await service.app.listen({ port: 0, host: '127.0.0.1' })
  const send = sender(service)
  const judge = judgeOf(service, contract)
  const known = new Set<string>()
  let shrinking = false
  let last: Fault | undefined
  const crashes: Error[] = []
  const onCrash = (error: Error) => void crashes.push(error)
  process.on('uncaughtException', onCrash)
  const holds = async (request: FuzzRequest): Promise<boolean> => {
    const { sent, answer } = await send(request)
    if (!shrinking) {
      result.sent += 1
      result.overSocket += request.overSocket ? 1 : 0
      const { operationId } = request.operation
      const statuses = result.counts.get(operationId) ?? new Map<number, number>()
      result.counts.set(operationId, statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1))
    }
    const crash = crashes.splice(0).at(0)
    const fault = crash === undefined ? await judge(request, sent, answer) : crashOf(request, sent, crash)
    if (fault === undefined || known.has(fault.signature)) return true
    // Shrinking must not wander off to another fault.
    if (shrinking && fault.signature !== last?.signature) return true
    shrinking = true
    last = fault
    return false
  }
  const anyRequest = inTurn(
    places.map((place) => requestsFor(place, contract.resolve)),
    seed,
  )
  try {
    for (let round = 0; result.sent < requests; round += 1) {
      const left = requests - result.sent
      shrinking = false
      last = undefined
      const property = fc.asyncProperty(anyRequest, holds)
      const outcome = await fc.check(property, { seed: seed + round, numRuns: left, maxSkipsPerRun: 0 })
      // What is thrown here is a fault of these tests and not of the service.
      if (outcome.failed && outcome.errorInstance !== null && last === undefined) throw outcome.errorInstance
      if (last === undefined) break
      const fault = last as Fault
      known.add(fault.signature)
      result.faults.push({ ...fault, message: `${fault.message} (seed ${seed + round})` })
    }
  } finally {
    process.off('uncaughtException', onCrash)
  }
  return result
}

/** The operations that were never asked properly: what lies behind their checks was not reached. */
export const refusedOnly = (counts: FuzzResult['counts']): string[] =>
  [...counts]
    .filter(([, statuses]) => [...statuses.keys()].every((status) => status >= 400))
    .map(([operation]) => operation)
    .sort()

/** Each operation as often as the others, in an order that changes with every round; in the first one as it is meant. */
function inTurn(all: Requests[], seed: number): Arbitrary<FuzzRequest> {
  let waiting: Requests[] = []
  let rounds = 0
  return fc.constant(null).chain(() => {
    if (waiting.length === 0) {
      const orders = fc.shuffledSubarray(all, { minLength: all.length })
      waiting = [...(fc.sample(orders, { seed: seed + rounds, numRuns: 1 })[0] ?? [])]
      rounds += 1
    }
    const { whole, any } = waiting.pop() as Requests
    return rounds === 1 ? whole : any
  })
}

/** What nobody caught ends the whole service, not one request. */
const crashOf = ({ operation }: FuzzRequest, sent: SentRequest, { message, stack = '' }: Error): Fault => ({
  signature: `${operation.operationId} crash ${message}`,
  message: `${operation.operationId}: nobody caught "${message}"\n  ${stack}`,
  request: describe(sent),
})

/** Nothing generated takes the service longer; an answer that never comes is a fault like any other. */
const answerMs = 20_000

type Sent = { sent: SentRequest; answer: Answer }

function sender({ app, names, clock, url: _ }: SeededApp): (request: FuzzRequest) => Promise<Sent> {
  const fill = (text: string) => text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => names[name] ?? whole)
  const port = () => (app.server.address() as { port: number }).port
  const inject = async ({ method, url, headers, body }: SentRequest): Promise<Answer> => {
    const response = await app.inject({
      method: method as 'GET',
      url,
      headers,
      ...(body === undefined ? {} : { payload: body }),
    })
    return answerOf(
      response.statusCode,
      Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
      response.body,
    )
  }
  /** Of an answer without end only the beginning is looked at. */
  const injectStream = async ({ method, url, headers }: SentRequest): Promise<Answer> => {
    const response = await app.inject({ method: method as 'GET', url, headers, payloadAsStream: true })
    const stream = response.stream()
    const isEndless = String(response.headers['content-type']).startsWith('text/event-stream')
    const text = isEndless ? '' : Buffer.concat(await stream.toArray()).toString()
    stream.destroy()
    return answerOf(
      response.statusCode,
      Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
      text,
    )
  }
  const admin = { authorization: `Bearer ${adminKey}` }
  const tagAt = async (url: string): Promise<string | undefined> =>
    (await inject({ method: 'GET', url, headers: admin, body: undefined })).headers.etag

  return async (request) => {
    // Whatever the request before did to the clock.
    clock.set(standing)
    const { operation, bearer } = request
    const path = fill(request.path)
    const headers: Record<string, string> =
      bearer === 'none' ? {} : { authorization: `Bearer ${fill(credentials[bearer] ?? '')}` }
    for (const [name, value] of Object.entries(request.headers)) headers[name] = fill(value)
    if (request.currentTag) {
      const tag = await tagAt(path.replace(/\/(submission|withdrawal|transitions|release)$/, ''))
      if (tag !== undefined) headers[operation.method === 'GET' ? 'if-none-match' : 'if-match'] = tag
    }
    const query = request.cursor === undefined ? fill(request.query) : await forgeCursor(request, path, fill)
    const body =
      request.body.kind === 'none'
        ? undefined
        : Buffer.from(fill(request.body.text), request.body.kind === 'json' ? 'utf8' : 'latin1')
    const sent = { method: operation.method, url: query === '' ? path : `${path}?${query}`, headers, body }
    // `inject` would resolve these as a browser does; on the wire they stay.
    const isRaw = request.overSocket || /%2e/i.test(path)
    const isStream = operation.responses['200']?.content?.['text/event-stream'] !== undefined
    const asking = isStream ? injectStream(sent) : isRaw ? sendRaw(port(), sent) : inject(sent)
    const answer = within(answerMs, asking).catch((error: Error) => answerOf(599, {}, `No answer: ${error.message}`))
    return { sent, answer: await answer }
  }

  /** The binding is taken from a real cursor of the same list; where there is none, the cursor does not fit. */
  async function forgeCursor(request: FuzzRequest, path: string, fillIn: (text: string) => string): Promise<string> {
    const filters = fillIn(request.query)
      .split('&')
      .filter((pair) => pair !== '' && !/^(limit|cursor)(=|$)/.test(pair))
    const first = await inject({
      method: 'GET',
      url: `${path}?${[...filters, 'limit=1'].join('&')}`,
      headers: admin,
      body: undefined,
    })
    let binding: unknown = 'none'
    try {
      const [own] = JSON.parse(Buffer.from((first.json() as { nextCursor: string }).nextCursor, 'base64url').toString())
      binding = own
    } catch {}
    const text = fillIn(JSON.stringify([binding, request.cursor?.value, request.cursor?.id]))
    return [...filters, `cursor=${Buffer.from(text).toString('base64url')}`].join('&')
  }
}

const schemaCodes = new Set([
  'unknown_field',
  'wrong_type',
  'not_an_allowed_value',
  'too_short',
  'too_long',
  'too_small',
  'too_large',
  'too_few_items',
  'too_many_items',
  'repeated_item',
  'too_few_fields',
  'too_many_fields',
  'wrong_format',
  'required',
  'not_valid',
])

/** Rules that a schema cannot say, refused with a code that a schema fault has too. */
const documentedRules: Record<string, RegExp> = {
  transitionPreSession: /^\/reason required$/,
  addDocument: /^\/(kind not_an_allowed_value|file required)$/,
  importJotformExport: /^(\/file|\/query\/formId)? required$/,
  receiveJotformDelivery: /^ required$/,
  // A leap second has the form of an instant and is none that a clock here can show.
  setSandboxClock: /^\/now wrong_format$/,
  listApplications: /^\/query\/received(After|Before) wrong_format$/,
  listAuditEvents: /^\/query\/(since|until) wrong_format$/,
  createApiKey: /^\/scopes required$/,
  // Two entries that differ in the case of a country name the same one.
  assignReviewer: /^\/data\/\d+ repeated_item$/,
  // What a merge patch leaves behind must be whole, too.
  updateApplication: /^\/organisation\/ganhriStatus\/status required$/,
  releaseCountry: /^\/at wrong_format$/,
  createQaSlot: /^\/endsAt too_long$/,
  createScreening: /^\/endsAt too_long$/,
  updateQaSlot: /^\/endsAt too_long$/,
  overrunQaSlot: /^\/endsAt too_long$/,
  overrunScreening: /^\/endsAt too_long$/,
  updateScreening: /^\/endsAt too_long$/,
  openPerson: /^\/emails required$/,
  // What a dry run answers, so that nobody erases what they have not seen.
  erasePerson: /^\/confirmation required$/,
  // Statements come in the languages of their round.
  addVideoVersion: /^\/language not_an_allowed_value$/,
  createVideoSubmission: /^\/language not_an_allowed_value$/,
  // Whoever gets no yes is told why.
  reviewDocument: /^\/reasons required$/,
  reviewVideoSubmission: /^\/reasons required$/,
  settleQaSlotSwap: /^\/applicationId required$/,
  settleScreeningSwap: /^\/applicationId required$/,
  // Staff say whose mission it is; a mission need not.
  registerForRound: /^\/state required$/,
}

/** What is written whatever is answered. */
const keptWithAnyAnswer: Record<string, RegExp> = {
  // A file that nothing came to name is wanted gone.
  addDocument: /^(_private_jobs|erased_file) /,
  // What a calendar told last, so that the next one says what has changed.
  getCalendarFeed: /^calendar_feed(_item)? /,
}

const pointerForm = /^(\/([^~]|~[01])*)*$/

function judgeOf(service: SeededApp, contract: Contract) {
  const oracle = schemaOracle(contract)
  return async ({ operation, bearer }: FuzzRequest, sent: SentRequest, answer: Answer): Promise<Fault | undefined> => {
    const { tables } = await service.changes()
    const request = describe(sent)
    const fault = (kind: string, detail = ''): Fault => ({
      signature: `${operation.operationId} ${answer.statusCode} ${kind}`,
      message: `${operation.operationId} answered ${answer.statusCode}: ${kind}${detail && ` ${detail}`}\n  ${answer.body.slice(0, 600)}`,
      request,
    })
    const { statusCode } = answer
    if (statusCode === 599) return fault('no answer')
    if (statusCode >= 500) return fault('a 5xx')
    try {
      checkContract({ method: sent.method as 'GET', url: sent.url }, answer as never)
    } catch (error) {
      return fault('against the contract', (error as Error).message.slice(0, 200))
    }
    if (statusCode >= 400) {
      const wrong = faultOfProblem(answer)
      if (wrong !== undefined) return fault(wrong)
    }
    const leak = leakOf(operation.operationId, bearer, answer)
    if (leak !== undefined) return fault(leak)
    const kept = keptWithAnyAnswer[operation.operationId]
    const traces = tables.filter((name) => kept?.test(name) !== true)
    if ((statusCode >= 400 || sent.method === 'GET') && traces.length > 0)
      return fault('left a trace', traces.join(', '))
    // A delivery shows a secret in its address and nothing else counts.
    const isHook = operation.path.includes('{secret}')
    if (bearer === 'wrong' && !isHook && sent.headers.authorization === 'Bearer wrong-key' && statusCode < 400)
      return fault('took a wrong key')
    return faultOfValidity(operation, sent, answer, fault)
  }

  /** What fits the schema is not refused for its form, and what does not is not taken. */
  function faultOfValidity(
    operation: Place,
    sent: SentRequest,
    answer: Answer,
    fault: (kind: string, detail?: string) => Fault,
  ) {
    const verdict = oracle(operation, sent)
    // To a wrong secret nothing is there, whatever else is wrong with the request.
    if (verdict === undefined || (operation.path.includes('{secret}') && answer.statusCode === 404)) return undefined
    if (!verdict.fits && answer.statusCode < 400) return fault('took what does not fit', verdict.why)
    const isHeard = ['admin', 'secretariat'].some(
      (role) =>
        sent.headers.authorization === `Bearer ${credentials[role]}` &&
        operation['x-access'].some((one) => one === role || one === 'public'),
    )
    if (!verdict.fits && isHeard && ![400, 404, 413, 415].includes(answer.statusCode))
      return fault('looked further at what does not fit', verdict.why)
    if (!verdict.fits && isHeard && verdict.isUnknown && ![400, 413, 415].includes(answer.statusCode))
      return fault('let an unknown field pass', verdict.why)
    if (verdict.fits && answer.statusCode === 400) {
      const { errors = [] } = answer.json() as { errors?: { pointer: string; code: string }[] }
      const rule = documentedRules[operation.operationId]
      const schemaFault = errors.find(
        ({ pointer, code }) =>
          schemaCodes.has(code) && !rule?.test(`${pointer} ${code}`) && !pointer.startsWith('/headers'),
      )
      if (schemaFault !== undefined) return fault('refused what fits', `${schemaFault.pointer} ${schemaFault.code}`)
    }
    return undefined
  }
}

function faultOfProblem(answer: Answer): string | undefined {
  if (!answer.headers['content-type']?.startsWith('application/problem+json')) {
    // The readiness answer tells its parts in the form of a ready one.
    return 'is no problem document'
  }
  let problem: {
    code?: string
    status?: number
    requestId?: string
    type?: string
    instance?: unknown
    errors?: { pointer?: unknown; code?: unknown; message?: unknown }[]
  }
  try {
    problem = answer.json() as typeof problem
  } catch {
    return 'is no JSON'
  }
  const entry = Object.hasOwn(errorCodes, problem.code ?? '') ? errorCodes[problem.code as ErrorCode] : undefined
  if (entry === undefined) return `has the unknown code ${problem.code}`
  if (entry.status !== answer.statusCode || problem.status !== answer.statusCode)
    return `has the code ${problem.code} of another status`
  if (problem.type !== `/problems/${problem.code}`) return 'has a wrong type'
  if (!problem.requestId || problem.requestId !== answer.headers['x-request-id']) return 'has no request id'
  if (problem.code === 'invalid_request' && !(problem.errors !== undefined && problem.errors.length > 0))
    return 'names no fault'
  for (const { pointer, code, message } of problem.errors ?? []) {
    if (typeof pointer !== 'string' || !pointerForm.test(pointer)) return 'has a pointer that is none'
    if (typeof code !== 'string' || !/^[a-z]+(_[a-z]+)*$/.test(code) || typeof message !== 'string' || message === '')
      return 'has a fault without code or sentence'
  }
  return undefined
}

interface Verdict {
  fits: boolean
  isUnknown: boolean
  why: string
}

/** Whether a request fits the published contract, read as a client reads it. Undefined where the parts cannot be told. */
function schemaOracle({ document }: Contract) {
  // Each validator is used a few times: making it quickly counts for more than a quick one.
  const options = { strict: false, allErrors: true, useDefaults: true, code: { optimize: false } }
  const strict = new Ajv(options)
  const lenient = new Ajv({ ...options, coerceTypes: true })
  for (const ajv of [strict, lenient]) {
    addFormats(ajv)
    ajv.addSchema({ $id: 'contract', ...document })
  }
  const compiled = new Map<string, ValidateFunction>()
  const validatorOf = (key: string, ajv: Ajv, schema: () => object): ValidateFunction => {
    const found = compiled.get(key) ?? ajv.compile(schema())
    compiled.set(key, found)
    return found
  }
  const parametersOf = (place: Place, where: string) => {
    const own = (place.parameters ?? []).filter((one) => one.in === where)
    return {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(own.map((one) => [one.name, rooted(one.schema)])),
      required: own.filter((one) => one.required).map((one) => one.name),
    }
  }

  return (place: Place, { url, headers, body }: SentRequest): Verdict | undefined => {
    const [path = '', ...rest] = url.split('?')
    const query = parseQuery(rest.join('?'))
    const named = readPath(place.path, path)
    if (named === undefined) return undefined
    const parts: [string, Ajv, () => object, unknown][] = [
      ['path', lenient, () => parametersOf(place, 'path'), named],
      ['query', lenient, () => parametersOf(place, 'query'), { ...query }],
    ]
    const schema = place.requestBody?.content['application/json']?.schema
    if (
      schema !== undefined &&
      place.operationId !== 'importJotformExport' &&
      place.operationId !== 'receiveJotformDelivery'
    ) {
      if (
        !/^application\/(merge-patch\+)?json(;charset=utf-8)?$/.test(headers['content-type'] ?? '') ||
        body === undefined
      )
        return undefined
      const value = readJson(body)
      if (value === undefined) return { fits: false, isUnknown: false, why: 'no JSON' }
      parts.push(['body', strict, () => rooted(schema), value])
    }
    const stray = strayBody(place, headers, body)
    if (stray !== undefined) return { fits: false, isUnknown: true, why: stray }
    for (const [part, ajv, schemaOf, value] of parts) {
      const validate = validatorOf(`${place.operationId} ${part}`, ajv, schemaOf)
      if (validate(value)) continue
      const errors = validate.errors ?? []
      return {
        fits: false,
        isUnknown: errors.some(({ keyword }) => keyword === 'additionalProperties'),
        why: `${part}: ${ajv.errorsText(errors).slice(0, 200)}`,
      }
    }
    return { fits: true, isUnknown: false, why: '' }
  }
}

/** Their bodies are files and forms, which are read apart from any schema. */
const readApart = ['addDocument', 'importJotformExport', 'receiveJotformDelivery']

/** Where no body is asked for, an empty object is let pass and nothing else. */
function strayBody(place: Place, headers: Record<string, string>, body: Buffer | undefined): string | undefined {
  const isJson = /^application\/(merge-patch\+)?json\b/i.test(headers['content-type'] ?? '')
  if (readApart.includes(place.operationId)) return undefined
  if (place.method === 'GET' || place.requestBody !== undefined || body === undefined || !isJson) return undefined
  const value = readJson(body)
  const isEmpty =
    value === null || (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0)
  return isEmpty ? undefined : 'a body where there is none'
}

/** References of the document are those of the document, wherever a schema is compiled. */
const rooted = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"contract#/components/'))

function readPath(template: string, path: string): Record<string, string> | undefined {
  const names = [...template.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] as string)
  const match = new RegExp(`^${template.replace(/\{[^}]+\}/g, '([^/]+)')}$`).exec(path)
  if (match === null) return undefined
  try {
    return Object.fromEntries(names.map((name, n) => [name, decodeURIComponent(match[n + 1] as string)]))
  } catch {
    return undefined
  }
}

/** Undefined where it is no JSON; a byte order mark is let pass. */
function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8').replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
}

/** A request so that it can be read and repeated. */
function describe({ method, url, headers, body }: SentRequest): string {
  const shown = Object.entries(headers).map(([name, value]) => `${name}: ${name === 'authorization' ? '…' : value}`)
  const text = body === undefined ? '' : ` ${JSON.stringify(body.toString('latin1')).slice(0, 800)}`
  return `${method} ${url.slice(0, 600)} [${shown.join('; ').slice(0, 400)}]${text}`
}
