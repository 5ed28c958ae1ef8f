// Changes to boxes of an MP4 file for tests: what no encoder would write.
export interface Box {
  type: string
  start: number
  end: number
}

/** The boxes of a level; headers of 64 bits are not needed here. */
export function topBoxes(bytes: Buffer, from = 0, to = bytes.length): Box[] {
  const boxes: Box[] = []
  for (let start = from; start + 8 <= to; ) {
    const size = bytes.readUInt32BE(start)
    const end = size === 0 ? to : start + size
    if (size !== 0 && (size < 8 || end > to)) break
    boxes.push({ type: bytes.toString('latin1', start + 4, start + 8), start, end })
    start = end
  }
  return boxes
}

export function boxAt(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(content.length + 8)
  header.write(type, 4, 'latin1')
  return Buffer.concat([header, content])
}

const containers = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'edts']

function* walk(bytes: Buffer, from = 0, to = bytes.length): Generator<Box> {
  for (const box of topBoxes(bytes, from, to)) {
    yield box
    if (containers.includes(box.type)) yield* walk(bytes, box.start + 8, box.end)
  }
}

/** Puts a box behind the first one of a type, and moves what the index points at. */
export function insertBox(file: Buffer, box: Buffer, behind: string): Buffer {
  const place = topBoxes(file).find(({ type }) => type === behind)!.end
  const bytes = Buffer.from(file)
  for (const { type, start } of walk(bytes)) {
    if (type !== 'stco') continue
    const count = bytes.readUInt32BE(start + 12)
    for (let i = 0; i < count; i++) {
      const at = start + 16 + i * 4
      bytes.writeUInt32BE(bytes.readUInt32BE(at) + box.length, at)
    }
  }
  return Buffer.concat([bytes.subarray(0, place), box, bytes.subarray(place)])
}

/** Multiplies every length that the header tells; the samples stay as they are. */
export function patchDurations(file: Buffer, factor: number): Buffer {
  const bytes = Buffer.from(file)
  const place: Record<string, number> = { mvhd: 24, tkhd: 28, mdhd: 24, elst: 16 }
  for (const { type, start } of walk(bytes)) {
    const offset = place[type]
    if (offset === undefined) continue
    bytes.writeUInt32BE(Math.round(bytes.readUInt32BE(start + offset) * factor), start + offset)
  }
  return bytes
}
