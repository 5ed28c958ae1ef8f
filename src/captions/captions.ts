import { type CaptionRemark, judgeCues } from '../domain/captions.ts'
import { parseSrt } from './srt.ts'
import { readLines } from './text.ts'
import { parseWebVtt, type StyledCue, writeWebVtt } from './webvtt.ts'

export type CaptionFormat = 'vtt' | 'srt'

export interface ReadCaptions {
  /** WebVTT of the captions alone; null when there is a fault. */
  text: string | null
  cues: StyledCue[]
  remarks: CaptionRemark[]
}

/** Reads what was sent and writes it anew. A length of null: the video is not measured yet. */
export function readCaptions(bytes: Uint8Array, format: CaptionFormat, videoSeconds: number | null): ReadCaptions {
  const { lines, remarks: unreadable } = readLines(bytes)
  if (unreadable.length > 0) return { text: null, cues: [], remarks: unreadable }
  const { cues, remarks: faults } = format === 'vtt' ? parseWebVtt(lines) : parseSrt(lines)
  // That nothing is left where everything is faulty need not be said too.
  const judged = cues.length === 0 && faults.length > 0 ? [] : judgeCues(cues, videoSeconds)
  const remarks = [...faults, ...judged].sort((a, b) => a.line - b.line)
  const text = remarks.some(({ severity }) => severity === 'fault') ? null : writeWebVtt(cues)
  return { text, cues, remarks }
}
