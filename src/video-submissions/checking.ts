import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readCaptions } from '../captions/captions.ts'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { toCaptionChecks } from '../domain/captions.ts'
import type { MediaFacts } from '../domain/media-facts.ts'
import { awaitsScan } from '../domain/scan.ts'
import type { VideoCheck, VideoMedia, VideoScan } from '../domain/video.ts'
import { checkCopy, checkMalware, checkVideo, toMedia } from '../domain/video-checks.ts'
import { enqueue } from '../jobs/queue.ts'
import { type MalwareScanner, toScan } from '../malware/scanner.ts'
import { type Isolation, inspectIsolated, MediaProcessFailed, stripIsolated } from '../media/isolated.ts'
import { settingsOf } from '../pre-sessions/settings.ts'
import { withWorkspace } from '../storage/workspace.ts'
import { enqueueRendition } from './media-queues.ts'
import { lockSubmission, updateSubmission } from './queries.ts'
import * as queries from './queries-checks.ts'
import { requestRemoval } from './queries-sweep.ts'
import { tell } from './service.ts'

export interface Checking {
  deps: Deps
  scanner: MalwareScanner
  signal?: AbortSignal | undefined
}

type Version = queries.VersionToCheck

/** The checks are the service's own doing. */
const system = { id: 'system' }
/** Names are made of the version's id, so that a repeated check writes over what a killed one left. */
export const keysOf = (versionId: string) => ({
  copy: `videos/${versionId}.copy`,
  poster: `videos/${versionId}.poster`,
  rendition: `videos/${versionId}.rendition`,
})

const scanAgainSeconds = 300
/** Reading runs at the speed of a disk; what takes longer than this is not a video but a trap. */
const limitFor = (bytes: number) => 60 + bytes / 5_000_000

/**
 * R23, R25: reads a version, scans it, makes the copy that others may get, and hands it to a person. May be repeated and killed at any moment:
 * files are written under names of the version, and all results with one transaction.
 */
export async function checkVersion(checking: Checking, versionId: string): Promise<void> {
  const { deps } = checking
  const version = await queries.findVersionToCheck(deps.db, versionId)
  // Withdrawn meanwhile, perhaps while a killed check had written its copy already.
  if (version === undefined) return removeFiles(deps, Object.values(keysOf(versionId)))
  if (version.state !== 'checking') return
  const found = await deps.storage.withLocalFile(version.stored_key, (path) => examine(checking, version, path))
  if (found === undefined) throw new Error(`The original of video version ${versionId} is not in the storage.`)
  const isSaved = await deps.db.transaction().execute((tx) => save(deps, tx, version, found))
  if (!isSaved) await removeFiles(deps, Object.values(keysOf(versionId)))
}

interface Found {
  checks: VideoCheck[]
  media: VideoMedia | null
  scan: VideoScan
  copy: { key: string; mediaType: string; sizeBytes: number; sha256: string } | undefined
}

async function examine(checking: Checking, version: Version, path: string): Promise<Found> {
  const { scanner, signal } = checking
  const isolation = { timeLimitSeconds: limitFor(version.size_bytes), signal }
  const facts = await inspectIsolated(path, isolation)
  const scan = toScan(await scanner.scan(path, signal))
  const checks = checkVideo(facts, version.file_name, settingsOf(version.settings).video, version.form)
  const media = facts === undefined ? null : toMedia(facts)
  if (scan.status === 'infected') return { checks: [...checks, checkMalware(scan)], media, scan, copy: undefined }
  const copy = facts === undefined ? undefined : await makeCopy(checking, version, { path, facts, isolation })
  return { checks: [...checks, checkMalware(scan), checkCopy(copy !== undefined)], media, scan, copy }
}

interface CopyInput {
  path: string
  facts: MediaFacts
  isolation: Isolation
}

