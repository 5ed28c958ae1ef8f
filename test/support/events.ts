import { type ClientRequest, request } from 'node:http'

/** One event as it came over the wire; fields that were not sent are absent. */
export interface ServerEvent {
  event: string
  id?: string
  data: string
}

export interface EventReader {
  status: number
  headers: Record<string, unknown>
  events: ServerEvent[]
  /** Comments and fields that are no events. */
  comments: string[]
  retry: number | undefined
  lastId: string | undefined
  /** Everything that came, as it came. */
  text(): string
  /** The first event that fits and was not given before; waits for it. */
  next(fits?: (one: ServerEvent) => boolean): Promise<ServerEvent>
  closed: Promise<void>
  close(): void
  /** Stops reading: what is sent stays in the pipes. */
  pause(): void
}

/** A reader of an event stream as the HTML standard says: lines end by CR, LF or both, an empty line sends what was gathered. */
export function readEvents(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = request(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const waiting = new Set<() => void>()
      const wake = () => {
        for (const one of [...waiting]) one()
      }
      let text = ''
      let rest = ''
      let isOver = false
      let given = 0
      const reader: EventReader = {
        status: response.statusCode ?? 0,
        headers: response.headers,
        events: [],
        comments: [],
        retry: undefined,
        lastId: undefined,
        text: () => text,
        next: (fits = () => true) =>
          new Promise((found, failed) => {
            const look = () => {
              const index = reader.events.findIndex((one, at) => at >= given && fits(one))
              if (index !== -1) {
                given = index + 1
                waiting.delete(look)
                found(reader.events[index] as ServerEvent)
              } else if (isOver) {
                waiting.delete(look)
                failed(new Error(`The stream ended before that:\n${text.slice(-2_000)}`))
              }
            }
            waiting.add(look)
            look()
          }),
        closed: new Promise((done) => response.once('close', done)),
        close: () => sent.destroy(),
        pause: () => response.pause(),
      }
      let gathered: { event?: string; id?: string; data: string[] } = { data: [] }
      const take = (line: string) => {
        if (line === '') {
          if (gathered.id !== undefined) reader.lastId = gathered.id
          if (gathered.data.length > 0)
            reader.events.push({
              event: gathered.event ?? 'message',
              ...(gathered.id !== undefined && { id: gathered.id }),
              data: gathered.data.join('\n'),
            })
          gathered = { data: [] }
          return
        }
        const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
        if (field === '') reader.comments.push(value)
        else if (field === 'data') gathered.data.push(value)
        else if (field === 'event' || field === 'id') gathered[field] = value
        else if (field === 'retry') reader.retry = Number(value)
      }
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        const lines = (rest + chunk).split(/\r\n|\n|\r/)
        rest = lines.pop() as string
        for (const line of lines) take(line)
        wake()
      })
      response.on('error', () => {})
      response.once('close', () => {
        isOver = true
        wake()
      })
      resolve(reader)
    })
    sent.end()
  })
}

export const jsonOf = <T = Record<string, unknown>>({ data }: ServerEvent): T => JSON.parse(data) as T
