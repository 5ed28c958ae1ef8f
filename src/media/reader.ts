import { type FileHandle, open } from 'node:fs/promises'
import { CustomSource } from 'mediabunny'

/** An index of a file of two gigabytes is a few megabytes long; what claims more is not read. */
const largestRead = 48 * 1024 * 1024
const window = 64 * 1024

export class OverLimit extends Error {
  override name = 'OverLimit'
}

/** A file read in ranges. A read beyond the end gives what there is. */
export interface RangeReader {
  sizeBytes: number
  read(start: number, length: number): Promise<Buffer>
  /** For many small reads near each other. */
  peek(start: number, length: number): Promise<Buffer>
  close(): Promise<void>
}

export async function openReader(path: string): Promise<RangeReader> {
  const file = await open(path, 'r')
  const { size } = await file.stat()
  let held: Buffer = Buffer.alloc(0)
  let heldAt = 0
  return {
    sizeBytes: size,
    read: (start, length) => readRange(file, start, Math.min(length, size - start)),
    async peek(start, length) {
      const wanted = Math.min(length, Math.max(0, size - start))
      if (start < heldAt || start + wanted > heldAt + held.length) {
        held = await readRange(file, start, Math.min(Math.max(window, wanted), size - start))
        heldAt = start
      }
      return held.subarray(start - heldAt, start - heldAt + wanted)
    },
    close: () => file.close(),
  }
}

async function readRange(file: FileHandle, start: number, length: number): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0)
  if (length > largestRead) throw new OverLimit(`A part of ${length} bytes would have to be read at once.`)
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, start)
  return buffer.subarray(0, bytesRead)
}

/** The same file for the media library, with the same bound. */
export function mediaSource({ sizeBytes, read }: RangeReader): CustomSource {
  return new CustomSource({
    getSize: () => sizeBytes,
    read: (start, end) => read(start, end - start),
    maxCacheSize: largestRead,
    prefetchProfile: 'fileSystem',
    handleUnhandledError: () => {},
  })
}
