import type { Tx } from '../db/database.ts'
import { eraseFiles } from '../documents/erasing.ts'
import { appendHistories } from '../history/queries.ts'
import type { Counts, Intake, IntakeFinding } from './intake.ts'
import type { ConcernedRow } from './queries.ts'
import * as queries from './queries-erasure.ts'

interface Erasing {
  intake: Intake
  /** The submissions that the applications were made of, and what else is to go with them. */
  found: IntakeFinding
  at: string
  actor: string
  /** Why, in the history: `request` of the person, or `retention`. */
  cause: 'request' | 'retention'
  reason?: string | undefined
}

/**
 * Erases applications that are locked, with their versions, documents, files, submissions and kept answers. What is counted stays, without a way back to the
 * person; the history keeps what happened and when.
 */
export async function eraseApplications(
  tx: Tx,
  applications: readonly Pick<ConcernedRow, 'id' | 'pre_session' | 'country'>[],
  { intake, found, at, actor, cause, reason }: Erasing,
): Promise<Counts> {
  const ids = applications.map(({ id }) => id)
  const files = await queries.listFilesOf(tx, ids)
  const counts = await queries.countOfApplications(tx, ids)
  await eraseFiles(tx, files, at)
  await queries.insertStatistics(tx, ids)
  // Waits for whoever holds something that hangs on them and tells of it; so histories come after.
  await queries.deleteApplications(tx, ids)
  await queries.emptyHistories(tx, ids)
  await queries.emptyConsents(tx, ids)
  const ofIntake = await intake.erase(tx, found, at)
  await appendHistories(
    tx,
    applications.map(({ id, pre_session: preSession, country }) => ({
      preSession,
      applicationId: id,
      action: 'application.erased',
      at,
      actor,
      reason,
      details: { cause, ...(country !== null && { iso3: country }) },
    })),
  )
  return { applications: ids.length, ...counts, files: files.length, ...ofIntake }
}
