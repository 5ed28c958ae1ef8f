import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { awaitsScan } from '../domain/scan.ts'
import type { VideoScan } from '../domain/video.ts'
import type { Task } from '../jobs/worker.ts'
import { createScanner, type MalwareScanner, toScan } from '../malware/scanner.ts'
import { stripPdfIsolated } from '../media/isolated.ts'
import type { StoredFile } from '../storage/storage.ts'
import { withWorkspace } from '../storage/workspace.ts'
import { eraseFiles, keepFile } from './erasing.ts'
import { type DocumentRow, findDocumentById, lockDocument, updateDocument } from './queries-shown.ts'
import { enqueueScan, saveScan } from './scans.ts'

const timeLimitSeconds = 60
const scanAgainSeconds = 300

type CopyFailure = 'infected' | 'notPdf' | 'encrypted' | 'unreadable'
type Copied = { scan: VideoScan } & ({ copy: StoredFile } | { failure: CopyFailure })

/** R25: scanned, and copied without metadata, before anybody else may see it. May run twice. */
async function copyDocument(deps: Deps, scanner: MalwareScanner, id: string, signal?: AbortSignal): Promise<void> {
  const row = await findDocumentById(deps.db, id)
  if (row?.review_status == null || row.sha256 === null || row.copy_sha256 !== null) return
  const copied = await deps.storage.withLocalFile(row.sha256, (path) => makeCopy(deps, scanner, { row, path, signal }))
  if (copied === undefined) return
  await deps.db.transaction().execute(async (tx) => {
    await saveScan(tx, row, copied.scan, deps.clock.now())
    if (awaitsScan(copied.scan)) await enqueueScan(tx, id, scanAgainSeconds)
    await saveCopy(deps, tx, row, copied)
  })
}

/** One that is not wanted any more goes: its document is gone, infected, or has its copy. */
async function saveCopy(deps: Deps, tx: Tx, { id, sha256 }: DocumentRow, copied: Copied): Promise<void> {
  const current = await lockDocument(tx, id)
  const isWanted = current?.sha256 === sha256 && current.scan?.status !== 'infected' && current.copy_sha256 === null
  if ('failure' in copied) {
    if (isWanted) await updateDocument(tx, id, { copy_failure: copied.failure })
    return
  }
  const { sha256: copy_sha256, sizeBytes: copy_size_bytes } = copied.copy
  await keepFile(tx, deps, copy_sha256)
  if (isWanted) await updateDocument(tx, id, { copy_sha256, copy_size_bytes, copy_failure: null })
  else await eraseFiles(tx, [copy_sha256], deps.clock.now())
}

interface Source {
  row: DocumentRow
  path: string
  signal: AbortSignal | undefined
}

async function makeCopy(
  { storage, config }: Deps,
  scanner: MalwareScanner,
  { row, path, signal }: Source,
): Promise<Copied> {
  const scan = toScan(await scanner.scan(path, signal))
  if (scan.status === 'infected') return { scan, failure: 'infected' }
  // Office files keep earlier words and names in places without end.
  if (row.media_type !== 'application/pdf') return { scan, failure: 'notPdf' }
  return withWorkspace(config.dataDir, async (folder) => {
    const output = join(folder, 'copy.pdf')
    const result = await stripPdfIsolated(path, output, { timeLimitSeconds, signal })
    return result.stripped
      ? { scan, copy: await storage.put(createReadStream(output)) }
      : { scan, failure: result.reason }
  })
}

export function copyTasks(deps: Deps): Record<string, Task> {
  const scanner = createScanner(deps.config.clamd)
  return {
    'document-copy': (payload, signal) =>
      copyDocument(deps, scanner, (payload as { documentId: string }).documentId, signal),
  }
}
