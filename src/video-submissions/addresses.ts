import { createHmac } from 'node:crypto'
import { readStatement, signStatement } from '../crypto/address.ts'
import type { Deps } from '../deps.ts'
import { addSeconds, earliest, isEarlier } from '../domain/instant.ts'
import type { VideoView } from '../domain/video-access.ts'
import type { Caller } from '../http/access.ts'
import { listValidCredentials } from '../streams/queries.ts'
import type { SubmissionDetail } from './queries.ts'
import type { Viewer } from './reading.ts'

/** Longer than any statement, shorter than a lost address is worth. */
const addressSeconds = 30 * 60

/** What a signed address says: of which version, for whom, until when. */
interface Statement {
  version: string
  until: string
  role: Viewer['role']
  state?: string
  /** For the person: a keyed hash of the address that the application names. */
  person?: string
  rounds?: readonly number[]
  countries?: readonly string[]
  /** Id of the session or key that asked for it: it is worth nothing once that has ended. Left out for what everybody sees. */
  signer?: string
}

type Signing = Pick<Deps, 'keys'>

/** Signs for this viewer and this version; what is seen is asked again whenever the address is used. */
export function signAddress(
  { keys }: Signing,
  versionId: string,
  viewer: Caller,
  { view, now }: { view: VideoView; now: string },
) {
  // Whoever sees no more than everybody gets no more than everybody, or a mission its own.
  const role = view === 'outside' && viewer.role !== 'mission' ? 'public' : viewer.role
  const isBound = role !== 'public'
  const end = addSeconds(now, addressSeconds)
  const until = isBound ? (earliest(end, viewer.expiresAt) as string) : end
  const statement: Statement = {
    version: versionId,
    until,
    role,
    // Tokens of an issuer, and the key of the configuration, have no row: the former end with `until`.
    ...(isBound && uuid.test(viewer.id) && { signer: viewer.id }),
    ...(viewer.state !== undefined && { state: viewer.state }),
    ...(view === 'owner' && viewer.email !== undefined && { person: personOf(keys.addresses, viewer.email) }),
    ...(viewer.preSessions !== undefined && { rounds: viewer.preSessions }),
    ...(viewer.countries !== undefined && { countries: viewer.countries }),
  }
  return { signature: signStatement(keys.addresses, statement), until }
}

/** Whom a signature was made for, as far as it is for this submission, has not expired, and whoever asked for it still may. */
export async function readAddress(
  { keys, db }: Signing & Pick<Deps, 'db'>,
  signature: string,
  row: SubmissionDetail,
  now: string,
): Promise<{ viewer: Viewer; versionId: string } | undefined> {
  const statement = readStatement(keys.addresses, signature) as unknown as Statement | undefined
  if (statement === undefined || !isEarlier(now, statement.until)) return undefined
  const { signer } = statement
  if (signer !== undefined && (await listValidCredentials(db, [signer], now)).length === 0) return undefined
  const { version: versionId, role, state, person, rounds, countries } = statement
  const email = person === undefined ? undefined : row.emails.find((one) => personOf(keys.addresses, one) === person)
  const viewer: Viewer = {
    role,
    ...(state !== undefined && { state }),
    ...(email !== undefined && { email }),
    ...(rounds !== undefined && { preSessions: rounds }),
    ...(countries !== undefined && { countries }),
  }
  return { viewer, versionId }
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

const personOf = (key: Buffer, email: string): string =>
  createHmac('sha256', key).update(`person ${email}`).digest('base64url').slice(0, 22)
