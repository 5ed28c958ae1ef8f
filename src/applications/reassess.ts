import type { Tx } from '../db/database.ts'
import { assessAndKeep } from './assessing.ts'
import { loadTerms } from './judge.ts'
import { listSubmittedIds, listSubmittedIdsByEmail, listSubmittedIdsElsewhere, lockApplication } from './queries.ts'

export interface Reassessment {
  preSession: number
  /** Null: those that stand under no country of the round, for whom the round's own deadline holds. */
  iso3: string | null
  /** Old and new closing instant: what was received from the one until before the other becomes timely. */
  from: string
  to: string
  now: string
  actor: string
  cause: string
}

/**
 * R6: after a deadline moved, every submitted application of the country is judged by the new one, all alike, in the same transaction.
 * Answers how many were received between the old and the new end.
 */
export async function reassessReceived(
  tx: Tx,
  { preSession, iso3, from, to, now, actor, cause }: Reassessment,
): Promise<number> {
  const between = (instant: string) => Date.parse(instant) >= Date.parse(from) && Date.parse(instant) < Date.parse(to)
  const ids =
    iso3 === null ? await listSubmittedIdsElsewhere(tx, preSession) : await listSubmittedIds(tx, preSession, iso3)
  const receipts = await reassessAll(tx, ids, { preSession, iso3, now, actor, cause })
  return receipts.filter(between).length
}

export interface ApplicantReassessment {
  preSession: number
  iso3: string
  email: string
  now: string
  actor: string
}

/** R7: after a waiver, that applicant's applications are judged by it. Answers how many there are. */
export async function reassessApplicant(
  tx: Tx,
  { preSession, iso3, email, now, actor }: ApplicantReassessment,
): Promise<number> {
  const ids = await listSubmittedIdsByEmail(tx, preSession, iso3, email.toLowerCase())
  const receipts = await reassessAll(tx, ids, { preSession, iso3, now, actor, cause: 'deadlineWaiver' })
  return receipts.length
}

interface Common {
  preSession: number
  iso3: string | null
  now: string
  actor: string
  cause: string
}

async function reassessAll(
  tx: Tx,
  ids: { id: string }[],
  { preSession, iso3, now, actor, cause }: Common,
): Promise<string[]> {
  const terms = await loadTerms(tx, preSession, iso3 ?? undefined, { lock: true })
  const receipts: string[] = []
  for (const { id } of ids) {
    const row = await lockApplication(tx, id)
    if (row?.status !== 'submitted') continue
    const { receipt } = await assessAndKeep(tx, row, { terms, now, actor, cause })
    receipts.push(receipt.receivedAt)
  }
  return receipts
}
