import type { CaptionRemark } from '../domain/captions.ts'
import { type Captions, judgeText, type StyledCue } from './webvtt.ts'

const timing =
  /^\s*(\d{1,3}):(\d{1,2}):(\d{1,2})[,.](\d{1,3})\s*-->\s*(\d{1,3}):(\d{1,2}):(\d{1,2})[,.](\d{1,3})(?:\s+[XY][12]:.*)?\s*$/

/** SubRip has no standard: blocks of a number, a line of times and text, with a blank line between. Every fault with its line. */
export function parseSrt(lines: string[]): Captions {
  const cues: StyledCue[] = []
  const remarks: CaptionRemark[] = []
  const fault = (line: number, code: CaptionRemark['code'], message: string) =>
    remarks.push({ line, severity: 'fault', code, message })
  for (let at = 0; at < lines.length; at++) {
    if (lines[at]?.trim() === '') continue
    const numbered = /^\s*\d+\s*$/.test(lines[at] as string)
    const place = numbered ? at + 1 : at
    const times = timing.exec(lines[place] ?? '')
    const end = blankAfter(lines, place)
    if (times === null) {
      const wanted = 'the times of a caption are expected here, such as 00:00:01,000 --> 00:00:04,000.'
      fault(
        Math.min(place + 1, lines.length),
        lines[place]?.includes('-->') ? 'wrongTiming' : 'wrongSyntax',
        numbered ? `After a number ${wanted}` : `A number or ${wanted}`,
      )
      at = end
      continue
    }
    const [startSeconds, endSeconds] = [instant(times.slice(1, 5)), instant(times.slice(5, 9))]
    if (startSeconds === undefined || endSeconds === undefined)
      fault(place + 1, 'wrongTiming', 'Minutes and seconds go up to 59.')
    else if (endSeconds <= startSeconds) fault(place + 1, 'wrongTiming', 'The caption ends before it starts.')
    const text = lines.slice(place + 1, end).join('\n')
    const nested = lines.slice(place + 1, end).findIndex((line) => line.includes('-->'))
    if (nested !== -1) fault(place + 2 + nested, 'wrongSyntax', 'A blank line is missing before this caption.')
    else if (startSeconds !== undefined && endSeconds !== undefined && endSeconds > startSeconds)
      cues.push(toCue({ line: place + 1, startSeconds, endSeconds, text: toMarkup(text), settings: '' }))
    at = end
  }
  return { cues, remarks }
}

const blankAfter = (lines: string[], from: number): number => {
  const found = lines.findIndex((line, at) => at > from && line.trim() === '')
  return found === -1 ? lines.length : found
}

function instant([hours, minutes, seconds, fraction]: string[]): number | undefined {
  if (Number(minutes) > 59 || Number(seconds) > 59) return undefined
  return (
    Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number((fraction as string).padEnd(3, '0')) / 1000
  )
}

/** SubRip knows the tags of emphasis and of fonts, places in braces, and no escapes: everything else is text. */
const toMarkup = (text: string): string =>
  text
    .replace(/\{\\[^}]*\}/g, '')
    .replace(/<\/?font(?:\s[^>]*)?>/gi, '')
    .replaceAll('&', '&amp;')
    .split(/(<\/?[biu]>)/i)
    .map((part, index) => (index % 2 === 1 ? part.toLowerCase() : part.replaceAll('<', '&lt;').replaceAll('>', '&gt;')))
    .join('')

/** Tags that were never closed are common there, and never worth a refusal. */
const toCue = (cue: StyledCue): StyledCue =>
  judgeText(cue).length === 0 ? cue : { ...cue, text: cue.text.replace(/<\/?[biu]>/g, '') }
