import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, constants, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { asFull, makeDirectory, syncDirectory } from './durable.ts'
import { appendableFiles } from './file-appending.ts'
import { documentAt, type FileStorage, locationOf, namedAt, type StoredFile } from './storage.ts'

/** Files in a directory that all replicas share. */
export function fileStorage(directory: string): FileStorage {
  const incoming = join(directory, 'incoming')
  const pathOf = (key: string) => join(directory, locationOf(key))

  /** Written and synced apart, then moved: a name never stands for half a file. */
  const take = async (
    source: Readable,
    { keyOf, inspect }: { keyOf: (file: StoredFile) => string; inspect?: (path: string) => Promise<void> },
  ) => {
    await mkdir(incoming, { recursive: true, mode: 0o700 })
    const temporary = join(incoming, randomUUID())
    try {
      const stored = await writeDurably(source, temporary)
      await inspect?.(temporary)
      const path = pathOf(keyOf(stored))
      await makeDirectory(dirname(path))
      await rename(temporary, path)
      await syncDirectory(dirname(path))
      return stored
    } catch (error) {
      throw asFull(error)
    } finally {
      await rm(temporary, { force: true })
    }
  }

  return {
    put: (source, inspect) => take(source, { keyOf: ({ sha256 }) => sha256, ...(inspect && { inspect }) }),
    write: (key, source) => take(source, { keyOf: () => key }),
    async read(key, range) {
      const path = pathOf(key)
      const found = await statOf(path)
      return found === undefined ? undefined : { stream: createReadStream(path, range), sizeBytes: found.size }
    },
    async withLocalFile(key, work) {
      const path = pathOf(key)
      return (await statOf(path)) === undefined ? undefined : work(path)
    },
    has: async (key) => (await statOf(pathOf(key))) !== undefined,
    async remove(key) {
      const path = pathOf(key)
      await rm(path, { force: true })
      // Gone for good only once the directory says so; one that was never made holds nothing.
      await syncDirectory(dirname(path)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    },
    async *listDocuments() {
      for (const folder of await namesIn(directory)) {
        if (folder.length !== 2) continue
        for (const name of await namesIn(join(directory, folder))) {
          const sha256 = documentAt(`${folder}/${name}`)
          const found = sha256 === undefined ? undefined : await statOf(join(directory, folder, name))
          if (sha256 !== undefined && found !== undefined) yield { sha256, storedAt: found.mtimeMs }
        }
      }
    },
    async *listNamed(folder) {
      for (const name of await namesIn(join(directory, folder))) {
        const key = namedAt(`${folder}/${name}`)
        const found = key === undefined ? undefined : await statOf(pathOf(key))
        if (key !== undefined && found !== undefined) yield { key, storedAt: found.mtimeMs }
      }
    },
    async removeUnfinished(before) {
      let removed = 0
      for (const name of await namesIn(incoming)) {
        const found = await statOf(join(incoming, name))
        if (found === undefined || found.mtimeMs >= before) continue
        await rm(join(incoming, name), { force: true })
        removed += 1
      }
      return removed
    },
    appendable: appendableFiles(pathOf),
    async check() {
      await mkdir(incoming, { recursive: true, mode: 0o700 })
      await access(incoming, constants.W_OK)
    },
  }
}

/** Undefined where there is no such file; any other trouble is trouble of the storage. */
const statOf = (path: string) =>
  stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

const namesIn = (directory: string): Promise<string[]> =>
  readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })

/** Writes and syncs, so that a row that names the file is never ahead of its bytes. */
async function writeDurably(source: Readable, path: string): Promise<StoredFile> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of source) {
      hash.update(chunk)
      sizeBytes += chunk.length
      await file.writeFile(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { sha256: hash.digest('hex'), sizeBytes }
}
