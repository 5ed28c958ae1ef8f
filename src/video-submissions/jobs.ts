import type { Deps } from '../deps.ts'
import type { Task, Tick } from '../jobs/worker.ts'
import { removeForgotten } from '../storage/workspace.ts'
import { expireUploads, receiveForgotten, receiveUpload, removeFiles } from './uploads.ts'

/** Uploads wait for days: an hour more or less is nothing to them. Removed files are gone within the minute. */
const expiryMs = 60_000
const forgottenMs = 300_000

export const videoTasks = (deps: Deps): Record<string, Task> => ({
  'video-receive': (payload) => receiveUpload(deps, (payload as { uploadId: string }).uploadId),
})

export const videoTicks = (deps: Deps): Tick[] => [
  { name: 'video-uploads', everyMs: expiryMs, run: () => expireUploads(deps).then(() => removeFiles(deps)) },
  { name: 'video-receive', everyMs: expiryMs, run: () => receiveForgotten(deps) },
  { name: 'work-left-behind', everyMs: forgottenMs, run: () => removeForgotten(deps.config.dataDir) },
]
