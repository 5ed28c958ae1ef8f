import type { VideoScan } from './video.ts'

/** The scanner was away: it is asked again. */
export const passingReasons = ['scannerUnavailable', 'timedOut'] as const

/** Not looked at yet; what cannot be scanned, or has no scanner to be scanned by, waits for nothing. */
export const awaitsScan = (scan: VideoScan | null): boolean =>
  scan === null ||
  (scan.status === 'notScanned' && (passingReasons as readonly (string | null)[]).includes(scan.reason))
