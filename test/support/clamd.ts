import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** Stands in for clamd: INSTREAM and its answers, over a socket. */
export interface ClamdDouble {
  port: number
  /** What was streamed, whole. */
  received: Buffer[]
  close(): Promise<void>
}

export interface ClamdBehaviour {
  /** What is answered to a whole stream; by default EICAR is found and everything else is OK. */
  answer?: (content: Buffer) => string
  /** StreamMaxLength: the stream is refused when it grows over it. */
  maxBytes?: number
  /** Closes without a word after so many bytes. */
  hangUpAfter?: number
  port?: number
}

export const eicar = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'

const defaultAnswer = (content: Buffer) =>
  content.includes(eicar) ? 'stream: Eicar-Test-Signature FOUND' : 'stream: OK'

export async function startClamd(behaviour: ClamdBehaviour = {}): Promise<ClamdDouble> {
  const {
    answer = defaultAnswer,
    maxBytes = Number.POSITIVE_INFINITY,
    hangUpAfter = Number.POSITIVE_INFINITY,
  } = behaviour
  const received: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    let waiting = Buffer.alloc(0)
    let begun = false
    let isOver = false
    const chunks: Buffer[] = []
    let bytes = 0
    socket.on('data', (data: Buffer) => {
      // What still comes after the answer is read and dropped: a connection closed upon unread bytes would take the answer with it.
      if (isOver) return
      waiting = Buffer.concat([waiting, data])
      if (!begun) {
        if (waiting.length < 10) return
        if (waiting.toString('latin1', 0, 10) !== 'zINSTREAM\0') return socket.end('UNKNOWN COMMAND\0')
        begun = true
        waiting = waiting.subarray(10)
      }
      while (waiting.length >= 4) {
        const length = waiting.readUInt32BE(0)
        if (length === 0) {
          const content = Buffer.concat(chunks)
          received.push(content)
          return socket.end(`${answer(content)}\0`)
        }
        if (waiting.length < 4 + length) break
        chunks.push(waiting.subarray(4, 4 + length))
        bytes += length
        waiting = waiting.subarray(4 + length)
        if (bytes > hangUpAfter) return socket.destroy()
        if (bytes > maxBytes) {
          isOver = true
          return socket.end('INSTREAM size limit exceeded. ERROR\0')
        }
      }
    })
  }).listen(behaviour.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    received,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
