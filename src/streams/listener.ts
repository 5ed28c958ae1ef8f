import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Caller } from '../http/access.ts'
import { type EndReason, endFrame, heartbeat, retryFrames } from './frames.ts'

/**
 * A reader that has so much waiting for it, beside the longest single event, is dropped: it comes back by itself and is told what it missed. The longest
 * is not counted, or a slot whose snapshot alone is more would drop everybody who comes, again and again.
 */
const mostPendingBytes = 512 * 1024

export interface Listener {
  caller: Caller
  /** Whoever has the same key gets the same. */
  key: string
  /** Milliseconds of the process's own clock. */
  since: number
  stream: Readable
  /** The same buffers for all listeners; nothing is copied. */
  send(chunk: Buffer): void
  beat(): void
  end(reason: EndReason): void
}

export interface ListenerOptions {
  caller: Caller
  key: string
  response: ServerResponse
  onDrop(): void
}

export function createListener({ caller, key, response, onDrop }: ListenerOptions): Listener {
  const stream = new Readable({ read() {}, highWaterMark: 0 })
  let longest = 0
  const isSlow = () => stream.readableLength + response.writableLength > mostPendingBytes + longest
  const send = (chunk: Buffer) => {
    if (stream.destroyed || chunk.length === 0) return
    if (isSlow()) {
      onDrop()
      stream.destroy()
      return
    }
    longest = Math.max(longest, chunk.length)
    stream.push(chunk)
  }
  send(retryFrames[Math.floor(performance.now()) % retryFrames.length] as Buffer)
  return {
    caller,
    key,
    since: performance.now(),
    stream,
    send,
    beat() {
      // Who has something waiting is alive or will be dropped.
      if (response.writableLength === 0) send(heartbeat)
    },
    end(reason) {
      if (stream.destroyed) return
      stream.push(endFrame(reason))
      stream.push(null)
    },
  }
}
