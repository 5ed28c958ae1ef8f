import { Agent, request } from 'node:http'

export interface Asked {
  method: string
  path: string
  body?: object | undefined
  headers?: Record<string, string>
}

export interface Answered {
  status: number
  text: string
  /** From the first byte that is sent to the last one that comes back. */
  ms: number
}

/** Connections to several replicas in turn; each carries one request at a time. */
export function openConnections(urls: readonly string[], adminKey: string, connections: number) {
  const agents = Array.from({ length: connections }, (_, index) => ({
    url: urls[index % urls.length] as string,
    agent: new Agent({ keepAlive: true, maxSockets: 1 }),
  }))
  const over = ({ url, agent }: (typeof agents)[number], { method, path, body, headers }: Asked): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body)
      const begunAt = performance.now()
      const sent = request(`${url}${path}`, {
        method,
        agent,
        headers: {
          authorization: `Bearer ${adminKey}`,
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
          ...headers,
        },
      })
      sent.on('error', reject)
      sent.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, ms: performance.now() - begunAt }))
      })
      sent.end(payload)
    })
  return {
    connections,
    send: (asked: Asked) => over(agents[0] as (typeof agents)[number], asked),
    /** All of them, as fast as the connections carry them. */
    async all(asked: readonly Asked[]): Promise<Answered[]> {
      const answers: Answered[] = []
      let next = 0
      const carry = async (connection: (typeof agents)[number]) => {
        while (next < asked.length) {
          const index = next
          next += 1
          answers[index] = await over(connection, asked[index] as Asked)
        }
      }
      await Promise.all(agents.map(carry))
      return answers
    },
    close: () => {
      for (const { agent } of agents) agent.destroy()
    },
  }
}

export function percentile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
}
