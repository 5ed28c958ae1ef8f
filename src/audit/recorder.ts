import { setImmediate as turn } from 'node:timers/promises'
import type { Db } from '../db/database.ts'
import { isUnavailable } from '../http/problems.ts'
import { type AuditEntry, insertEntries } from './queries.ts'

interface Waiting {
  entry: AuditEntry
  resolve: () => void
  reject: (error: unknown) => void
}

const batchSize = 500

/** Settled when the entry is stored for good. What comes while one statement is under way goes into the next: one commit for all of them. */
export type RecordEntry = (entry: AuditEntry) => Promise<void>

export function recorder(db: Db): RecordEntry {
  let waiting: Waiting[] = []
  let isBusy = false

  const work = async () => {
    isBusy = true
    // Requests that end in the same turn belong together.
    await turn()
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize)
      waiting = waiting.slice(batchSize)
      await store(db, batch)
    }
    isBusy = false
  }
  return (entry) =>
    new Promise((resolve, reject) => {
      waiting.push({ entry, resolve, reject })
      if (!isBusy) void work()
    })
}

async function store(db: Db, batch: Waiting[]): Promise<void> {
  try {
    await insertEntries(
      db,
      batch.map(({ entry }) => entry),
    )
    for (const { resolve } of batch) resolve()
  } catch (error) {
    // One entry that cannot be stored must not take its neighbours with it.
    if (batch.length > 1 && !isUnavailable(error)) for (const one of batch) await store(db, [one])
    else for (const { reject } of batch) reject(error)
  }
}
