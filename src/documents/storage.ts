import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, constants, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'

export interface StoredFile {
  sha256: string
  sizeBytes: number
}

/** Files by their SHA-256. The name a person gave a file is a column, never a path. */
export interface FileStorage {
  /** Takes the bytes in; `inspect` sees the whole file before it is kept and may refuse it by throwing. */
  put(source: Readable, inspect?: (path: string) => Promise<void>): Promise<StoredFile>
  /** The bytes of a stored file, or undefined when there is none. */
  read(sha256: string): Promise<{ stream: Readable; sizeBytes: number } | undefined>
  /** Throws when nothing can be written. */
  check(): Promise<void>
}

export function fileStorage(directory: string): FileStorage {
  const incoming = join(directory, 'incoming')
  const pathOf = (sha256: string) => join(directory, sha256.slice(0, 2), sha256)
  return {
    async put(source, inspect) {
      await mkdir(incoming, { recursive: true, mode: 0o700 })
      const temporary = join(incoming, randomUUID())
      try {
        const stored = await writeDurably(source, temporary)
        await inspect?.(temporary)
        const path = pathOf(stored.sha256)
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        await rename(temporary, path)
        await syncDirectory(dirname(path))
        return stored
      } finally {
        await rm(temporary, { force: true })
      }
    },
    async read(sha256) {
      const path = pathOf(sha256)
      const found = await stat(path).catch(() => undefined)
      return found === undefined ? undefined : { stream: createReadStream(path), sizeBytes: found.size }
    },
    async check() {
      await mkdir(incoming, { recursive: true, mode: 0o700 })
      await access(incoming, constants.W_OK)
    },
  }
}

/** Writes and syncs, so that a row that names the file is never ahead of its bytes. */
async function writeDurably(source: Readable, path: string): Promise<StoredFile> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of source) {
      hash.update(chunk)
      sizeBytes += chunk.length
      await file.write(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { sha256: hash.digest('hex'), sizeBytes }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
