import { within } from '../../src/http/within.ts'
import { adminKey } from './app.ts'
import { credentials } from './fuzz-credentials.ts'
import type { FuzzRequest } from './fuzz-requests.ts'
import { type SeededApp, standing } from './fuzz-seeds.ts'
import { type Answer, answerOf, sendRaw } from './fuzz-socket.ts'

/** A request as it goes out. */
export interface SentRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: Buffer | undefined
}

/** Nothing generated takes the service longer; an answer that never comes is a fault like any other. */
const answerMs = 20_000

export type Sent = { sent: SentRequest; answer: Answer }

/** Fills in what the seeds of this run are called and sends. */
export function sender({ app, names, clock, url: _ }: SeededApp): (request: FuzzRequest) => Promise<Sent> {
  const fill = (text: string) => text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => names[name] ?? whole)
  const port = () => (app.server.address() as { port: number }).port
  const inject = async ({ method, url, headers, body }: SentRequest): Promise<Answer> => {
    const response = await app.inject({
      method: method as 'GET',
      url,
      headers,
      ...(body === undefined ? {} : { payload: body }),
    })
    return answerOf(
      response.statusCode,
      Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
      response.body,
    )
  }
  /** Of an answer without end only the beginning is looked at. */
  const injectStream = async ({ method, url, headers }: SentRequest): Promise<Answer> => {
    const response = await app.inject({ method: method as 'GET', url, headers, payloadAsStream: true })
    const stream = response.stream()
    const isEndless = String(response.headers['content-type']).startsWith('text/event-stream')
    const text = isEndless ? '' : Buffer.concat(await stream.toArray()).toString()
    stream.destroy()
    return answerOf(
      response.statusCode,
      Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
      text,
    )
  }
  const admin = { authorization: `Bearer ${adminKey}` }
  const tagAt = async (url: string): Promise<string | undefined> =>
    (await inject({ method: 'GET', url, headers: admin, body: undefined })).headers.etag

  return async (request) => {
    // Whatever the request before did to the clock.
    clock.set(request.at ?? standing)
    const { operation, bearer } = request
    const path = fill(request.path)
    const headers: Record<string, string> =
      bearer === 'none' ? {} : { authorization: `Bearer ${fill(credentials[bearer] ?? '')}` }
    for (const [name, value] of Object.entries(request.headers)) headers[name] = fill(value)
    if (request.currentTag) {
      const tag = await tagAt(path.replace(/\/(submission|withdrawal|transitions|release)$/, ''))
      if (tag !== undefined) headers[operation.method === 'GET' ? 'if-none-match' : 'if-match'] = tag
    }
    const query = request.cursor === undefined ? fill(request.query) : await forgeCursor(request, path, fill)
    const body =
      request.body.kind === 'none'
        ? undefined
        : Buffer.from(fill(request.body.text), request.body.kind === 'json' ? 'utf8' : 'latin1')
    const sent = { method: operation.method, url: query === '' ? path : `${path}?${query}`, headers, body }
    // `inject` would resolve these as a browser does; on the wire they stay.
    const isRaw = request.overSocket || /%2e/i.test(path)
    const isStream = operation.responses['200']?.content?.['text/event-stream'] !== undefined
    const asking = isStream ? injectStream(sent) : isRaw ? sendRaw(port(), sent) : inject(sent)
    const answer = within(answerMs, asking).catch((error: Error) => answerOf(599, {}, `No answer: ${error.message}`))
    return { sent, answer: await answer }
  }

  /** The binding is taken from a real cursor of the same list; where there is none, the cursor does not fit. */
  async function forgeCursor(request: FuzzRequest, path: string, fillIn: (text: string) => string): Promise<string> {
    const filters = fillIn(request.query)
      .split('&')
      .filter((pair) => pair !== '' && !/^(limit|cursor)(=|$)/.test(pair))
    const first = await inject({
      method: 'GET',
      url: `${path}?${[...filters, 'limit=1'].join('&')}`,
      headers: admin,
      body: undefined,
    })
    let binding: unknown = 'none'
    try {
      const [own] = JSON.parse(Buffer.from((first.json() as { nextCursor: string }).nextCursor, 'base64url').toString())
      binding = own
    } catch {}
    const text = fillIn(JSON.stringify([binding, request.cursor?.value, request.cursor?.id]))
    return [...filters, `cursor=${Buffer.from(text).toString('base64url')}`].join('&')
  }
}

/** A request so that it can be read and repeated. */
export function describe({ method, url, headers, body }: SentRequest): string {
  const shown = Object.entries(headers).map(([name, value]) => `${name}: ${name === 'authorization' ? '…' : value}`)
  const text = body === undefined ? '' : ` ${JSON.stringify(body.toString('latin1')).slice(0, 800)}`
  return `${method} ${url.slice(0, 600)} [${shown.join('; ').slice(0, 400)}]${text}`
}
