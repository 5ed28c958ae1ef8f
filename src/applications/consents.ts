import type { Db, Tx } from '../db/database.ts'
import { type ApplicationBody, type Consent, consentCodes } from '../domain/application.ts'
import { updateApplication } from './queries.ts'

/** The words that people agree to today; changed whenever their meaning changes (domain.md §8.3). */
export const wordingVersion = '1'

export interface ConsentState {
  code: Consent
  given: boolean
  /** When it was last given or withdrawn; null where it never was. */
  since: string | null
  wordingVersion: string | null
  recordedBy: string | null
}

/** The present state of every consent: off unless given. */
export async function readConsents(db: Db, applicationId: string): Promise<ConsentState[]> {
  const rows = await db
    .selectFrom('consent')
    .distinctOn('code')
    .select(['code', 'given', 'at', 'wording_version', 'recorded_by'])
    .where('application_id', '=', applicationId)
    .orderBy('code')
    .orderBy('id', 'desc')
    .execute()
  const byCode = new Map(rows.map((row) => [row.code, row]))
  return consentCodes.map((code) => {
    const row = byCode.get(code)
    return {
      code,
      given: row?.given ?? false,
      since: row?.at ?? null,
      wordingVersion: row?.wording_version ?? null,
      recordedBy: row?.recorded_by ?? null,
    }
  })
}

interface Recording {
  at: string
  recordedBy: string
}

/** Makes `wanted` the consents that are given; what changes is dated. Takes effect everywhere at once, since every surface asks this row (invariant 3). */
export async function setConsents(
  tx: Tx,
  row: { id: string; consents: string[] },
  wanted: readonly string[],
  { at, recordedBy }: Recording,
): Promise<{ given: string[]; withdrawn: string[] }> {
  const given = wanted.filter((code) => !row.consents.includes(code))
  const withdrawn = row.consents.filter((code) => !wanted.includes(code))
  if (given.length + withdrawn.length === 0) return { given, withdrawn }
  const event = (code: string, isGiven: boolean) => ({
    application_id: row.id,
    code,
    given: isGiven,
    at,
    wording_version: wordingVersion,
    recorded_by: recordedBy,
  })
  await tx
    .insertInto('consent')
    .values([...given.map((code) => event(code, true)), ...withdrawn.map((code) => event(code, false))])
    .execute()
  await updateApplication(tx, row.id, { consents: [...wanted] })
  return { given, withdrawn }
}

/**
 * Consents that come with a content: what the new content adds is given, what it no longer names is withdrawn; what the person set apart from
 * the content stays as it was set.
 */
export function consentsAfterEdit(
  present: readonly string[],
  before: ApplicationBody | undefined,
  after: ApplicationBody,
): string[] {
  const [old, next] = [before?.consents ?? [], after.consents ?? []] as [readonly string[], readonly string[]]
  const added = next.filter((code) => !old.includes(code))
  const removed = old.filter((code) => !next.includes(code))
  return [...new Set([...present.filter((code) => !removed.includes(code)), ...added])]
}
