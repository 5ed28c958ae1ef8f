import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { awaitsScan } from '../domain/scan.ts'
import type { VideoScan } from '../domain/video.ts'
import { appendHistory } from '../history/queries.ts'
import { enqueue } from '../jobs/queue.ts'
import type { Task } from '../jobs/worker.ts'
import { createScanner, type MalwareScanner, toScan } from '../malware/scanner.ts'
import { eraseFiles } from './erasing.ts'
import { type DocumentRow, findDocumentById, holdRoundOf, lockDocument, updateDocument } from './queries-shown.ts'

export const enqueueScan = (tx: Tx, documentId: string, delaySeconds = 0): Promise<void> =>
  enqueue(tx, 'document-scan', { documentId }, { jobKey: `document-scan-${documentId}`, delaySeconds })

/** R25: every document is scanned, whoever it is for. A scanner that was away is asked again by the queue. May run twice. */
async function scanDocument(deps: Deps, scanner: MalwareScanner, id: string, signal?: AbortSignal): Promise<void> {
  const row = await findDocumentById(deps.db, id)
  if (row === undefined || row.status !== 'stored' || row.sha256 === null || isSettled(row.scan)) return
  const verdict = await deps.storage.withLocalFile(row.sha256, (path) => scanner.scan(path, signal))
  if (verdict === undefined) return
  const scan = toScan(verdict)
  await deps.db.transaction().execute((tx) => saveScan(tx, row, scan, deps.clock.now()))
  if (awaitsScan(scan)) throw new Error(`The scanner does not answer (${scan.reason}).`)
}

/** What was looked at, or never can be, is not looked at again. */
const isSettled = (scan: VideoScan | null): boolean =>
  scan !== null && !awaitsScan(scan) && scan.reason !== 'notConfigured'

/** What is found takes the copy away from everybody, whatever was decided of the document. */
export async function saveScan(
  tx: Tx,
  { id, application_id, sha256 }: DocumentRow,
  scan: VideoScan,
  at: string,
): Promise<void> {
  const preSession = await holdRoundOf(tx, application_id)
  const row = await lockDocument(tx, id)
  // Erased, replaced or looked at meanwhile.
  if (preSession === undefined || row === undefined || row.sha256 !== sha256 || isSettled(row.scan)) return
  if (scan.status !== 'infected') {
    await updateDocument(tx, id, { scan: JSON.stringify(scan) })
    return
  }
  const none = { copy_sha256: null, copy_size_bytes: null, copy_failure: 'infected' }
  await updateDocument(tx, id, { scan: JSON.stringify(scan), ...(row.review_status !== null && none) })
  if (row.copy_sha256 !== null) await eraseFiles(tx, [row.copy_sha256], at)
  await appendHistory(tx, {
    preSession,
    applicationId: row.application_id,
    action: 'application.documentInfected',
    at,
    actor: 'system',
    details: { documentId: id, kind: row.kind },
  })
}

export function scanTasks(deps: Deps): Record<string, Task> {
  const scanner = createScanner(deps.config.clamd)
  return {
    'document-scan': (payload, signal) =>
      scanDocument(deps, scanner, (payload as { documentId: string }).documentId, signal),
  }
}
