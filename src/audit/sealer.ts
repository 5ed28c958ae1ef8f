import type { Deps } from '../deps.ts'
import { genesis, linkEntries } from './chain.ts'
import { findHead, hasUnsealed, insertSealed, listUnsealed, lockSealer } from './queries.ts'

const batchSize = 2_000

/**
 * Moves what was written into the chain and answers how many entries that were. Places are given in the order in which entries are seen:
 * an entry whose transaction commits late comes later in the chain, and nothing waits for it.
 */
export async function sealAudit({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  let sealed = 0
  let found = (await hasUnsealed(db)) ? batchSize : 0
  while (found === batchSize) {
    found = await sealBatch(db, clock.now())
    sealed += found
  }
  return sealed
}

function sealBatch(db: Deps['db'], now: string): Promise<number> {
  return db.transaction().execute(async (tx) => {
    if (!(await lockSealer(tx))) return 0
    const entries = await listUnsealed(tx, batchSize)
    if (entries.length === 0) return 0
    const head = (await findHead(tx)) ?? { seq: 0, hash: genesis }
    await insertSealed(tx, linkEntries(head, entries, now), now)
    return entries.length
  })
}
