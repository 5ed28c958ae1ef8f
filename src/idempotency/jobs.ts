import type { Deps } from '../deps.ts'
import type { Tick } from '../jobs/worker.ts'
import { deleteExpired } from './queries.ts'

const everyMs = 60_000

export const idempotencyTicks = ({ db, clock }: Deps): Tick[] => [
  { name: 'idempotency-expiry', everyMs, run: () => deleteExpired(db, clock.now()) },
]
