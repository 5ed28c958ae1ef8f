import { randomBytes } from 'node:crypto'

/** A UUID of version 7 with the time of something else and random bits for the rest: neither it nor its order tells when it was made. */
export function idDatedAs(instant: string): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.parse(instant), 0, 6)
  bytes[6] = 0x70 | ((bytes[6] as number) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
