import webvtt, { type ParsedCue } from 'webvtt-parser'
import entities from 'webvtt-parser/html-entities.json' with { type: 'json' }
import { type CaptionRemark, type Cue, clock } from '../domain/captions.ts'

export interface Captions {
  cues: StyledCue[]
  remarks: CaptionRemark[]
}

export interface StyledCue extends Cue {
  /** Where on the screen, as WebVTT writes it. */
  settings: string
}

/** Told by the judgement of all cues, with the line of both. */
const order = 'Start timestamp is not greater than or equal to start timestamp of previous cue.'

/** Every fault of a WebVTT file with its line. The parser is run over the whole for its structure, and over each cue for the line of its text. */
export function parseWebVtt(lines: string[]): Captions {
  const { errors } = new webvtt.WebVTTParser(entities).parse(lines.join('\n'), 'metadata')
  // Without it the parser takes the first caption for a header.
  const signature = errors.find(({ message }) => message.startsWith('No valid signature'))
  if (signature !== undefined) return { cues: [], remarks: [fault(1, 'wrongSyntax', signature.message)] }
  const remarks = errors.filter(({ message }) => message !== order).map((error) => toRemark(error, lines))
  const cues = timingLines(lines).flatMap((index) => readCue(lines, index))
  return { cues, remarks: [...remarks, ...cues.flatMap(judgeText)].sort((a, b) => a.line - b.line) }
}

function toRemark({ line, message }: { line: number; message: string }, lines: string[]): CaptionRemark {
  // Exporters write fields there, which players skip as we do.
  if (message.startsWith('No blank line after the signature') && !isTiming(lines[line - 1]))
    return {
      line,
      severity: 'warning',
      code: 'wrongSyntax',
      message: 'This line between WEBVTT and the first caption is left out.',
    }
  // The parser has gone on to the blank line by then.
  if (message.startsWith('Cue identifier cannot be standalone')) return fault(line - 1, 'wrongSyntax', message)
  const code = isTiming(lines[line - 1]) && !/blank line|comment|style/i.test(message) ? 'wrongTiming' : 'wrongSyntax'
  return fault(Math.min(line, lines.length), code, message)
}

const fault = (line: number, code: CaptionRemark['code'], message: string): CaptionRemark => ({
  line,
  severity: 'fault',
  code,
  message,
})

const isTiming = (line: string | undefined) => line?.includes('-->') === true

/** Places of the lines with times, outside of comments and styles. */
function timingLines(lines: string[]): number[] {
  const found: number[] = []
  let skipping = true
  let first = true
  for (const [index, line] of lines.entries()) {
    if (line === '') {
      skipping = false
      first = true
      continue
    }
    if (first && index > 0) skipping = /^(NOTE|STYLE|REGION)($|[ \t])/.test(line)
    first = false
    if (!skipping && isTiming(line)) found.push(index)
  }
  return found
}

function readCue(lines: string[], index: number): StyledCue[] {
  const parsed: Partial<ParsedCue> = { ...defaults }
  const timing = new webvtt.WebVTTCueTimingsAndSettingsParser(lines[index] as string, () => {})
  if (timing.parse(parsed, 0) !== true) return []
  const end = lines.findIndex((line, at) => at > index && (line === '' || isTiming(line)))
  const text = lines.slice(index + 1, end === -1 ? undefined : end).join('\n')
  return [
    {
      line: index + 1,
      startSeconds: parsed.startTime as number,
      endSeconds: parsed.endTime as number,
      text,
      settings: writeSettings(parsed as ParsedCue),
    },
  ]
}

/** The faults of a cue's text; the parser counts columns through all its lines. */
export function judgeText(cue: Cue): CaptionRemark[] {
  const remarks: CaptionRemark[] = []
  const onError = (message: string, column: number) =>
    remarks.push(fault(cue.line + cue.text.slice(0, column - 1).split('\n').length, 'wrongMarkup', message))
  new webvtt.WebVTTCueTextParser(cue.text, onError, undefined, entities).parse(cue.startSeconds, cue.endSeconds)
  return remarks
}

const defaults: Partial<ParsedCue> = {
  direction: 'horizontal',
  snapToLines: true,
  linePosition: 'auto',
  lineAlign: 'start',
  textPosition: 'auto',
  positionAlign: 'auto',
  size: 100,
  alignment: 'center',
}

function writeSettings(cue: ParsedCue): string {
  const line =
    cue.linePosition === 'auto'
      ? ''
      : `line:${cue.linePosition}${cue.snapToLines ? '' : '%'}${aligned(cue.lineAlign, 'start')}`
  const position =
    cue.textPosition === 'auto' ? '' : `position:${cue.textPosition}%${aligned(cue.positionAlign, 'auto')}`
  return [
    cue.direction === 'horizontal' ? '' : `vertical:${cue.direction}`,
    line,
    position,
    cue.size === 100 ? '' : `size:${cue.size}%`,
    cue.alignment === 'center' ? '' : `align:${cue.alignment}`,
  ]
    .filter((part) => part !== '')
    .join(' ')
}

const aligned = (value: string, usual: string) => (value === usual ? '' : `,${value}`)

/** What is kept of the markup: emphasis, reading aids, languages and times. Voices name people, classes belong to a page's own style. */
const kept = new Set(['b', 'i', 'u', 'ruby', 'rt'])

export const plainMarkup = (text: string): string =>
  text.replace(/<([^>]*)>/g, (_, tag: string) => {
    const [, slash = '', name = '', annotation = ''] = /^(\/?)([a-z]*)(?:\.[^\s>]*)?[ \t\n\f]*([^>]*)$/.exec(tag) ?? []
    if (/^\d/.test(tag)) return `<${tag}>`
    if (kept.has(name)) return `<${slash}${name}>`
    if (name !== 'lang') return ''
    if (slash !== '') return '</lang>'
    return /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(annotation.trim()) ? `<lang ${annotation.trim()}>` : '<lang und>'
  })

/** A WebVTT file of the cues alone: no header text, comments, styles or names of cues. */
export const writeWebVtt = (cues: readonly StyledCue[]): string =>
  `WEBVTT\n${cues.map((cue) => `\n${clock(cue.startSeconds)} --> ${clock(cue.endSeconds)}${cue.settings === '' ? '' : ` ${cue.settings}`}\n${plainMarkup(cue.text)}\n`).join('')}`
