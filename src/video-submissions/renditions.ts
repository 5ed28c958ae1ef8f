import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawPoster, makeRendition, type Source } from '../media/ffmpeg.ts'
import { stripIsolated } from '../media/isolated.ts'
import type { FileStorage } from '../storage/storage.ts'
import { withWorkspace } from '../storage/workspace.ts'
import { type Checking, keysOf } from './checking.ts'
import { lockSubmission } from './queries.ts'
import { findVersionToCheck, saveRenditions, type VersionToCheck } from './queries-checks.ts'

/** Bits per second above which a poor line does not follow. */
const heavyBitrate = 4_000_000

/** A picture of the video, and, where not every browser plays the copy or a poor line would not follow, a lighter one. Made with ffmpeg, from the clean copy alone. */
export async function makeRenditions({ deps, signal }: Checking, versionId: string): Promise<void> {
  const { config, storage, db } = deps
  const version = await findVersionToCheck(db, versionId)
  const program = config.ffmpeg
  const keys = keysOf(versionId)
  // Erased, withdrawn or found to be infected, perhaps while a killed job had written them already.
  if (version === undefined || version.delivered_key === null) return removeRenditions(storage, versionId)
  if (program === undefined || version.poster_key !== null) return
  const seconds = version.media?.durationSeconds ?? 0
  const made = await storage.withLocalFile(version.delivered_key, (path) =>
    withWorkspace(config.dataDir, async (folder) => {
      const source: Source = { path, mediaType: version.delivered_media_type as Source['mediaType'] }
      const picture = join(folder, 'poster')
      const hasPicture = await drawPoster({ program, signal }, source, { target: picture, atSeconds: seconds / 3 })
      if (hasPicture) await storage.write(keys.poster, createReadStream(picture))
      const raw = join(folder, 'rendition')
      if (!isHeavy(version) || !(await makeRendition({ program, signal }, source, { target: raw, seconds })))
        return { hasPicture, rendition: null }
      // The encoder writes its settings into the pictures.
      const clean = join(folder, 'clean')
      await writeFile(clean, '', { mode: 0o600 })
      const { done } = await stripIsolated(raw, clean, { timeLimitSeconds: 60 + seconds, signal })
      const stored = done ? await storage.write(keys.rendition, createReadStream(clean)) : undefined
      return { hasPicture, rendition: stored === undefined ? null : { key: keys.rendition, ...stored } }
    }),
  )
  if (made === undefined) return
  const isSaved = await db.transaction().execute(async (tx) => {
    await lockSubmission(tx, version.submission_id)
    const current = await findVersionToCheck(tx, versionId)
    // Withdrawn, or found to be infected, meanwhile.
    if (current === undefined || current.delivered_key === null) return false
    await saveRenditions(tx, versionId, { poster: made.hasPicture ? keys.poster : null, rendition: made.rendition })
    return true
  })
  if (!isSaved) await removeRenditions(storage, versionId)
}

async function removeRenditions(storage: FileStorage, versionId: string): Promise<void> {
  const { poster, rendition } = keysOf(versionId)
  for (const key of [poster, rendition]) await storage.remove(key)
}

function isHeavy({ media, size_bytes, delivered_media_type }: VersionToCheck): boolean {
  if (media?.videoCodec !== 'h264' || delivered_media_type !== 'video/mp4') return true
  if (media.audioCodec !== null && media.audioCodec !== 'aac') return true
  return (size_bytes * 8) / Math.max(1, media.durationSeconds ?? 1) > heavyBitrate
}
