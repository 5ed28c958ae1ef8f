import type { Deps } from '../deps.ts'
import { createJotformClient, type JotformClient } from './client.ts'

const clients = new WeakMap<Deps, JotformClient>()

/** The API client of this process; undefined without a key, when the service works from deliveries alone. */
export function clientOf(deps: Deps): JotformClient | undefined {
  const { apiUrl, apiKey } = deps.config.jotform
  if (apiKey === undefined) return undefined
  let client = clients.get(deps)
  if (client === undefined) {
    client = createJotformClient({ apiUrl, apiKey })
    clients.set(deps, client)
  }
  return client
}

export const isApiConfigured = (deps: Deps): boolean => deps.config.jotform.apiKey !== undefined
