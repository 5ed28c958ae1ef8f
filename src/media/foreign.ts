import type { RangeReader } from './reader.ts'
import type { Section } from './sections.ts'

const looked = 64 * 1024
/** A reader of PDF takes a header anywhere in the first kilobyte. */
const pdfReach = 1024

const anywhere: [kind: string, pattern: RegExp][] = [
  ['PDF', /%PDF-\d/],
  ['web page', /<(?:!doctype\s+html|html|script|svg|iframe)[\s>]/i],
  ['program text', /<\?php|#!\/(?:usr\/)?bin\//],
  ['ZIP archive', /PK\x03\x04/],
  ['RAR archive', /Rar!\x1a\x07/],
  ['7z archive', /7z\xbc\xaf\x27\x1c/],
]
const atStart: [kind: string, pattern: RegExp][] = [['program', /^(?:MZ|\x7fELF)/]]

/** Files of two kinds at once: a document, an archive or a program where a player skips bytes. */
export async function findForeign(
  reader: RangeReader,
  skipped: Section[],
): Promise<{ kind: string; atByte: number } | null> {
  const head = (await reader.read(0, pdfReach)).toString('latin1')
  const pdf = head.search(/%PDF-\d/)
  if (pdf !== -1) return { kind: 'PDF', atByte: pdf }
  for (const { contentStart, end } of skipped.slice(0, 1_000)) {
    const first = (await reader.read(contentStart, Math.min(looked, end - contentStart))).toString('latin1')
    for (const [kind, pattern] of [...anywhere, ...atStart]) {
      const found = first.search(pattern)
      if (found !== -1) return { kind, atByte: contentStart + found }
    }
  }
  return null
}
