import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import type { OpenTransaction } from '../db/joined.ts'

export interface KeptRow {
  request_hash: Buffer
  status: number
  answer: Buffer | null
  expires_at: string
}

export interface NewKept extends KeptRow {
  key_hash: Buffer
  application_id: string | undefined
  subjects: Buffer[]
  created_at: string
}

/** Claims the key for this transaction, or answers false at once when a twin holds it. It ends with the transaction, however that ends. */
export async function claimKey(tx: OpenTransaction, keyHash: Buffer): Promise<boolean> {
  const [row] = await tx.query<{ claimed: boolean }>('select pg_try_advisory_xact_lock($1::bigint) as claimed', [
    keyHash.readBigInt64BE().toString(),
  ])
  return row?.claimed === true
}

/** Asked after the claim, in a statement of its own: only that sees what the last holder has committed. */
export async function findKept(tx: OpenTransaction, keyHash: Buffer): Promise<KeptRow | undefined> {
  const rows = await tx.query<KeptRow>(
    'select request_hash, status, answer, expires_at from idempotency_key where key_hash = $1',
    [keyHash],
  )
  return rows[0]
}

/** Over an expired one of the same key. An application that is gone by now is not named. */
export async function insertKept(tx: OpenTransaction, row: NewKept): Promise<void> {
  await tx.query(
    `insert into idempotency_key (key_hash, request_hash, status, answer, application_id, subjects, created_at, expires_at)
    values ($1, $2, $3, $4, (select id from application where id = $5::uuid), $6, $7, $8)
    on conflict (key_hash) do update set request_hash = excluded.request_hash, status = excluded.status, answer = excluded.answer,
      application_id = excluded.application_id, subjects = excluded.subjects, created_at = excluded.created_at, expires_at = excluded.expires_at`,
    [
      row.key_hash,
      row.request_hash,
      row.status,
      row.answer,
      row.application_id ?? null,
      row.subjects,
      row.created_at,
      row.expires_at,
    ],
  )
}

export async function deleteExpired(db: Db, now: string): Promise<void> {
  await db.deleteFrom('idempotency_key').where('expires_at', '<=', now).execute()
}

/** For an erasure: every answer that is about one of the applications, or names an address with one of these fingerprints. */
export async function deleteKeptAbout(
  db: Db,
  { applicationIds, fingerprints }: { applicationIds: string[]; fingerprints: Buffer[] },
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`delete from idempotency_key
    where application_id = any (${applicationIds}::uuid[]) or subjects && ${fingerprints}::bytea[]`.execute(db)
  return Number(numAffectedRows)
}
