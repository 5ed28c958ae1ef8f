import type { Deps } from '../deps.ts'
import type { VideoView } from '../domain/video-access.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import type { Representation } from '../http/ranges.ts'
import { readAddress } from './addresses.ts'
import { findSubmission, findVersion, findVersionById, type SubmissionDetail, type VersionRow } from './queries.ts'
import { type Viewer, viewOf } from './reading.ts'

export const parts = ['video', 'original', 'rendition'] as const
export type Part = (typeof parts)[number]

export interface Watching {
  caller: Caller
  /** In place of a credential: a player sends none. */
  signature?: string | undefined
  now: string
}

export interface Watched {
  row: SubmissionDetail
  view: VideoView
  viewer: Viewer
  /** The version that a signature is for. */
  versionId: string | undefined
}

/** A submission as its viewer may see it at this very moment. A signature that says nothing is as good as an id that never was. */
export async function watch(deps: Deps, id: string, { caller, signature, now }: Watching): Promise<Watched> {
  const row = await findSubmission(deps.db, id)
  if (row === undefined) throw new AppError('video_submission_not_found')
  const signed = signature === undefined ? undefined : await readAddress(deps, signature, row, now)
  if (signature !== undefined && signed === undefined) throw new AppError('video_submission_not_found')
  const viewer = signed?.viewer ?? caller
  const view = viewOf(viewer, row, now)
  if (view === 'none') throw new AppError('video_submission_not_found')
  return { row, view, viewer, versionId: signed?.versionId }
}

/** The version that is watched: the newest, or the one that was asked for by those who see them all. */
export async function versionOf(deps: Deps, watched: Watched, number?: number): Promise<VersionRow> {
  const { row, view, versionId } = watched
  const isOutside = view === 'outside'
  const found =
    versionId !== undefined
      ? await findVersionById(deps.db, row.id, versionId)
      : number !== undefined && !isOutside
        ? await findVersion(deps.db, row.id, number)
        : row.current_version === null
          ? undefined
          : await findVersion(deps.db, row.id, row.current_version)
  // Outside, a version that was replaced is not there any more.
  if (found === undefined || (isOutside && found.id !== row.version_id))
    throw new AppError(isOutside ? 'video_submission_not_found' : 'video_version_not_found')
  return found
}

/** The bytes of one part of a version. The original is for the secretariat and the person alone. */
export function partOf({ storage }: Deps, version: VersionRow, part: Part, view: VideoView): Representation {
  const refusal = new AppError(view === 'outside' ? 'video_submission_not_found' : 'video_version_not_found')
  const isOwn = view === 'staff' || view === 'owner'
  // Not even the original, not even to its person: its bytes stay where they are.
  if (isOwn && version.scan?.status === 'infected') throw new AppError('video_infected')
  const named = { video: copyOf, original: originalOf, rendition: renditionOf }[part](version)
  const file = named ?? (part === 'video' && isOwn ? originalOf(version) : undefined)
  if (file === undefined || (part === 'original' && !isOwn)) throw refusal
  const { key, sizeBytes, mediaType, sha256 } = file
  return { sizeBytes, mediaType, etag: `"${sha256}"`, open: (range) => storage.read(key, range) }
}

/** A picture of the video, for pages that show it before it is played. */
export async function openPoster({ storage }: Deps, version: VersionRow, view: VideoView) {
  const content = version.poster_key === null ? undefined : await storage.read(version.poster_key)
  if (content === undefined)
    throw new AppError(view === 'outside' ? 'video_submission_not_found' : 'video_version_not_found')
  return { ...content, mediaType: version.poster_media_type ?? 'image/jpeg' }
}

const types: Record<string, string> = {
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
}

const originalOf = (row: VersionRow) => ({
  key: row.stored_key,
  sizeBytes: row.size_bytes,
  mediaType: types[row.media?.container ?? ''] ?? 'application/octet-stream',
  sha256: row.sha256,
})

const copyOf = (row: VersionRow) =>
  row.delivered_key === null
    ? undefined
    : {
        key: row.delivered_key,
        sizeBytes: row.delivered_size_bytes as number,
        mediaType: row.delivered_media_type as string,
        sha256: row.delivered_sha256 as string,
      }

const renditionOf = (row: VersionRow) =>
  row.rendition_key === null || row.rendition_size_bytes === null
    ? undefined
    : {
        key: row.rendition_key,
        sizeBytes: row.rendition_size_bytes,
        mediaType: row.rendition_media_type ?? 'video/mp4',
        sha256: row.rendition_sha256 as string,
      }
