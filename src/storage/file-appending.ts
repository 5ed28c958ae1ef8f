import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { asFull, syncDirectory } from './durable.ts'
import { type AppendableFiles, type AppendingInput, ShorterThanKnownError } from './storage.ts'

/** Chunks of a socket are small; so many bytes are written at once. */
const batchBytes = 1024 * 1024
/** So often what came is synced and told: a killed process costs its client no more than this. */
const syncEveryBytes = 16 * 1024 * 1024

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
    let sizeBytes = 0
    for await (const chunk of createReadStream(pathOf(key), { highWaterMark: batchBytes })) {
      hash.update(chunk)
      sizeBytes += chunk.length
    }
    return { sha256: hash.digest('hex'), sizeBytes }
  },
  async discard(key) {
    await rm(pathOf(key), { force: true })
  },
})

/** What lies behind the offset was never told to be kept, and is cut off. */
async function openAt(path: string, offset: number): Promise<FileHandle> {
  if (offset === 0) await mkdir(dirname(path), { recursive: true, mode: 0o700 })
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
  let batch: Uint8Array[] = []
  let batched = 0
  const flush = async () => {
    if (batched === 0) return
    const chunks = batch
    batch = []
    batched = 0
    written += await writeAll(file, chunks, written)
  }
  /** At most one sync at a time, beside the writing. */
  let syncing: Promise<void> = Promise.resolve()
  const sync = (upTo: number) => {
    synced = upTo
    syncing = file.datasync().then(() => keep({ offset: upTo, state }))
    // Seen where it is awaited.
    syncing.catch(() => {})
  }
  const settle = async () => {
    await syncing
    await flush()
    if (written > synced) sync(written)
    await syncing
  }
  try {
    for await (const chunk of source) {
      checksum?.update(chunk)
      batch.push(chunk)
      batched += chunk.byteLength
      if (batched >= batchBytes) await flush()
      if (checksum === undefined && written - synced >= syncEveryBytes) {
        await syncing
        sync(written)
      }
    }
    checksum?.verify()
  } catch (error) {
    // A line that broke: what came counts. Where a checksum was promised, nothing does.
    if (checksum === undefined) await settle()
    else await file.truncate(offset)
    throw error
  }
  await settle()
  return written
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
