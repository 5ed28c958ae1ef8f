import { createHmac } from 'node:crypto'

/** One person is one speaker, also with two applications: a keyed hash of the address, so that no address stands in a second table. */
export function speakerKey(pseudonymKey: Buffer, speaker: { application_id: string; email: string | null }): string {
  const person = speaker.email?.trim().toLowerCase() || speaker.application_id
  return createHmac('sha256', pseudonymKey).update(`speaker ${person}`).digest('base64url')
}
