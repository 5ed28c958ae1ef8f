/** One event of a stream. `data` is JSON, in which no line ends; it is taken apart all the same, so that no text can begin a field of its own. */
export function frameOf({ event, id, data }: { event: string; id?: string | undefined; data: string }): Buffer {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
  return Buffer.from(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}${lines.join('')}\n`)
}

export const heartbeat = Buffer.from(':\n\n')

/** How long to wait before a connection is tried again; each listener another time, so that they do not come back all at once. */
export const retryFrames: readonly Buffer[] = Array.from({ length: 16 }, (_, index) =>
  Buffer.from(`retry: ${1_000 + index * 200}\n\n`),
)

export const endReasons = ['credentialEnded', 'notVisible', 'renew', 'shuttingDown'] as const
export type EndReason = (typeof endReasons)[number]

export const endFrame = (reason: EndReason): Buffer => frameOf({ event: 'end', data: JSON.stringify({ reason }) })
