import type { Tx } from '../db/database.ts'
import { enqueue } from '../jobs/queue.ts'

/** How many videos are read at once, in all processes together. */
const checkQueues = 2

/** Files that come together wait in a queue, not in the hands of a worker that mails and deliveries need too. */
export const enqueueCheck = (tx: Tx, versionId: string): Promise<void> =>
  enqueue(
    tx,
    'video-check',
    { versionId },
    { queue: `video-check-${Number.parseInt(versionId.slice(-4), 16) % checkQueues}` },
  )

/** Minutes of work that nobody waits for. */
export const enqueueRendition = (tx: Tx, versionId: string): Promise<void> =>
  enqueue(tx, 'video-rendition', { versionId }, { maxAttempts: 5, priority: 10, queue: 'video-rendition' })
