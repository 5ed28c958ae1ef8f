import { OverLimit, type RangeReader } from './reader.ts'
import type { Extent } from './sections.ts'

const mostBoxes = 200_000
const media = new Set([
  'ftyp',
  'styp',
  'moov',
  'mdat',
  'moof',
  'mfra',
  'sidx',
  'ssix',
  'prft',
  'emsg',
  'pnot',
  'meta',
  'pdin',
])

/** The outermost boxes of an MP4 or MOV file (ISO/IEC 14496-12 §4.2). */
export async function isoSections(reader: RangeReader): Promise<Extent> {
  const { sizeBytes } = reader
  const extent: Extent = { skipped: [], cut: null }
  let start = 0
  for (let count = 0; start < sizeBytes; count++) {
    if (count === mostBoxes) throw new OverLimit('The file has too many parts.')
    const box = boxHeader(await reader.peek(start, 16))
    if (box === undefined) {
      extent.skipped.push({ type: 'rest', start, contentStart: start, end: sizeBytes })
      break
    }
    const { type, headerLength } = box
    const end = box.size === 0n ? sizeBytes : start + Number(box.size)
    if (end > sizeBytes) extent.cut = { part: type, missingBytes: Number.isSafeInteger(end) ? end - sizeBytes : null }
    if (!media.has(type))
      extent.skipped.push({ type, start, contentStart: start + headerLength, end: Math.min(end, sizeBytes) })
    start = end
  }
  return extent
}

function boxHeader(bytes: Buffer): { type: string; size: bigint; headerLength: number } | undefined {
  if (bytes.length < 8) return undefined
  const type = bytes.toString('latin1', 4, 8)
  if (!/^[\x20-\x7e\xa9][\x20-\x7e]{3}$/.test(type)) return undefined
  const short = bytes.readUInt32BE(0)
  if (short === 0 || short >= 8) return { type, size: BigInt(short), headerLength: 8 }
  if (short !== 1 || bytes.length < 16) return undefined
  const size = bytes.readBigUInt64BE(8)
  return size < 16n ? undefined : { type, size, headerLength: 16 }
}
