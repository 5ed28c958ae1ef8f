import { connect } from 'node:net'
import type { SentRequest } from './fuzz-sending.ts'

export interface Answer {
  statusCode: number
  headers: Record<string, string>
  body: string
  json(): unknown
}

export const answerOf = (statusCode: number, headers: Record<string, string>, body: string): Answer => ({
  statusCode,
  headers,
  body,
  json: () => JSON.parse(body),
})

/** The request byte by byte over a connection of its own: what a client library would have corrected reaches the service. */
export function sendRaw(port: number, { method, url, headers, body }: SentRequest): Promise<Answer> {
  const lines = Object.entries({ host: 'localhost', connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  if (body !== undefined) lines.push(`content-length: ${body.length}`)
  const head = Buffer.from([`${method} ${url} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(20_000, () => socket.destroy(new Error('No answer within 20 seconds')))
    socket.on('data', (chunk) => chunks.push(chunk))
    // An answer that came before all of the body was read is an answer, whatever becomes of the connection.
    socket.on('error', (error) => (chunks.length === 0 ? reject(error) : undefined))
    socket.on('close', () => {
      try {
        resolve(parse(Buffer.concat(chunks)))
      } catch (error) {
        reject(error)
      }
    })
    socket.write(body === undefined ? head : Buffer.concat([head, body]))
  })
}

function parse(bytes: Buffer): Answer {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) throw new Error(`The connection ended without an answer: ${bytes.toString('latin1').slice(0, 200)}`)
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1])
  if (status === 100) return parse(bytes.subarray(end + 4))
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const rest = bytes.subarray(end + 4)
  return answerOf(status, headers, (headers['transfer-encoding'] === 'chunked' ? unchunk(rest) : rest).toString('utf8'))
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16)
    if (!(size > 0)) return Buffer.concat(parts)
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
