import { once } from 'node:events'
import { createServer } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { Test } from 'tap'

export interface Received {
  from: string
  /** The recipients that the client named, which decide who gets it. */
  to: string[]
  /** Header lines, unfolded. */
  headers: string[]
  text: string
  raw: string
}

export interface MailServerOptions {
  port?: number
  /** Answers to the recipient: a status to refuse with, or nothing. */
  refuse?: (recipient: string, nth: number) => number | undefined
  /** A message is here, and said to be taken only after this. */
  hold?: () => Promise<void>
}

/** A real SMTP server on a socket that keeps what it is given. */
export async function mailServer(t: Test, { port = 0, refuse = () => undefined, hold }: MailServerOptions = {}) {
  const received: Received[] = []
  const waiting: (() => void)[] = []
  let recipients = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: ({ address }, _session, done) => {
      recipients += 1
      const status = refuse(address, recipients)
      if (status === undefined) return done()
      done(Object.assign(new Error(`<${address}> is not wanted here`), { responseCode: status }))
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        received.push(
          read(
            Buffer.concat(chunks).toString('utf8'),
            from,
            envelope.rcptTo.map(({ address }) => address),
          ),
        )
        void (hold?.() ?? Promise.resolve()).then(() => done())
        for (const wake of waiting.splice(0)) wake()
      })
    },
  })
  server.on('error', () => {})
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port: actual } = server.server.address() as { port: number }
  return {
    url: `smtp://127.0.0.1:${actual}`,
    received,
    /** Resolves when so many messages have arrived. */
    arrived: async (count: number) => {
      while (received.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
      return received
    },
  }
}

/** A port that nobody listens at, for a server that comes later. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

function read(raw: string, from: string, to: string[]): Received {
  const [head = '', ...body] = raw.split('\r\n\r\n')
  const headers = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const text = body.join('\n\n').replaceAll('\r\n', '\n')
  const isQuoted = headers.some((line) => /^content-transfer-encoding: quoted-printable$/i.test(line))
  return { from, to, headers, raw, text: isQuoted ? unquote(text) : text }
}

const unquote = (text: string): string =>
  Buffer.from(
    text
      .replace(/=\n/g, '')
      .replace(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')
