import type { Readable } from 'node:stream'
import type { StorageConfig } from '../config.ts'

export interface StoredFile {
  sha256: string
  sizeBytes: number
}

/** Both ends included, as HTTP counts. */
export interface ByteRange {
  start: number
  end: number
}

export interface Content {
  stream: Readable
  /** Of the whole file, whatever part was asked for. */
  sizeBytes: number
}

/** What the storage itself needs to go on with an unfinished file; kept beside the row, so that any replica can. */
export type AppendState = Record<string, unknown>

export interface Progress {
  /** So many bytes are surely kept. */
  offset: number
  state: AppendState
}

/** Files that come in pieces, over days and through several replicas. */
export interface AppendableFiles {
  /** Appends what comes; what came before an interruption is kept and told before it throws. Answers the new offset. */
  append(key: string, appending: AppendingInput): Promise<number>
  /** Reads the whole, and makes it one file where it was kept in pieces. May be repeated. */
  finish(key: string, state: AppendState): Promise<StoredFile>
  /** Removes whatever there is of it. May be repeated. */
  discard(key: string, state: AppendState): Promise<void>
}

export interface AppendingInput extends Progress {
  source: AsyncIterable<Uint8Array>
  /** With it, all of this request or nothing: called with everything that came, before any of it is kept; throws to refuse it. */
  checksum?: Checksum | undefined
  /**
   * Writes down how far it is; throws where somebody else has taken over. The last one of a request is what its client is told, and must survive
   * whatever happens then; one before may be lost.
   */
  keep(progress: Progress, isLast: boolean): Promise<void>
}

export interface Checksum {
  update(chunk: Uint8Array): void
  /** Throws where the bytes are not those that were announced. */
  verify(): void
}

/** Documents by the SHA-256 of their content, everything else by a name that the service makes. What a person called a file is a column, never a path. */
export interface FileStorage {
  /** Takes the bytes in under their SHA-256; `inspect` sees the whole file before it is kept and may refuse it by throwing. */
  put(source: Readable, inspect?: (path: string) => Promise<void>): Promise<StoredFile>
  /** Keeps the whole under this name, or nothing. */
  write(key: string, source: Readable): Promise<StoredFile>
  /** The bytes of a stored file, or undefined when there is none. */
  read(key: string, range?: ByteRange): Promise<Content | undefined>
  /** Gives a tool the file by a path of this machine, for as long as the work takes. Undefined when there is none. */
  withLocalFile<T>(key: string, work: (path: string) => Promise<T>): Promise<T | undefined>
  has(key: string): Promise<boolean>
  /** Nothing is there afterwards, whether or not there was before. */
  remove(key: string): Promise<void>
  /** Every file that lies under its SHA-256, with when it was stored, in milliseconds of real time. */
  listDocuments(): AsyncIterable<{ sha256: string; storedAt: number }>
  /** Every key in a folder of names that the service makes, such as `videos`; those of pieces of unfinished files too. */
  listNamed(folder: string): AsyncIterable<{ key: string; storedAt: number }>
  /** Removes what was coming in when a process died, older than this, in milliseconds of real time. Answers how many that were. */
  removeUnfinished(before: number): Promise<number>
  appendable: AppendableFiles
  /** Throws when nothing can be written. */
  check(): Promise<void>
}

/** No space is left: worth an answer of its own, since trying again at once is of no use. */
export class StorageFullError extends Error {
  override name = 'StorageFullError'
}

/** Fewer bytes are there than were known: the client is told where to go on from. */
export class ShorterThanKnownError extends Error {
  override name = 'ShorterThanKnownError'
  readonly offset: number
  constructor(offset: number) {
    super(`Only ${offset} bytes are there.`)
    this.offset = offset
  }
}

/** `file:` or `s3:`; the client of the latter is loaded only where it is used. */
export async function openStorage(config: StorageConfig): Promise<FileStorage> {
  if (config.kind === 's3') return (await import('./s3-storage.ts')).s3Storage(config)
  return (await import('./file-storage.ts')).fileStorage(config.directory)
}

const sha256 = /^[\da-f]{64}$/
/** A file, what is made of it, or a piece of it: whatever its suffix, it belongs to the name before the first dot. */
const named = /^[a-z]+\/[\w-]{16,100}(\.[a-z\d-]+){0,2}$/

/** The document that lies at a place below the root; undefined where it is something else. */
export function documentAt(location: string): string | undefined {
  const [folder = '', name = '', ...rest] = location.split('/')
  return rest.length === 0 && sha256.test(name) && name.startsWith(folder) && folder.length === 2 ? name : undefined
}

/** The key of a file that is no document; undefined where something else lies there. */
export const namedAt = (location: string): string | undefined => (named.test(location) ? location : undefined)

/** Where a key lies below the root: directories stay small, and nothing a person wrote can lead out of it. */
export function locationOf(key: string): string {
  if (sha256.test(key)) return `${key.slice(0, 2)}/${key}`
  if (named.test(key)) return key
  throw new Error('This is no key of the storage.')
}
