import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { enqueue } from '../jobs/queue.ts'
import type { Task, Tick } from '../jobs/worker.ts'
import { deleteWantedFile, holdFile, isFileNamed, listWantedFiles, lockFile, wantFilesErased } from './queries.ts'

const tickMs = 60_000

/** Before a row names a stored file: it stays from now on, or it is said that it was just erased and must be sent again. */
export async function keepFile(tx: Tx, { storage }: Pick<Deps, 'storage'>, sha256: string): Promise<void> {
  await holdFile(tx, sha256)
  if (!(await storage.has(sha256))) throw new AppError('unavailable', { headers: { 'retry-after': '1' } })
}

/** Files go as soon as the change that wants it is committed. Those that another row names stay. */
export async function eraseFiles(tx: Tx, files: readonly string[], at: string): Promise<void> {
  if (files.length === 0) return
  await wantFilesErased(tx, files, at)
  await enqueue(tx, 'erase-files', {}, { jobKey: 'erase-files' })
}

/** Removes what is wanted gone, one file at a time; what cannot be removed now is tried again. */
export async function eraseWantedFiles({ db, storage, log }: Deps): Promise<void> {
  let failure: unknown
  for (const sha256 of await listWantedFiles(db)) {
    try {
      await db.transaction().execute(async (tx) => {
        await lockFile(tx, sha256)
        if (!(await isFileNamed(tx, sha256))) await storage.remove(sha256)
        await deleteWantedFile(tx, sha256)
      })
    } catch (error) {
      failure = error
    }
  }
  if (failure === undefined) return
  log.warn({ err: failure }, 'a file could not be erased yet')
  throw new Error('Not every file that is to be erased is gone yet.')
}

export const documentTasks = (deps: Deps): Record<string, Task> => ({ 'erase-files': () => eraseWantedFiles(deps) })

/** Where the queue has given up, the clock does not. */
export const documentTicks = (deps: Deps): Tick[] => [
  { name: 'erase-files', everyMs: tickMs, run: () => eraseWantedFiles(deps) },
]
