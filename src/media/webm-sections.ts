import { OverLimit, type RangeReader } from './reader.ts'
import type { Extent } from './sections.ts'

const mostElements = 1_000_000
const headerId = 0x1a45dfa3
const segmentId = 0x18538067
const clusterId = 0x1f43b675
const skippedIds = new Set([0xec, 0xbf])
/** What a segment holds: seek head, info, cluster, tracks, cues, attachments, chapters, tags. */
const segmentChildren = new Set([
  0x114d9b74,
  0x1549a966,
  clusterId,
  0x1654ae6b,
  0x1c53bb6b,
  0x1941a469,
  0x1043a770,
  0x1254c367,
  ...skippedIds,
])

interface Element {
  id: number
  contentStart: number
  /** Null where the size is unknown, as in a live recording. */
  end: number | null
}

/** The outermost elements of a WebM or Matroska file (RFC 8794 §6, RFC 9559). */
export async function webmSections(reader: RangeReader): Promise<Extent> {
  const { sizeBytes } = reader
  const extent: Extent = { skipped: [], cut: null }
  let start = 0
  for (let count = 0; start < sizeBytes; count++) {
    if (count === mostElements) throw new OverLimit('The file has too many parts.')
    const element = await elementAt(reader, start)
    if (element === undefined) {
      // Three bytes or fewer may be the beginning of a header that was cut off.
      if (sizeBytes - start < 12 && count > 0) extent.cut = { part: 'cluster', missingBytes: null }
      else extent.skipped.push({ type: 'rest', start, contentStart: start, end: sizeBytes })
      break
    }
    const { id, contentStart, end } = element
    // A segment, and a cluster of unknown size, are entered; everything else is stepped over.
    if ((id === segmentId || id === clusterId) && (end === null || end > sizeBytes || id === segmentId)) {
      if (end !== null && end > sizeBytes && extent.cut === null)
        extent.cut = { part: nameOf(id), missingBytes: end - sizeBytes }
      start = contentStart
      continue
    }
    if (end === null || end > sizeBytes) {
      extent.cut ??= { part: nameOf(id), missingBytes: end === null ? null : end - sizeBytes }
      break
    }
    if (skippedIds.has(id) || !(id === headerId || segmentChildren.has(id) || isClusterChild(id)))
      extent.skipped.push({ type: nameOf(id), start, contentStart, end })
    start = end
  }
  return extent
}

/** Time, position, previous size, simple block, block group and the rest of a cluster: identifiers of one or two bytes. */
const isClusterChild = (id: number) => id <= 0xffff

const nameOf = (id: number) =>
  id === segmentId ? 'segment' : id === clusterId ? 'cluster' : id === 0xa3 || id === 0xa0 ? 'block' : 'element'

async function elementAt(reader: RangeReader, start: number): Promise<Element | undefined> {
  const bytes = await reader.peek(start, 12)
  const idLength = lengthOf(bytes[0])
  if (idLength === undefined || idLength > 4 || bytes.length <= idLength) return undefined
  const sizeLength = lengthOf(bytes[idLength])
  if (sizeLength === undefined || bytes.length < idLength + sizeLength) return undefined
  const id = bytes.readUIntBE(0, idLength)
  let size = BigInt((bytes[idLength] as number) & (0xff >> sizeLength))
  for (let i = 1; i < sizeLength; i++) size = (size << 8n) | BigInt(bytes[idLength + i] as number)
  const unknown = size === (1n << BigInt(7 * sizeLength)) - 1n
  const contentStart = start + idLength + sizeLength
  return { id, contentStart, end: unknown ? null : contentStart + Number(size) }
}

/** A length of EBML is told by the leading zeros of its first byte. */
function lengthOf(first: number | undefined): number | undefined {
  return first === undefined || first === 0 ? undefined : Math.clz32(first) - 23
}
