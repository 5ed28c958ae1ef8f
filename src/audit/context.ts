import { AsyncLocalStorage } from 'node:async_hooks'

/** What an entry says of the request it was written in. */
export interface RequestContext {
  requestId: string
  role: string
  remote: string
  method: string
}

/**
 * Services know nothing of HTTP, and a change is written down deep inside them, in its transaction. So what the entry says of the request
 * travels beside the calls; nothing but the audit log reads it, and no rule depends on it.
 */
const current = new AsyncLocalStorage<RequestContext>()

export const withinRequest = (context: RequestContext, work: () => void): void => current.run(context, work)

/** Undefined in jobs. */
export const requestContext = (): RequestContext | undefined => current.getStore()
