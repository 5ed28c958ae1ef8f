import { type ErrorCode, errorCodes } from '../../src/error-codes.ts'
import { checkContract } from './contract.ts'
import type { Contract, Place } from './document.ts'
import { credentials } from './fuzz-credentials.ts'
import { leakOf } from './fuzz-leaks.ts'
import { schemaOracle } from './fuzz-oracle.ts'
import type { FuzzRequest } from './fuzz-requests.ts'
import type { SeededApp } from './fuzz-seeds.ts'
import { describe, type SentRequest } from './fuzz-sending.ts'
import type { Answer } from './fuzz-socket.ts'

export interface Fault {
  /** Two faults with the same signature are one. */
  signature: string
  message: string
  request: string
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

const slotTimes = /^\/(endsAt too_long|(starts|ends)At wrong_format)$/
const handedIn = /^\/(language not_an_allowed_value|(fileName|sizeBytes) required|sizeBytes too_large)$/
const bothKinds = (rules: (one: string) => Record<string, RegExp>) => ({ ...rules('QaSlot'), ...rules('Screening') })

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
  createApiKey: /^(\/scopes required|\/expiresAt wrong_format)$/,
  updateApiKey: /^\/expiresAt wrong_format$/,
  // Two entries that differ in the case of a country name the same one.
  assignReviewer: /^\/data\/\d+ repeated_item$/,
  // What a merge patch leaves behind must be whole, too.
  updateApplication: /^\/organisation\/ganhriStatus\/status required$/,
  releaseCountry: /^\/at wrong_format$/,
  // A slot lasts hours and not days; a leap second is no time of it.
  ...bothKinds((one) => ({
    [`list${one}s`]: /^\/query\/(from|until) wrong_format$/,
    [`create${one}`]: slotTimes,
    [`update${one}`]: slotTimes,
    [`overrun${one}`]: slotTimes,
    [`transition${one}`]: /^\/reason required$/,
    [`settle${one}Swap`]: /^\/applicationId required$/,
  })),
  stateAvailability: /^\/windows\/\d+\/(starts|ends)At wrong_format$/,
  adoptProgramme: /^\/slots\/\d+\/(starts|ends)At wrong_format$/,
  proposeProgramme: /^(\/countries\/\d+)?\/screeningMinutes too_small$|^\/countries required$/,
  deliverInvitation: /^\/at wrong_format$/,
  transitionQuestion: /^\/(reason|into|answer) required$/,
  putQuestion: /^\/text required$/,
  openPerson: /^\/emails required$/,
  // What a dry run answers, so that nobody erases what they have not seen.
  erasePerson: /^\/confirmation required$/,
  // Statements come in the languages and the sizes of their round.
  addVideoVersion: handedIn,
  createVideoSubmission: handedIn,
  setVideoCaptions: /^\/params\/language not_an_allowed_value$/,
  // Whoever gets no yes is told why.
  reviewDocument: /^\/reasons required$/,
  reviewVideoSubmission: /^\/reasons required$/,
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

const faults =
  ({ operation }: FuzzRequest, sent: SentRequest, answer: Answer) =>
  (kind: string, detail = ''): Fault => ({
    signature: `${operation.operationId} ${answer.statusCode} ${kind}`,
    message: `${operation.operationId} answered ${answer.statusCode}: ${kind}${detail && ` ${detail}`}\n  ${answer.body.slice(0, 600)}`,
    request: describe(sent),
  })

/** What is wrong with an answer, whatever else goes on. */
export function faultOfAnswer(request: FuzzRequest, sent: SentRequest, answer: Answer): Fault | undefined {
  const { statusCode } = answer
  const fault = faults(request, sent, answer)
  if (statusCode === 599) return fault('no answer')
  if (statusCode >= 500) return fault('a 5xx')
  try {
    checkContract({ method: sent.method as 'GET', url: sent.url }, answer as never)
  } catch (error) {
    return fault('against the contract', (error as Error).message.slice(0, 200))
  }
  const wrong = statusCode >= 400 ? faultOfProblem(answer) : undefined
  if (wrong !== undefined) return fault(wrong)
  const leak = leakOf(request.operation.operationId, request.bearer, answer)
  return leak === undefined ? undefined : fault(leak)
}

export function judgeOf(service: SeededApp, contract: Contract) {
  const oracle = schemaOracle(contract)
  return async (request: FuzzRequest, sent: SentRequest, answer: Answer): Promise<Fault | undefined> => {
    const { operation, bearer } = request
    const { tables } = await service.changes()
    const wrong = faultOfAnswer(request, sent, answer)
    if (wrong !== undefined) return wrong
    const { statusCode } = answer
    const fault = faults(request, sent, answer)
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
