import fc, { type Arbitrary } from 'fast-check'
import { readDocument } from './document.ts'
import { type Fault, judgeOf } from './fuzz-judge.ts'
import { type FuzzRequest, type Requests, requestsFor } from './fuzz-requests.ts'
import type { SeededApp } from './fuzz-seeds.ts'
import { describe, type SentRequest, sender } from './fuzz-sending.ts'

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
