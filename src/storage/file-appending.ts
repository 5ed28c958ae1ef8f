import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { asFull, makeDirectory, syncDirectory } from './durable.ts'
import { type AppendableFiles, type AppendingInput, ShorterThanKnownError } from './storage.ts'

/** Chunks of a socket are small; so many bytes are written at once. */
const batchBytes = 1024 * 1024
/** So often what came is synced and written down, whichever is later, and over a slow line after this long: a killed process costs its client no more. */
const syncEveryBytes = 16 * 1024 * 1024
const syncEveryMs = 1_000
const syncSlowMs = 15_000
/** Smaller chunks lie in a pool that Node shares out. */
const ownBufferBytes = 32 * 1024

/** One growing file under its final name; the row says how much of it counts. */
export const appendableFiles = (pathOf: (key: string) => string): AppendableFiles => ({
  async append(key, input) {
    const file = await openAt(pathOf(key), input.offset)
    try {
      return await appendTo(file, input)
    } catch (error) {
      throw asFull(error)
    } finally {
      await file.close()
    }
  },
  async finish(key) {
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafeSlow(batchBytes)
    let sizeBytes = 0
    const file = await open(pathOf(key), 'r').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new ShorterThanKnownError(0) : error
    })
    try {
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, batchBytes, sizeBytes)
        if (bytesRead === 0) break
        hash.update(buffer.subarray(0, bytesRead))
        sizeBytes += bytesRead
      }
    } finally {
      await file.close()
    }
    return { sha256: hash.digest('hex'), sizeBytes }
  },
  async discard(key) {
    await rm(pathOf(key), { force: true })
  },
})

/** What lies behind the offset was never told to be kept, and is cut off. */
async function openAt(path: string, offset: number): Promise<FileHandle> {
  if (offset === 0) await makeDirectory(dirname(path))
  const file = await open(path, offset === 0 ? 'a' : 'r+', 0o600)
    .then(async (created) => {
      if (offset > 0) return created
      // Made by `a`, written at positions: those of `a` would be ignored.
      await created.close()
      await syncDirectory(dirname(path))
      return open(path, 'r+')
    })
    .catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new ShorterThanKnownError(0) : asFull(error)
    })
  const { size } = await file.stat()
  if (size < offset) {
    await file.close()
    throw new ShorterThanKnownError(size)
  }
  if (size > offset) await file.truncate(offset)
  return file
}

async function appendTo(file: FileHandle, { offset, state, source, checksum, keep }: AppendingInput): Promise<number> {
  let written = offset
  let synced = offset
  let syncedAt = performance.now()
  let batch: Uint8Array[] = []
  let batched = 0
  const flush = async () => {
    if (batched === 0) return
    const chunks = batch
    batch = []
    batched = 0
    written += await writeAll(file, chunks, written)
    for (const chunk of chunks) release(chunk)
  }
  /** At most one sync at a time, beside the writing. */
  let syncing: Promise<void> = Promise.resolve()
  const sync = (upTo: number, isLast: boolean) => {
    synced = upTo
    syncedAt = performance.now()
    syncing = file.datasync().then(() => keep({ offset: upTo, state }, isLast))
    // Seen where it is awaited.
    syncing.catch(() => {})
  }
  const settle = async () => {
    await syncing
    await flush()
    if (written > offset) sync(written, true)
    await syncing
  }
  const isTimeToSync = () => {
    const passed = performance.now() - syncedAt
    return passed >= (written - synced >= syncEveryBytes ? syncEveryMs : syncSlowMs)
  }
  try {
    for await (const chunk of source) {
      checksum?.update(chunk)
      batch.push(chunk)
      batched += chunk.byteLength
      if (batched >= batchBytes) await flush()
      if (checksum === undefined && isTimeToSync()) {
        await syncing
        await flush()
        sync(written, false)
      }
    }
    checksum?.verify()
  } catch (error) {
    // A line that broke: what came counts. Where a checksum was promised, nothing does; the next one cuts it off, who knows what others wrote since.
    if (checksum === undefined) await settle()
    throw error
  }
  await settle()
  return written
}

/**
 * Gives the memory of a chunk back at once. Left to the collector, each 20 MiB of an upload cost a pass over the whole heap, which took longer than
 * the upload itself.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  // A part of a larger buffer is somebody else's too.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength >= ownBufferBytes)
    buffer.transfer(0)
}

/** The disk may take less than it was given. */
async function writeAll(file: FileHandle, chunks: Uint8Array[], position: number): Promise<number> {
  const total = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const { bytesWritten } = await file.writev(chunks, position)
  if (bytesWritten === total) return total
  const whole = Buffer.concat(chunks)
  for (let done = bytesWritten; done < total; )
    done += (await file.write(whole, done, total - done, position + done)).bytesWritten
  return total
}
