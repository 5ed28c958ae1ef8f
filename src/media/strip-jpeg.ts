const startOfScan = 0xda
/** JFIF, the colours' profile, and Adobe's note on colours: without them the picture is another one. */
const kept = new Set([0xe0, 0xe2, 0xee])

/** The picture without EXIF (place, device, time), XMP and comments. What is no JPEG is left as it is. */
export function withoutJpegMetadata(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return bytes
  const parts: Uint8Array[] = [bytes.subarray(0, 2)]
  let at = 2
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] as number
    if (marker === startOfScan) break
    const length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
    const end = at + 2 + length
    if (length < 2 || end > bytes.length) break
    const isApplication = marker >= 0xe0 && marker <= 0xef
    const isComment = marker === 0xfe
    if (!(isComment || (isApplication && !kept.has(marker)))) parts.push(bytes.subarray(at, end))
    at = end
  }
  parts.push(bytes.subarray(at))
  return Buffer.concat(parts)
}
