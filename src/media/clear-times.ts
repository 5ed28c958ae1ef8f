import { open } from 'node:fs/promises'

/** Boxes that tell when the file was made and changed; both fields follow version and flags. */
const dated = new Set(['mvhd', 'tkhd', 'mdhd'])
const entered = new Set(['trak', 'mdia'])

/** Sets the dates in an MP4 file that we have written to none. */
export async function clearTimes(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    for (let at = 0; at + 8 <= size; ) {
      const { buffer } = await file.read(Buffer.alloc(16), 0, 16, at)
      const short = buffer.readUInt32BE(0)
      const length = short === 1 ? Number(buffer.readBigUInt64BE(8)) : short === 0 ? size - at : short
      if (buffer.toString('latin1', 4, 8) === 'moov') {
        const { buffer: moov } = await file.read(Buffer.alloc(length), 0, length, at)
        clearIn(moov, 8, length)
        await file.write(moov, 0, length, at)
      }
      at += Math.max(8, length)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

function clearIn(moov: Buffer, from: number, to: number): void {
  for (let at = from; at + 8 <= to; ) {
    const length = moov.readUInt32BE(at)
    const type = moov.toString('latin1', at + 4, at + 8)
    if (entered.has(type)) clearIn(moov, at + 8, at + length)
    // Version 1 has dates of eight bytes each.
    if (dated.has(type)) moov.fill(0, at + 12, at + 12 + (moov[at + 8] === 1 ? 16 : 8))
    at += Math.max(8, length)
  }
}
