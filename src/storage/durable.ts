import { open } from 'node:fs/promises'
import { StorageFullError } from './storage.ts'

/** A new name survives a loss of power only once its directory is synced. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** A full disk and a full quota are the same to whoever sends. */
export const asFull = (error: unknown): unknown =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException)?.code ?? '')
    ? new StorageFullError('No space is left.', { cause: error })
    : error
