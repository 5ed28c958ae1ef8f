import { createHash } from 'node:crypto'

/** One person is one speaker, also with two applications: a hash of the address, so that the address itself stands in no second table. */
export function speakerKey({ application_id, email }: { application_id: string; email: string | null }): string {
  const person = email?.trim().toLowerCase() || application_id
  return createHash('sha256').update(`speaker ${person}`).digest('base64url')
}
