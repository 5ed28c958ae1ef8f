import type { Answer } from './fuzz-socket.ts'

/** Stands in everything that a seeded speaker at risk gave, in reasons of decisions, in an application of a country that is not released. */
export const hiddenWord = 'zyxwarba'

/** Whose credentials show what is hidden. */
const trusted = ['admin', 'secretariat', 'integration', 'limited']

/** What an answer must never show. */
const secretsOfTheHouse = /\bat \S*\/\S*:\d+:\d+|file:\/\/|node_modules|\bselect |\bpg_|Error:|\.ts:\d/

/** Where an answer says more than it may, and to whom. */
export function leakOf(operationId: string, bearer: string, { statusCode, headers, body }: Answer): string | undefined {
  const head = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
  if (operationId !== 'getMetrics' && secretsOfTheHouse.test(`${head}\n${body}`)) return 'shows the inside'
  if (!trusted.includes(bearer) && `${head}\n${body}`.toLowerCase().includes(hiddenWord)) return 'shows what is hidden'
  if ('server' in headers || 'x-powered-by' in headers) return 'tells what it runs on'
  if (headers['x-request-id'] === undefined) return 'has no request id'
  const caching = headers['cache-control'] ?? ''
  if (/public|max-age|immutable/.test(caching)) return 'may be kept by a shared cache'
  if (statusCode >= 400 && caching !== '' && !caching.includes('no-store')) return 'may be kept though it is a refusal'
  return undefined
}
