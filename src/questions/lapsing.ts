import type { Tx } from '../db/database.ts'
import { canMove, lifecycles } from '../domain/lifecycles.ts'
import { writtenAnswerDueOn } from '../domain/question-rules.ts'
import type { Act } from '../http/access.ts'
import { lockTopic } from '../streams/queries.ts'
import * as queries from './queries.ts'
import { readSlotQuestions, tell } from './reading.ts'

/** When a slot is over: what was let through and not answered becomes a written question with a date, what was not is past. In its transaction. */
export async function lapseQuestions(tx: Tx, slotId: string, act: Act): Promise<void> {
  await lockTopic(tx, slotId)
  const seen = await readSlotQuestions(tx, slotId, act)
  if (seen === undefined) return
  const open = seen.rows.filter(({ status }) => canMove(lifecycles.question, status, 'lapsed', 'system'))
  for (const row of open) {
    const isAwaited = row.approved_at !== null && row.kind === 'question'
    const due = isAwaited ? writtenAnswerDueOn(seen.slot.endsAt, seen.slot.timeZone) : null
    await queries.updateQuestion(tx, row.id, { status: 'lapsed', answer_due_on: due, updated_at: act.now })
  }
  await tell(
    tx,
    seen,
    open.map(({ id }) => id),
    act,
  )
}
