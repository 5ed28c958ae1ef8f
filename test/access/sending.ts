import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { addressOf, type Contract, jsonTypeOf, type Place } from '../support/document.ts'
import type { CallerName } from './callers.ts'
import type { PreparedRecord } from './kind.ts'
import type { Row } from './rows.ts'
import { nobody } from './words.ts'
import type { World } from './world.ts'

/** A parameter that no operation takes: whoever is let through is told so, and nothing is changed. */
export const needle = 'notAParameter'

/** Sends the request of an operation about a record, as a caller. */
export const sender = (world: World, exampleOf: Contract['exampleOf']) => {
  const requestOf = (place: Place, row: Row, record: PreparedRecord, bearer?: string, query = ''): InjectOptions => {
    const type = jsonTypeOf(place)
    const sent = row.send?.(record) ?? {}
    const payload = sent.payload ?? (type === undefined ? undefined : exampleOf(place))
    const parameters = [sent.query, query].filter(Boolean).join('&')
    return {
      method: place.method as 'GET',
      url: addressOf(place.path, record.params) + (parameters === '' ? '' : `?${parameters}`),
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(type !== undefined && { 'content-type': type }),
        ...sent.headers,
      },
      ...(payload !== undefined && {
        payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
      }),
    }
  }
  return {
    as: async (caller: CallerName, place: Place, row: Row, record: PreparedRecord = nobody, query = '') =>
      world.inject(requestOf(place, row, record, await world.bearer(caller, record), query)),
    with: async (bearer: string | undefined, place: Place, row: Row, query = '') =>
      world.inject(requestOf(place, row, nobody, bearer, query)),
  }
}

export type Sender = ReturnType<typeof sender>

/** Everything that leaves, in lower case: what is looked for is found in whatever letters it was sent. */
export const wordsOf = (response: LightMyRequestResponse): string =>
  `${JSON.stringify(response.headers)}\n${response.body}`.toLowerCase()

/** A problem without what is of this very request: two of them are equal, or they tell something. */
export function refusalOf(response: LightMyRequestResponse): string {
  const { instance: _, requestId: __, ...rest } = response.json()
  const { 'x-request-id': ___, date: ____, 'content-length': _____, ...headers } = response.headers
  for (const name of Object.keys(headers)) if (name.startsWith('ratelimit')) delete headers[name]
  return JSON.stringify([response.statusCode, rest, headers])
}
