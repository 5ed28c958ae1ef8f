import type { VideoCheck } from './video.ts'

/** One caption and where it stands in the file that was sent. */
export interface Cue {
  /** Of the line with the times, counted from 1. */
  line: number
  startSeconds: number
  endSeconds: number
  text: string
}

/** `fault`: the captions cannot be shown as they are; `warning`: they can, but a person should look. */
export interface CaptionRemark {
  line: number
  severity: 'fault' | 'warning'
  code: CaptionRemarkCode
  message: string
}

export const captionRemarkCodes = [
  'wrongEncoding',
  'tooLarge',
  'wrongSyntax',
  'wrongTiming',
  'wrongMarkup',
  'noCaptions',
  'wrongOrder',
  'overlap',
  'outsideVideo',
  'incomplete',
  'hardToRead',
] as const
export type CaptionRemarkCode = (typeof captionRemarkCodes)[number]

/** The last caption may stay as long as its player needs to notice the end. */
const afterEndSeconds = 0.5
/** Captions that end so early leave most of a statement without any. */
const coveredShare = 0.5
/** Two lines of 42 letters are what a screen shows. */
const mostLines = 3

/** R23: captions follow each other and the video. A length of null: the video is not measured yet. */
export function judgeCues(cues: readonly Cue[], videoSeconds: number | null): CaptionRemark[] {
  if (cues.length === 0)
    return [{ line: 1, severity: 'fault', code: 'noCaptions', message: 'The file holds no captions.' }]
  const remarks: CaptionRemark[] = []
  let before: Cue | undefined
  for (const cue of cues) {
    if (cue.text.trim() === '') remarks.push(remark(cue, 'warning', 'hardToRead', 'This caption has no text.'))
    if (cue.text.split('\n').length > mostLines)
      remarks.push(
        remark(cue, 'warning', 'hardToRead', `This caption has more than ${mostLines} lines; please split it.`),
      )
    if (before !== undefined && cue.startSeconds < before.startSeconds)
      remarks.push(
        remark(
          cue,
          'fault',
          'wrongOrder',
          `This caption starts before the one of line ${before.line}; captions go in the order of their times.`,
        ),
      )
    else if (before !== undefined && cue.startSeconds < before.endSeconds)
      remarks.push(
        remark(
          cue,
          'warning',
          'overlap',
          `This caption starts before the one of line ${before.line} has ended (${clock(before.endSeconds)}).`,
        ),
      )
    before = cue
  }
  return videoSeconds === null ? remarks : [...remarks, ...judgeLength(cues, videoSeconds)]
}

/** What can be told only once the video is measured. */
export function judgeLength(cues: readonly Cue[], videoSeconds: number): CaptionRemark[] {
  const length = clock(videoSeconds)
  const remarks = cues.flatMap((cue) => {
    if (cue.startSeconds >= videoSeconds)
      return [
        remark(
          cue,
          'fault',
          'outsideVideo',
          `This caption starts at ${clock(cue.startSeconds)}, but the video ends at ${length}.`,
        ),
      ]
    if (cue.endSeconds > videoSeconds + afterEndSeconds)
      return [
        remark(
          cue,
          'warning',
          'outsideVideo',
          `This caption lasts until ${clock(cue.endSeconds)}, but the video ends at ${length}.`,
        ),
      ]
    return []
  })
  const last = Math.max(0, ...cues.map(({ endSeconds }) => endSeconds))
  const line = cues.at(-1)?.line ?? 1
  if (last < videoSeconds * coveredShare)
    remarks.push({
      line,
      severity: 'warning',
      code: 'incomplete',
      message: `The captions end at ${clock(last)}, but the video lasts until ${length}.`,
    })
  return remarks
}

const remark = (
  { line }: Cue,
  severity: CaptionRemark['severity'],
  code: CaptionRemarkCode,
  message: string,
): CaptionRemark => ({ line, severity, code, message })

/** As WebVTT writes it. */
export function clock(seconds: number): string {
  const ms = Math.round(seconds * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`
}

/** What is told of kept captions: each remark with its line, or that there is none. */
export function toCaptionChecks(remarks: readonly CaptionRemark[]): VideoCheck[] {
  if (remarks.length === 0)
    return [
      {
        code: 'captions',
        outcome: 'pass',
        message: 'The captions follow each other and the video.',
        measured: null,
        limit: null,
      },
    ]
  return remarks.map(({ line, severity, code, message }) => ({
    code,
    outcome: severity === 'fault' ? 'fail' : 'warn',
    message: `Line ${line}: ${message}`,
    measured: line,
    limit: null,
  }))
}
