import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Act } from '../http/access.ts'
import * as queries from './queries.ts'
import { openQuestion, type Shown, showQuestion, tell } from './reading.ts'

/** One vote a mission, for what waits to be called, and none for its own. */
export const castVote = (deps: Deps, id: string, act: Act): Promise<Shown> =>
  vote(deps, id, act, (tx, row, state) => queries.insertVotes(tx, row.id, [state], act.now))

export const withdrawVote = (deps: Deps, id: string, act: Act): Promise<Shown> =>
  vote(deps, id, act, (tx, row, state) => queries.deleteVote(tx, row.id, state))

type Vote = (tx: Tx, row: queries.QuestionRow, state: string) => Promise<number>

async function vote({ db }: Deps, id: string, act: Act, change: Vote): Promise<Shown> {
  return db.transaction().execute(async (tx) => {
    const { seen, row, view } = await openQuestion(tx, id, act)
    if (view === 'own') throw new AppError('own_question')
    // R30: of its own country the State under Review sees only what was called, and that is past voting.
    if (row.status !== 'approved' || row.kind !== 'question' || seen.audience.kind !== 'mission')
      throw new AppError('voting_closed')
    const changed = await change(tx, row, seen.audience.state)
    return showQuestion(changed === 0 ? seen : await tell(tx, seen, [row.id], act), row.id)
  })
}