/** The copy is read back before it is kept: one that lost pictures is none. */
async function makeCopy(
  { deps }: Checking,
  version: Version,
  { path, facts, isolation }: CopyInput,
): Promise<Found['copy']> {
  if (facts.unreadable !== null || facts.durationSeconds === null) return undefined
  return withWorkspace(deps.config.dataDir, async (folder) => {
    const target = join(folder, 'copy')
    await writeFile(target, '', { mode: 0o600 })
    const written = await stripIsolated(path, target, isolation).catch((error: unknown) => {
      if (error instanceof MediaProcessFailed) return { done: false as const }
      throw error
    })
    if (!written.done) return undefined
    const copied = await inspectIsolated(target, isolation)
    const isWhole = facts.cut !== null || copied?.video?.frames === facts.video?.frames
    if (copied === undefined || copied.unreadable !== null || !isWhole) return undefined
    const key = keysOf(version.id).copy
    const stored = await deps.storage.write(key, createReadStream(target))
    return { key, mediaType: written.mediaType, ...stored }
  })
}

/** False where the version is not there any more, or was checked by another process. */
async function save(deps: Deps, tx: Tx, version: Version, found: Found): Promise<boolean> {
  const at = deps.clock.now()
  const submission = await lockSubmission(tx, version.submission_id)
  const current = await queries.findVersionToCheck(tx, version.id)
  if (submission === undefined || current === undefined) return false
  // Another process was quicker; its files are under the same names.
  if (current.checked_at !== null) return true
  const isNewest = submission.current_version === version.n
  await queries.saveCheck(tx, version.id, { ...found, state: isNewest ? 'needsReview' : 'superseded', at })
  if (isNewest && submission.status === 'checking')
    await updateSubmission(tx, submission.id, { status: 'needsReview', updated_at: at })
  if (isNewest) await judgeCaptions(tx, submission.id, found.media?.durationSeconds ?? null)
  await tell(tx, version, { caller: system, now: at }, { action: 'video.checked', details: summaryOf(version, found) })
  if (found.copy !== undefined && deps.config.ffmpeg !== undefined) await enqueueRendition(tx, version.id)
  if (awaitsScan(found.scan)) await scanLater(tx, version.id)
  return true
}

const summaryOf = ({ submission_id, n }: Version, { checks, scan, copy }: Found) => ({
  submissionId: submission_id,
  version: n,
  failed: checks.filter(({ outcome }) => outcome === 'fail').map(({ code }) => code),
  warned: checks.filter(({ outcome }) => outcome === 'warn').map(({ code }) => code),
  scan: scan.status,
  hasCopy: copy !== undefined,
})

/** Captions that came before, or with another version, are held against this one. */
async function judgeCaptions(tx: Tx, submissionId: string, videoSeconds: number | null): Promise<void> {
  for (const { language, text } of await queries.listCaptionTexts(tx, submissionId)) {
    const { remarks } = readCaptions(Buffer.from(text), 'vtt', videoSeconds)
    await queries.saveCaptionChecks(tx, submissionId, { language, checks: toCaptionChecks(remarks) })
  }
}

const scanLater = (tx: Tx, versionId: string) =>
  enqueue(tx, 'video-scan', { versionId }, { jobKey: `video-scan-${versionId}`, delaySeconds: scanAgainSeconds })

/** Scans again what could not be scanned. What is found then takes the video away from everybody, whatever was decided of it. */
export async function scanVersion({ deps, scanner, signal }: Checking, versionId: string): Promise<void> {
  const version = await queries.findVersionToCheck(deps.db, versionId)
  if (version?.scan?.status !== 'notScanned') return
  const verdict = await deps.storage.withLocalFile(version.stored_key, (path) => scanner.scan(path, signal))
  if (verdict === undefined) return
  const scan = toScan(verdict)
  if (awaitsScan(scan)) throw new Error(`The scanner does not answer (${scan.reason}).`)
  await deps.db.transaction().execute(async (tx) => {
    await lockSubmission(tx, version.submission_id)
    const current = await queries.findVersionToCheck(tx, versionId)
    if (current === undefined) return
    const checks = current.checks.map((check) => (check.code === 'malware' ? checkMalware(scan) : check))
    await requestRemoval(tx, await queries.saveScan(tx, current, { checks, scan }))
    const details = { submissionId: version.submission_id, version: version.n, scan: scan.status }
    await tell(tx, version, { caller: system, now: deps.clock.now() }, { action: 'video.scanned', details })
  })
}

async function removeFiles({ storage }: Deps, keys: string[]): Promise<void> {
  for (const key of keys) await storage.remove(key)
}
