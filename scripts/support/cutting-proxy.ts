import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Closing } from './run.ts'

export interface CuttingProxy {
  url: string
  /** Where new connections lead from now on. */
  leadTo(port: number): void
  /** Bytes of clients that were passed on so far. */
  passed(): number
  cuts(): number
}

export interface CuttingOptions {
  port: number
  /** Total bytes of clients after which a connection is cut, in rising order. */
  cutAt: number[]
  onCut?: (cut: number) => void
}

/** A line that breaks: cuts the connection within a segment, so that the service sees a part of what was sent. */
export async function cuttingProxy(
  closing: Closing,
  { port, cutAt, onCut = () => {} }: CuttingOptions,
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let target = port
  let passed = 0
  let cuts = 0
  const server = createServer((client) => {
    const service = connect(target, '127.0.0.1')
    const end = () => {
      client.destroy()
      service.destroy()
    }
    for (const socket of [client, service]) {
      sockets.add(socket)
      socket.on('error', end).on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (chunk) => {
      const next = cutAt[cuts]
      if (next !== undefined && passed + chunk.length >= next) {
        const part = chunk.subarray(0, Math.max(0, next - passed))
        passed += part.length
        cuts += 1
        service.write(part, () => {
          client.resetAndDestroy()
          service.destroy()
        })
        onCut(cuts)
        return
      }
      passed += chunk.length
      if (!service.write(chunk)) {
        client.pause()
        service.once('drain', () => client.resume())
      }
    })
    service.on('data', (chunk) => void client.write(chunk))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.defer(async () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port: own } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${own}`,
    leadTo: (next) => {
      target = next
    },
    passed: () => passed,
    cuts: () => cuts,
  }
}
