import fc, { type Arbitrary } from 'fast-check'
import { type Place, readDocument } from './document.ts'
import { type Fault, faultOfAnswer } from './fuzz-judge.ts'
import { type FuzzRequest, requestsFor } from './fuzz-requests.ts'
import type { SeededApp } from './fuzz-seeds.ts'
import { sender } from './fuzz-sending.ts'

interface Options {
  requests: number
  seed: number
  /** How many at once. */
  width?: number
}

/** What plans for several at once says so to the next. */
const busy = 'proposeProgramme answered 503: a 5xx'

/**
 * Sends requests about the same part of the service at the same time, most of them such as would succeed alone: whoever loses a race is refused
 * with a reason, and nobody is answered with a deadlock or a constraint. What each does to the other is left to the tests of the races.
 */
export async function runTogether(service: SeededApp, { requests, seed, width = 6 }: Options): Promise<Fault[]> {
  const { operations, resolve } = await readDocument()
  const send = sender(service)
  const batches = fc.sample(batchOf(operations, resolve, width), { seed, numRuns: Math.ceil(requests / width) })
  const faults: Fault[] = []
  for (const batch of batches) {
    const answers = await Promise.all(batch.map(async (request) => ({ request, ...(await send(request)) })))
    for (const { request, sent, answer } of answers) {
      const fault = faultOfAnswer(request, sent, answer)
      if (
        fault === undefined ||
        fault.message.startsWith(busy) ||
        faults.some(({ signature }) => signature === fault.signature)
      )
        continue
      const others = answers.map((one) => `${one.request.operation.operationId} ${one.answer.statusCode}`)
      faults.push({ ...fault, message: `${fault.message} (together: ${others.join(', ')})` })
    }
  }
  return faults
}

type Resolve = Parameters<typeof requestsFor>[1]

function batchOf(operations: readonly Place[], resolve: Resolve, width: number): Arbitrary<FuzzRequest[]> {
  const writes = operations.filter(({ method }) => method !== 'GET')
  const made = new Map(operations.map((place) => [place, requestsFor(place, resolve)]))
  const one = (place: Place) => {
    const { any, whole } = made.get(place) as ReturnType<typeof requestsFor>
    return fc.oneof({ weight: 5, arbitrary: whole }, { weight: 1, arbitrary: any })
  }
  return fc.constantFrom(...writes).chain((place) => {
    const near = operations.filter(
      ({ tags, operationId }) => tags[0] === place.tags[0] && operationId !== 'listenToSlot',
    )
    const either = fc.oneof(
      { weight: 1, arbitrary: one(place) },
      { weight: 1, arbitrary: fc.constantFrom(...near).chain(one) },
    )
    return fc.array(either, { minLength: width, maxLength: width })
  })
}
