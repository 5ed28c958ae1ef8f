import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'
import type { S3Config } from '../config.ts'
import { segmentedFiles } from './s3-appending.ts'
import { type Bucket, writeObject } from './s3-writing.ts'
import { documentAt, type FileStorage, locationOf } from './storage.ts'

/** Objects in a bucket of a service that speaks S3. */
export function s3Storage(config: S3Config): FileStorage {
  const bucket = bucketOf(config)
  const { client, at } = bucket

  const read: FileStorage['read'] = async (key, range) => {
    const Range = range === undefined ? undefined : `bytes=${range.start}-${range.end}`
    const found = await client.send(new GetObjectCommand({ ...at(locationOf(key)), Range })).catch(undefinedIfMissing)
    if (found === undefined) return undefined
    const total = /\/(\d+)$/.exec(found.ContentRange ?? '')?.[1]
    return { stream: found.Body as Readable, sizeBytes: Number(total ?? found.ContentLength ?? 0) }
  }

  return {
    async put(source, inspect) {
      return withTemporary(async (path) => {
        const { hash, counted } = counting()
        await pipeline(source, counted, createWriteStream(path, { mode: 0o600 }))
        const sha256 = hash.digest('hex')
        await inspect?.(path)
        const { sizeBytes } = await writeObject(bucket, locationOf(sha256), createReadStream(path))
        return { sha256, sizeBytes }
      })
    },
    write: (key, source) => writeObject(bucket, locationOf(key), source),
    read,
    async withLocalFile(key, work) {
      const found = await read(key)
      if (found === undefined) return undefined
      return withTemporary(async (path) => {
        await pipeline(found.stream, createWriteStream(path, { mode: 0o600 }))
        return work(path)
      })
    },
    async has(key) {
      const found = await client.send(new HeadObjectCommand(at(locationOf(key)))).catch(undefinedIfMissing)
      return found !== undefined
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand(at(locationOf(key))))
    },
    async *listDocuments() {
      const { Bucket, Key: Prefix } = at('')
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix }))
        for (const { Key = '', LastModified } of Contents) {
          const sha256 = documentAt(Key.slice(Prefix.length))
          if (sha256 !== undefined) yield { sha256, storedAt: LastModified?.getTime() ?? Number.POSITIVE_INFINITY }
        }
    },
    // An object is there as a whole or not at all.
    removeUnfinished: async () => 0,
    appendable: segmentedFiles(bucket, {
      read: async (name) => (await client.send(new GetObjectCommand(at(name)))).Body as Readable,
      sizeOf: async (name) =>
        (await client.send(new HeadObjectCommand(at(name))).catch(undefinedIfMissing))?.ContentLength,
      list: (prefix) => listNames(bucket, prefix),
      remove: async (name) => {
        await client.send(new DeleteObjectCommand(at(name)))
      },
    }),
    async check() {
      await client.send(new HeadBucketCommand({ Bucket: config.bucket }))
    },
  }
}

function bucketOf({ bucket, prefix, endpoint, region, credentials }: S3Config): Bucket {
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials !== undefined && { credentials }),
    // Services other than Amazon's know no trailing checksums; the whole is compared by its SHA-256.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  })
  return { client, at: (name) => ({ Bucket: bucket, Key: `${prefix}${name}` }) }
}

async function listNames({ client, at }: Bucket, prefix: string): Promise<string[]> {
  const { Bucket, Key: Prefix } = at(prefix)
  const names: string[] = []
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix }))
    for (const { Key } of Contents) if (Key !== undefined) names.push(prefix + Key.slice(Prefix.length))
  return names
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof NoSuchKey || error instanceof NotFound) return undefined
  throw error
}

function counting() {
  const hash = createHash('sha256')
  const counted = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  return { hash, counted }
}

/** A place on this machine for as long as the work takes. */
async function withTemporary<T>(work: (path: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'pre-sessions-'))
  try {
    return await work(join(directory, randomUUID()))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
