import type { Generated } from 'kysely'
import type { VideoStatus } from '../domain/lifecycles-video.ts'
import type { VideoCheck, VideoForm, VideoMedia, VideoScan } from '../domain/video.ts'
import type { Json } from './schema.ts'

export interface VideoTables {
  video_submission: VideoSubmissionTable
  video_version: VideoVersionTable
  video_upload: VideoUploadTable
  video_caption: VideoCaptionTable
  video_review: VideoReviewTable
  file_removal: FileRemovalTable
}

export interface VideoSubmissionTable {
  id: Generated<string>
  application_id: string
  language: string
  form: Generated<VideoForm>
  status: Generated<VideoStatus>
  current_version: number | null
  created_by: string
  created_at: string
  updated_at: string
}

export type VideoVersionState = 'checking' | 'needsReview' | 'accepted' | 'changesRequested' | 'rejected' | 'superseded'

export interface VideoVersionTable {
  id: Generated<string>
  submission_id: string
  n: number
  state: Generated<VideoVersionState>
  stored_key: string
  size_bytes: number
  sha256: string
  file_name: string
  language: string
  received_at: string
  checks: Json<VideoCheck[]> | Generated<VideoCheck[]>
  media: Json<VideoMedia | null> | null
  scan: Json<VideoScan | null> | null
  checked_at: string | null
  delivered_key: string | null
  delivered_media_type: string | null
  delivered_size_bytes: number | null
  delivered_sha256: string | null
  poster_key: string | null
  poster_media_type: string | null
  rendition_key: string | null
  rendition_media_type: string | null
  rendition_size_bytes: number | null
  rendition_sha256: string | null
  created_at: string
}

export type VideoUploadState = 'open' | 'complete' | 'received' | 'refused' | 'expired' | 'cancelled'

export interface VideoUploadTable {
  id: string
  submission_id: string
  state: Generated<VideoUploadState>
  file_name: string
  language: string
  size_bytes: number
  sha256: string | null
  storage_key: string
  received_bytes: Generated<number>
  storage_state: Json<Record<string, unknown>> | Generated<Record<string, unknown>>
  epoch: Generated<number>
  failure: string | null
  version_id: string | null
  created_by: string
  created_at: string
  updated_at: string
  expires_at: string
  completed_at: string | null
}

export interface VideoCaptionTable {
  submission_id: string
  language: string
  text: string
  source_format: Generated<'vtt' | 'srt'>
  checks: Json<VideoCheck[]> | Generated<VideoCheck[]>
  created_by: string
  created_at: string
  updated_at: string
}

export interface VideoReviewTable {
  id: Generated<string>
  submission_id: string
  version_id: string | null
  decision: 'accept' | 'requestChanges' | 'reject'
  reasons: string[]
  reviewer: string
  created_at: string
}

export interface FileRemovalTable {
  key: string
  storage_state: Json<Record<string, unknown> | null> | null
  requested_at: Generated<string>
  taken_at: string | null
}
