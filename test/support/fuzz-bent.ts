import fc, { type Arbitrary } from 'fast-check'
import { jsonTypeOf, type Place } from './document.ts'
import type { FuzzCase } from './fuzz-areas/area.ts'
import { bearers } from './fuzz-credentials.ts'
import type { FuzzBody, FuzzRequest } from './fuzz-requests.ts'
import { mutate, mutations } from './fuzz-values.ts'

/** What is done to a request that would succeed; most often nothing, so that what it does comes about. */
const bends = {
  nothing: 10,
  body: 6,
  freeBody: 4,
  path: 2,
  bearer: 3,
  headers: 2,
  clock: 2,
  query: 1,
}
/** Before, during and long after what the seeds are about; clocks of replicas differ a little, too. */
const clocks = [
  '2020-12-15T09:59:58Z',
  '2020-12-15T10:44:00Z',
  '2020-12-18T10:00:00Z',
  '2021-01-09T10:00:00Z',
  '2021-03-24T10:00:00Z',
  '2022-06-01T00:00:00Z',
]
/** Long after, nothing is left to ask about. */
const standingStill = ['applyRetention']

type Bend = keyof typeof bends
const anyBend = Object.entries(bends).flatMap(([bend, weight]) => Array<Bend>(weight).fill(bend as Bend))

/** Requests that succeed as the seeds stand, each bent in at most one way; `free` are those that are made of the contract alone. */
export function bentRequests(
  place: Place,
  cases: readonly FuzzCase[],
  free: Arbitrary<FuzzRequest>,
  drawn: readonly Bend[] = anyBend,
): Arbitrary<FuzzRequest> {
  // Who reads decides what is shown.
  const reading: Bend[] = place.method === 'GET' && drawn === anyBend ? Array(7).fill('bearer') : []
  const usable = [...drawn, ...reading].filter((bend) => place.requestBody !== undefined || !/body/i.test(bend))
  const changes = fc.array(mutations, { minLength: 1, maxLength: 2 })
  return fc
    .tuple(
      fc.constantFrom(...cases),
      fc.constantFrom(...usable),
      free,
      changes,
      fc.constantFrom(...bearers),
      fc.constantFrom(...clocks),
    )
    .map(([one, bend, other, mutated, bearer, at]) => {
      const hasFreeBody = bend === 'freeBody'
      const body =
        bend === 'body' && typeof one.body === 'object'
          ? mutated.reduce((value, change) => mutate(value, change), structuredClone(one.body as unknown))
          : one.body
      const headers = bend === 'headers' ? other.headers : { ...usualHeaders(place), ...one.headers }
      const type = hasFreeBody ? other.headers['content-type'] : typeOf(place, one)
      const { 'content-type': _, ...untyped } = headers
      return {
        operation: place,
        bearer: bend === 'bearer' ? bearer : (one.bearer ?? 'admin'),
        path: bend === 'path' ? other.path : pathOf(place, one),
        query: bend === 'query' ? other.query : (one.query ?? ''),
        headers: { ...untyped, ...(type !== undefined && { 'content-type': type }) },
        body: hasFreeBody ? other.body : bodyOf(body),
        currentTag: bend === 'headers' && other.currentTag,
        cursor: bend === 'query' ? other.cursor : undefined,
        overSocket: other.overSocket,
        at: bend === 'clock' && !standingStill.includes(place.operationId) ? at : undefined,
      }
    })
}

/** The same as they are. */
export const wholeRequests = (place: Place, cases: readonly FuzzCase[], free: Arbitrary<FuzzRequest>) =>
  bentRequests(place, cases, free, ['nothing'])

const pathOf = ({ path }: Place, { params = {} }: FuzzCase): string =>
  path.replace(/\{([^}]+)\}/g, (_whole, name: string) => params[name] ?? 'missing')

/** What is changed only by whoever knows it is changed by whoever does not care. */
const usualHeaders = ({ parameters = [] }: Place): Record<string, string> =>
  parameters.some((one) => one.in === 'header' && one.name === 'if-match') ? { 'if-match': '*' } : {}

function typeOf(place: Place, { body, type }: FuzzCase): string | undefined {
  if (body === undefined) return undefined
  return type ?? jsonTypeOf(place) ?? 'application/json'
}

function bodyOf(body: unknown): FuzzBody {
  if (body === undefined) return { kind: 'none' }
  if (typeof body === 'string') return { kind: 'bytes', text: body }
  return { kind: 'json', text: JSON.stringify(body) ?? '' }
}
