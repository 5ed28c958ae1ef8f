// Pictures carry messages beside the image: encoder settings, but also places and devices. These functions take them out of a packet.

/** ITU-T T.35 and unregistered user data (H.264 §D.1.6–7, H.265 §D.2.6–7). */
const userDataTypes = new Set([4, 5])

export type PacketFilter = (data: Uint8Array) => Uint8Array

/** H.264 with length-prefixed units, whose length field has as many bytes as its configuration record says. */
export const filterAvc = (record: Uint8Array): PacketFilter =>
  filterUnits(((record[4] ?? 3) & 3) + 1, (unit) => (unit[0]! & 0x1f) === 6, 1)

/** H.265; its messages come before (39) and after (40) the picture. */
export const filterHevc = (record: Uint8Array): PacketFilter =>
  filterUnits(((record[21] ?? 3) & 3) + 1, (unit) => isHevcMessage((unit[0]! >> 1) & 0x3f), 2)

const isHevcMessage = (type: number) => type === 39 || type === 40

function filterUnits(lengthBytes: number, isMessage: (unit: Uint8Array) => boolean, headerBytes: number): PacketFilter {
  return (data) => {
    const kept: Uint8Array[] = []
    let changed = false
    for (let at = 0; at + lengthBytes <= data.length; ) {
      let length = 0
      for (let i = 0; i < lengthBytes; i++) length = length * 256 + data[at + i]!
      const unit = data.subarray(at + lengthBytes, at + lengthBytes + length)
      if (unit.length === 0 || unit.length < length) return data
      const left = isMessage(unit) ? withoutUserData(unit, headerBytes) : unit
      if (left === unit) kept.push(data.subarray(at, at + lengthBytes + length))
      else {
        changed = true
        if (left !== undefined) kept.push(lengthPrefix(left.length, lengthBytes), left)
      }
      at += lengthBytes + length
    }
    return changed ? new Uint8Array(Buffer.concat(kept)) : data
  }
}

function lengthPrefix(length: number, bytes: number): Uint8Array {
  const prefix = Buffer.alloc(bytes)
  prefix.writeUIntBE(length, 0, bytes)
  return prefix
}

/** The unit without its user data: itself when it has none, undefined when nothing else is in it. */
function withoutUserData(unit: Uint8Array, headerBytes: number): Uint8Array | undefined {
  const payload = unescaped(unit.subarray(headerBytes))
  const kept: Uint8Array[] = []
  let dropped = false
  let at = 0
  // The last byte holds the closing bit alone.
  while (at < payload.length - 1) {
    const start = at
    let type = 0
    while (payload[at] === 0xff) type += payload[at++]!
    type += payload[at++] ?? 0
    let size = 0
    while (payload[at] === 0xff) size += payload[at++]!
    size += payload[at++] ?? 0
    at += size
    if (userDataTypes.has(type)) dropped = true
    else kept.push(payload.subarray(start, at))
  }
  if (!dropped) return unit
  if (kept.length === 0) return undefined
  return new Uint8Array(
    Buffer.concat([unit.subarray(0, headerBytes), escaped(Buffer.concat([...kept, Buffer.of(0x80)]))]),
  )
}

/** Without the bytes that keep start codes from appearing (H.264 §7.4.1). */
function unescaped(bytes: Uint8Array): Uint8Array {
  const out: number[] = []
  let zeros = 0
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    zeros = byte === 0 ? zeros + 1 : 0
    out.push(byte)
  }
  return Uint8Array.from(out)
}

function escaped(bytes: Uint8Array): Uint8Array {
  const out: number[] = []
  let zeros = 0
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3)
      zeros = 0
    }
    zeros = byte === 0 ? zeros + 1 : 0
    out.push(byte)
  }
  return Uint8Array.from(out)
}

/** The configuration record of H.265 may hold messages too: they are written at its end as arrays of their own. */
export function cleanHevcRecord(record: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = []
  let arrays = 0
  let at = 23
  for (let left = record[22] ?? 0; left > 0; left--) {
    const start = at
    const type = (record[at] ?? 0) & 0x3f
    const units = ((record[at + 1] ?? 0) << 8) | (record[at + 2] ?? 0)
    at += 3
    for (let i = 0; i < units; i++) at += 2 + (((record[at] ?? 0) << 8) | (record[at + 1] ?? 0))
    if (at > record.length) return record
    if (isHevcMessage(type)) continue
    kept.push(record.subarray(start, at))
    arrays += 1
  }
  return new Uint8Array(Buffer.concat([record.subarray(0, 22), Buffer.of(arrays), ...kept]))
}

/** AV1: metadata of T.35, time codes and private kinds, and padding (AV1 §5.8, §6.7). */
export const filterAv1: PacketFilter = (data) => {
  const kept: Uint8Array[] = []
  let changed = false
  for (let at = 0; at < data.length; ) {
    const header = data[at]!
    const type = (header >> 3) & 0x0f
    const content = at + 1 + ((header & 4) === 0 ? 0 : 1)
    // Only the last unit may leave its length out.
    const size = (header & 2) === 0 ? { value: data.length - content, bytes: 0 } : leb128(data, content)
    if (size === undefined) return data
    const end = content + size.bytes + size.value
    if (end > data.length) return data
    if (type === 15 || (type === 5 && (leb128(data, content + size.bytes)?.value ?? 0) >= 4)) changed = true
    else kept.push(data.subarray(at, end))
    at = end
  }
  return changed ? new Uint8Array(Buffer.concat(kept)) : data
}

function leb128(data: Uint8Array, at: number): { value: number; bytes: number } | undefined {
  let value = 0
  for (let bytes = 1; bytes <= 8; bytes++) {
    const byte = data[at + bytes - 1]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * (bytes - 1))
    if (byte < 0x80) return { value, bytes }
  }
  return undefined
}
