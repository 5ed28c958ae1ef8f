import { createHash, randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { type Bucket, partBytes, writeObject } from './s3-writing.ts'
import {
  type AppendableFiles,
  type AppendingInput,
  type AppendState,
  locationOf,
  ShorterThanKnownError,
  type StoredFile,
} from './storage.ts'

/** One piece of an unfinished file: an object of its own, since an object cannot grow. */
interface Segment {
  name: string
  bytes: number
}

interface Objects {
  read(name: string): Promise<Readable>
  /** Undefined when there is none. */
  sizeOf(name: string): Promise<number | undefined>
  list(prefix: string): Promise<string[]>
  remove(name: string): Promise<void>
}

const segmentsIn = (state: AppendState): Segment[] => (state.segments as Segment[] | undefined) ?? []

/**
 * What comes is kept in objects of at most one part's size, each told only once it is stored, and put together when all is here. Parts of S3's own
 * kind of upload must have 5 MiB, so what a broken line leaves would have to be fetched and written again with every new try.
 */
export const segmentedFiles = (bucket: Bucket, objects: Objects): AppendableFiles => ({
  append: (key, input) => appendSegments(bucket, { location: locationOf(key), remove: objects.remove }, input),
  async finish(key, state) {
    const location = locationOf(key)
    const segments = segmentsIn(state)
    const total = sumOf(segments)
    // An earlier try may have come as far as this.
    const isWhole = (await objects.sizeOf(location)) === total
    const stored = isWhole
      ? await digestOf(await objects.read(location))
      : await writeObject(bucket, location, contentOf(segments, objects), total)
    await removeAll(objects, `${location}.`)
    return stored
  },
  async discard(key) {
    const location = locationOf(key)
    // Whatever lies there, told or not.
    await removeAll(objects, `${location}.`)
    await objects.remove(location)
  },
})

async function removeAll({ list, remove }: Objects, prefix: string): Promise<void> {
  for (const name of await list(prefix)) await remove(name)
}

async function digestOf(source: Readable): Promise<StoredFile> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of source) {
    hash.update(chunk)
    sizeBytes += chunk.length
  }
  return { sha256: hash.digest('hex'), sizeBytes }
}

async function* contentOf(segments: Segment[], { read, sizeOf }: Objects): AsyncGenerator<Uint8Array> {
  let offset = 0
  for (const { name, bytes } of segments) {
    if ((await sizeOf(name)) !== bytes) throw new ShorterThanKnownError(offset)
    yield* await read(name)
    offset += bytes
  }
}

async function appendSegments(
  bucket: Bucket,
  { location, remove }: { location: string; remove: Objects['remove'] },
  input: AppendingInput,
): Promise<number> {
  const { source, checksum, keep } = input
  let { offset } = input
  let segments = segmentsIn(input.state)
  /** Stored and not told yet. */
  let pending: Segment[] = []
  let chunks: Uint8Array[] = []
  let gathered = 0
  const store = async () => {
    if (gathered === 0) return
    const piece = Buffer.concat(chunks)
    chunks = []
    gathered = 0
    // A name of its own for each try: what an earlier holder still writes is nobody's piece.
    const name = `${location}.${offset + sumOf(pending)}.${randomBytes(6).toString('hex')}`
    await bucket.client.send(new PutObjectCommand({ ...bucket.at(name), Body: piece }))
    pending.push({ name, bytes: piece.byteLength })
  }
  const tell = async (isLast: boolean) => {
    if (pending.length === 0 && !(isLast && offset > input.offset)) return
    const names = pending.map(({ name }) => name)
    segments = [...segments, ...pending]
    offset += sumOf(pending)
    pending = []
    try {
      await keep({ offset, state: { segments } }, isLast)
    } catch (error) {
      // Nobody knows of them.
      for (const name of names) await remove(name).catch(() => {})
      throw error
    }
  }
  try {
    for await (const chunk of source) {
      checksum?.update(chunk)
      chunks.push(chunk)
      gathered += chunk.byteLength
      if (gathered < partBytes) continue
      await store()
      if (checksum === undefined) await tell(false)
    }
    checksum?.verify()
  } catch (error) {
    if (checksum === undefined) {
      await store()
      await tell(true)
    }
    throw error
  }
  await store()
  await tell(true)
  return offset
}

const sumOf = (segments: Segment[]): number => segments.reduce((sum, { bytes }) => sum + bytes, 0)
