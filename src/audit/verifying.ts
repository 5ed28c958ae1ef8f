import type { Db } from '../db/database.ts'
import { type ChainFault, chainVerifier } from './chain.ts'
import { countUnsealed, listChain } from './queries.ts'

export interface Verdict {
  faults: ChainFault[]
  head: { seq: number; hash: string }
  unsealed: { count: number; oldest: string | null }
}

const pageSize = 5_000

/** Walks the whole chain as it stands at one instant. `expected` is a head that was read earlier and kept elsewhere. */
export function verifyAudit(db: Db, expected?: { seq: number; hash: string }): Promise<Verdict> {
  const snapshot = db.transaction().setIsolationLevel('repeatable read')
  return snapshot.execute(async (tx) => {
    const verifier = chainVerifier(expected)
    let after = 0
    for (;;) {
      const rows = await listChain(tx, after, pageSize)
      for (const row of rows) verifier.take(row)
      after = rows.at(-1)?.seq ?? after
      if (rows.length < pageSize) break
    }
    return { ...verifier.finish(), unsealed: await countUnsealed(tx) }
  })
}

/** One line per fault, with its position. */
export function sayFault(fault: ChainFault): string {
  switch (fault.kind) {
    case 'changed':
      return `${fault.seq}: the entry was changed`
    case 'removed':
      return fault.to === fault.seq
        ? `${fault.seq}: the entry was removed`
        : `${fault.seq}–${fault.to}: these entries were removed`
    case 'swapped':
      return `${fault.seq}: the entry and that at ${fault.with} changed places`
    case 'rewritten':
      return `${fault.seq}: the entry was written anew with its hash, perhaps with those before it`
    case 'truncated':
      return `${fault.seq}–${fault.to}: the end of the log was cut off`
  }
}
