import type { Deps } from '../deps.ts'
import { findUnnamed, requestRemoval } from './queries-sweep.ts'

const batch = 500

/**
 * Puts on the list of removals what lies in the storage, stored before this instant of real time, and belongs to no row. A name is a row's before
 * the first byte lies under it, so what has no row now will have none: an upload in progress and a job under way are known by theirs.
 */
export async function sweepVideos({ db, storage }: Pick<Deps, 'db' | 'storage'>, before: number): Promise<number> {
  let swept = 0
  let keys: string[] = []
  const judge = async () => {
    const unnamed = await findUnnamed(db, keys)
    keys = []
    swept += unnamed.length
    await requestRemoval(db, unnamed)
  }
  for await (const { key, storedAt } of storage.listNamed('videos')) {
    if (storedAt >= before) continue
    keys.push(key)
    if (keys.length >= batch) await judge()
  }
  await judge()
  return swept
}
