import { type ClientRequest, request } from 'node:http'

/** What a listener was told of one question: its place in the order of the test, and its status; `removed` where it was taken away. */
export interface Told {
  question: string
  status: string
  /** Milliseconds of this process's clock. */
  at: number
}

/** One listener as a browser would be: it keeps the last id, and comes back with it when it was cut off. */
export interface EventListener {
  told: Told[]
  snapshots: number
  beats: number
  /** How often a status of a question came twice. */
  twice: number
  lastId: string | undefined
  connect(baseUrl: string): Promise<void>
  cut(): void
}

export function eventListener(path: string, bearer: string | undefined, onEvent: () => void): EventListener {
  let sent: ClientRequest | undefined
  const seen = new Set<string>()
  const listener: EventListener = {
    told: [],
    snapshots: 0,
    beats: 0,
    twice: 0,
    lastId: undefined,
    connect: (baseUrl) =>
      new Promise((resolve, reject) => {
        const headers = {
          accept: 'text/event-stream',
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
          ...(listener.lastId !== undefined && { 'last-event-id': listener.lastId }),
        }
        sent = request(baseUrl + path, { headers, agent: false })
        sent.on('error', reject)
        sent.on('response', (response) => {
          if (response.statusCode !== 200) return reject(new Error(`A listener was answered ${response.statusCode}`))
          let rest = ''
          response.setEncoding('utf8')
          response.on('error', () => {})
          response.on('data', (chunk: string) => {
            const at = performance.now()
            const blocks = (rest + chunk).split('\n\n')
            rest = blocks.pop() as string
            for (const block of blocks) take(listener, seen, block, at)
            onEvent()
          })
          resolve()
        })
        sent.end()
      }),
    cut() {
      sent?.destroy()
    },
  }
  return listener
}

function take(listener: EventListener, seen: Set<string>, block: string, at: number): void {
  if (block.startsWith(':')) {
    listener.beats += 1
    return
  }
  const event = /^event: (.*)$/m.exec(block)?.[1]
  const id = /^id: (.*)$/m.exec(block)?.[1]
  if (id !== undefined) listener.lastId = id
  if (event === 'snapshot') listener.snapshots += 1
  if (event !== 'question' && event !== 'questionRemoved') return
  const data = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] as string) as { id: string; status?: string }
  const status = data.status ?? 'removed'
  if (seen.has(`${data.id} ${status}`)) listener.twice += 1
  seen.add(`${data.id} ${status}`)
  listener.told.push({ question: data.id, status, at })
}
