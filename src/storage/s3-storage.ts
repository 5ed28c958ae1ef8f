import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
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
import { abortUnfinished } from './s3-unfinished.ts'
import { type Bucket, writeObject } from './s3-writing.ts'
import { documentAt, type FileStorage, locationOf, namedAt } from './storage.ts'
import { withWorkspace } from './workspace.ts'

/** Objects in a bucket of a service that speaks S3. */
export function s3Storage(config: S3Config): FileStorage {
  const bucket = bucketOf(config)
  const { client, at } = bucket
  /** A place on this machine for as long as the work takes. */
  const withTemporary = <T>(work: (path: string) => Promise<T>) =>
    withWorkspace(config.dataDir, (folder) => work(join(folder, 'file')))

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
      for await (const { name, storedAt } of listObjects(bucket, '')) {
        const sha256 = documentAt(name)
        if (sha256 !== undefined) yield { sha256, storedAt }
      }
    },
    async *listNamed(folder) {
      for await (const { name, storedAt } of listObjects(bucket, `${folder}/`)) {
        const key = namedAt(name)
        if (key !== undefined) yield { key, storedAt }
      }
    },
    // An object is there as a whole or not at all, but for the parts of one that was being put together.
    removeUnfinished: (before) => abortUnfinished(bucket, before),
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

async function* listObjects({ client, at }: Bucket, prefix: string) {
  const { Bucket, Key: Prefix } = at(prefix)
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix }))
    for (const { Key, LastModified } of Contents)
      if (Key !== undefined)
        yield {
          name: prefix + Key.slice(Prefix.length),
          storedAt: LastModified?.getTime() ?? Number.POSITIVE_INFINITY,
        }
}

const listNames = async (bucket: Bucket, prefix: string): Promise<string[]> =>
  (await Array.fromAsync(listObjects(bucket, prefix))).map(({ name }) => name)

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
