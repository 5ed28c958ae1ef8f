import type { CaptionRemark } from '../domain/captions.ts'

export const largestCaptions = 512 * 1024
const longestLine = 2_000
const longestBlock = 4_000
const mostCues = 5_000

export interface Lines {
  lines: string[]
  remarks: CaptionRemark[]
}

/** The lines of a file, in UTF-8 and of a size that a parser may be given. With a remark there is nothing to parse. */
export function readLines(bytes: Uint8Array): Lines {
  if (bytes.length > largestCaptions)
    return refused(1, 'tooLarge', `Captions have at most ${largestCaptions / 1024} KiB.`)
  const text = decode(bytes)
  if (typeof text !== 'string')
    return refused(
      text.line,
      'wrongEncoding',
      'This line is not in UTF-8. Please save the file with the encoding UTF-8.',
    )
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .map(clean)
  const block = { length: 0, first: 1 }
  let cues = 0
  for (const [index, line] of lines.entries()) {
    if (line.length > longestLine)
      return refused(index + 1, 'tooLarge', `A line has at most ${longestLine} characters.`)
    if (line.trim() === '') Object.assign(block, { length: 0, first: index + 2 })
    else block.length += line.length
    if (block.length > longestBlock)
      return refused(block.first, 'tooLarge', `A caption has at most ${longestBlock} characters.`)
    if (line.includes('-->')) cues += 1
    if (cues > mostCues) return refused(index + 1, 'tooLarge', `There are at most ${mostCues} captions.`)
  }
  return { lines, remarks: [] }
}

const refused = (line: number, code: CaptionRemark['code'], message: string): Lines => ({
  lines: [],
  remarks: [{ line, severity: 'fault', code, message }],
})

/** Without control characters and without the marks that turn the order of letters around for all that follows. */
const clean = (line: string) =>
  line.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202d\u202e]/g, '')

function decode(bytes: Uint8Array): string | { line: number } {
  // UTF-16 is valid UTF-8 with a zero behind every letter.
  const zero = bytes.indexOf(0)
  if (zero !== -1) return { line: lineAt(bytes.subarray(0, zero)) }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { line: firstBrokenLine(bytes) }
  }
}

function firstBrokenLine(bytes: Uint8Array): number {
  const replaced = new TextDecoder('utf-8').decode(bytes)
  return linesOf(replaced.slice(0, Math.max(0, replaced.indexOf('\ufffd'))))
}

const lineAt = (before: Uint8Array) => linesOf(new TextDecoder('utf-8').decode(before))
const linesOf = (text: string) => text.split(/\r\n|\r|\n/).length
