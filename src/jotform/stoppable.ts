import type { JotformClient } from './client.ts'

/** The same client, which asks nothing more and waits for nothing more once the signal is given: the end of the process waits for no answer of Jotform. */
export function stoppable(client: JotformClient, signal: AbortSignal | undefined): JotformClient {
  if (signal === undefined) return client
  const stop =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      signal.throwIfAborted()
      const stopped = Promise.withResolvers<never>()
      const refuse = () => stopped.reject(signal.reason)
      signal.addEventListener('abort', refuse, { once: true })
      return Promise.race([call(...args), stopped.promise]).finally(() => signal.removeEventListener('abort', refuse))
    }
  return {
    ...client,
    getUser: stop(client.getUser),
    getSubmission: stop(client.getSubmission),
    listSubmissions: stop(client.listSubmissions),
    getQuestions: stop(client.getQuestions),
    getWebhooks: stop(client.getWebhooks),
    getUsage: stop(client.getUsage),
  }
}
