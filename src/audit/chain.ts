import { createHash } from 'node:crypto'

/** What the first entry follows. */
export const genesis = '0'.repeat(64)

/** An entry as it is hashed: instants to the microsecond, hashes in hexadecimal. */
export interface ChainContent {
  id: string
  at: string
  actor: string
  role: string
  action: string
  request_id: string | null
  remote: string | null
  method: string | null
  subject_kind: string | null
  subject_id: string | null
  pre_session: number | null
  country: string | null
  status: number | null
  history_id: string | null
  details: Record<string, unknown>
}

/** What is hashed beside the content. */
interface Sealing {
  seq: number
  prevHash: string
  sealedAt: string
}

export interface ChainRow extends ChainContent, Sealing {
  hash: string
}

/** The place of an entry in the chain. */
export interface Link {
  id: string
  seq: number
  prevHash: string
  hash: string
}

export const hexOf = (bytes: Buffer): string => bytes.toString('hex')

/** Keys in one order at every depth: jsonb keeps none. */
const sortKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** SHA-256 over the hash before it, the place, and everything the entry says. */
export function hashOfEntry(row: ChainContent & Sealing): string {
  const { seq, sealedAt, prevHash, id, at, actor, role, action, request_id, remote, method } = row
  const { subject_kind, subject_id, pre_session, country, status, history_id, details } = row
  const place = [seq, sealedAt, id, at, actor, role, action, request_id, remote, method]
  const text = JSON.stringify(
    [...place, subject_kind, subject_id, pre_session, country, status, history_id, details],
    sortKeys,
  )
  return createHash('sha256').update(Buffer.from(prevHash, 'hex')).update(text).digest('hex')
}

/** Puts entries behind the head, in the order given. */
export function linkEntries(head: { seq: number; hash: string }, entries: ChainContent[], sealedAt: string): Link[] {
  let { seq, hash } = head
  return entries.map((entry) => {
    seq += 1
    const prevHash = hash
    hash = hashOfEntry({ ...entry, seq, prevHash, sealedAt })
    return { id: entry.id, seq, prevHash, hash }
  })
}

export type ChainFault =
  | { kind: 'changed'; seq: number }
  | { kind: 'removed'; seq: number; to: number }
  | { kind: 'swapped'; seq: number; with: number }
  /** The entry is whole in itself and does not fit the next one: it was written anew with its hash. */
  | { kind: 'rewritten'; seq: number }
  | { kind: 'truncated'; seq: number; to: number }

/** Entries that were changed are compared with each other, to find those that changed places; beyond this many the log is lost anyway. */
const maxCompared = 200

/** Walks a chain row by row and tells what is wrong where. `expected` is a head that somebody else kept. */
export function chainVerifier(expected?: { seq: number; hash: string }) {
  const faults: ChainFault[] = []
  const broken: ChainRow[] = []
  let last = { seq: 0, hash: genesis, isWhole: true }

  return {
    take(row: ChainRow): void {
      const isWhole = hashOfEntry(row) === row.hash
      if (row.seq !== last.seq + 1) faults.push({ kind: 'removed', seq: last.seq + 1, to: row.seq - 1 })
      else if (isWhole && last.isWhole && row.prevHash !== last.hash) {
        faults.push({ kind: 'rewritten', seq: last.seq === 0 ? row.seq : last.seq })
      }
      if (!isWhole) broken.push(row)
      if (isWhole && expected?.seq === row.seq && expected.hash !== row.hash) {
        faults.push({ kind: 'rewritten', seq: row.seq })
      }
      last = { seq: row.seq, hash: row.hash, isWhole }
    },
    finish(): { faults: ChainFault[]; head: { seq: number; hash: string } } {
      if (expected !== undefined && last.seq < expected.seq) {
        faults.push({ kind: 'truncated', seq: last.seq + 1, to: expected.seq })
      }
      faults.push(...sortOut(broken))
      faults.sort((a, b) => a.seq - b.seq)
      return { faults, head: { seq: last.seq, hash: last.hash } }
    },
  }
}

/** Of the entries that do not fit their hash: which of them stand in each other's place. */
function sortOut(broken: ChainRow[]): ChainFault[] {
  const faults: ChainFault[] = []
  const explained = new Set<number>()
  for (const row of broken) {
    if (explained.has(row.seq)) continue
    const isOther = (one: ChainRow) => one.seq > row.seq && fits(row, one) && fits(one, row)
    const other = broken.length > maxCompared ? undefined : broken.find(isOther)
    if (other === undefined) faults.push({ kind: 'changed', seq: row.seq })
    else {
      explained.add(other.seq)
      faults.push({ kind: 'swapped', seq: row.seq, with: other.seq })
    }
  }
  return faults
}

/** Does the entry fit the other's place, with its own hashes (they moved along) or with those that stand there? */
const fits = (row: ChainRow, place: ChainRow): boolean =>
  hashOfEntry({ ...row, seq: place.seq }) === row.hash ||
  hashOfEntry({ ...row, seq: place.seq, prevHash: place.prevHash }) === place.hash
