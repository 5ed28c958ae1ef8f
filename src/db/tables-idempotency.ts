import type { ColumnType } from 'kysely'

/** The first answer to a request with an `Idempotency-Key`, kept for its retries (docs/decisions/0006). */
export interface IdempotencyKeyTable {
  /** Of caller, method, path and key together. */
  key_hash: Buffer
  request_hash: Buffer
  status: number
  /** Headers and body, encrypted; null where a secret was shown, which is not kept. */
  answer: Buffer | null
  application_id: string | null
  /** Keyed hashes of the e-mail addresses in the answer, so that it goes when a person goes. */
  subjects: ColumnType<Buffer[]>
  created_at: string
  expires_at: string
}
