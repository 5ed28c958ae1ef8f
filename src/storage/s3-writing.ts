import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { StoredFile } from './storage.ts'

export interface Bucket {
  client: S3Client
  /** Where a name lies. */
  at(name: string): { Bucket: string; Key: string }
}

/** Of these the service keeps one in memory for each file that comes in; S3 wants 5 MiB at least and takes 10,000 of them. */
export const partBytes = 8 * 1024 * 1024
const maxParts = 10_000

/** Small files in one request, large ones in parts; a name stands for the whole or for nothing. */
export async function writeObject(
  bucket: Bucket,
  name: string,
  source: Readable | AsyncIterable<Uint8Array>,
  expectedBytes = 0,
): Promise<StoredFile> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const size = Math.max(partBytes, Math.ceil(expectedBytes / maxParts))
  const parts = piecesOf(source, size)[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await parts.next()
    if (done === true) return undefined
    hash.update(value)
    sizeBytes += value.byteLength
    return value
  }
  const first = (await next()) ?? Buffer.alloc(0)
  const second = first.byteLength < size ? undefined : await next()
  if (second === undefined) await bucket.client.send(new PutObjectCommand({ ...bucket.at(name), Body: first }))
  else await writeParts(bucket, name, [first, second], next)
  return { sha256: hash.digest('hex'), sizeBytes }
}

async function writeParts(
  { client, at }: Bucket,
  name: string,
  begun: Uint8Array[],
  next: () => Promise<Uint8Array | undefined>,
): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at(name)))
  const Parts: { PartNumber: number; ETag: string | undefined }[] = []
  const send = async (Body: Uint8Array) => {
    const PartNumber = Parts.length + 1
    const { ETag } = await client.send(new UploadPartCommand({ ...at(name), UploadId, PartNumber, Body }))
    Parts.push({ PartNumber, ETag })
  }
  try {
    for (const piece of begun) await send(piece)
    for (let piece = await next(); piece !== undefined; piece = await next()) await send(piece)
    await client.send(new CompleteMultipartUploadCommand({ ...at(name), UploadId, MultipartUpload: { Parts } }))
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand({ ...at(name), UploadId })).catch(() => {})
    throw error
  }
}

/** The same bytes in pieces of one size; the last one may be smaller. */
export async function* piecesOf(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = []
  let gathered = 0
  for await (let chunk of source) {
    while (gathered + chunk.byteLength >= size) {
      const taken = size - gathered
      chunks.push(chunk.subarray(0, taken))
      yield Buffer.concat(chunks)
      chunks = []
      gathered = 0
      chunk = chunk.subarray(taken)
    }
    if (chunk.byteLength > 0) {
      chunks.push(chunk)
      gathered += chunk.byteLength
    }
  }
  if (gathered > 0) yield Buffer.concat(chunks)
}
