import { Agent, request } from 'node:http'

export interface Posting {
  contentType: string
  body: Buffer
}

/** What came of a delivery: an answer, or the reason why there was none. */
export type Posted = { status: number; retryAfter: string | undefined } | { failed: string }

/** Posts as Jotform does, over at most `connections` connections that are kept alive, and repeats nothing by itself. */
export function createSender(url: string, connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    post: ({ contentType, body }: Posting) =>
      new Promise<Posted>((resolve) => {
        const fail = (error: NodeJS.ErrnoException) => resolve({ failed: error.code ?? error.message })
        const headers = { 'content-type': contentType, 'content-length': body.length }
        const sent = request(url, { method: 'POST', agent, headers, timeout: 60_000 }, (response) => {
          response.on('error', fail)
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] }),
          )
          response.resume()
        })
        sent.on('timeout', () => sent.destroy(new Error('no answer within 60 s')))
        sent.on('error', fail)
        sent.end(body)
      }),
    close: () => agent.destroy(),
  }
}
