import { createHmac } from 'node:crypto'
import type { Db, Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'

export interface SubmissionKey {
  formId: string
  submissionId: string
}

/** A keyed hash: it tells that a submission was erased to whoever has its number and the key, and nothing to anybody else. */
export const hashErased = ({ keys }: Pick<Deps, 'keys'>, { formId, submissionId }: SubmissionKey): Buffer =>
  createHmac('sha256', keys.erased).update(`${formId}/${submissionId}`).digest()

/** From now on no delivery, poll, replay or import brings this submission back. The caller erases what is there of it, in the same transaction. */
export const markErased = (tx: Tx, deps: Pick<Deps, 'keys'>, key: SubmissionKey & { at: string }) =>
  tx
    .insertInto('jotform_erased')
    .values({ id_hash: hashErased(deps, key), erased_at: key.at })
    .onConflict((conflict) => conflict.column('id_hash').doNothing())
    .execute()

export async function isErased(db: Db, deps: Pick<Deps, 'keys'>, key: SubmissionKey): Promise<boolean> {
  const found = await db
    .selectFrom('jotform_erased')
    .select('erased_at')
    .where('id_hash', '=', hashErased(deps, key))
    .executeTakeFirst()
  return found !== undefined
}
