import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
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

/** The directory is there, and stays there with what is put into it. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

/** A full disk and a full quota are the same to whoever sends. */
export const asFull = (error: unknown): unknown =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException)?.code ?? '')
    ? new StorageFullError('No space is left.', { cause: error })
    : error
