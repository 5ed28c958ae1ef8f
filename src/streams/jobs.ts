import type { Deps } from '../deps.ts'
import { addSeconds } from '../domain/instant.ts'
import type { Tick } from '../jobs/worker.ts'
import { deleteExpiredTickets, deleteStreamEvents } from './queries.ts'

const everyMs = 60_000
const keptSeconds = 30 * 24 * 3_600

export const streamTicks = ({ db, clock }: Deps): Tick[] => [
  {
    name: 'stream-expiry',
    everyMs,
    run: async () => {
      const now = clock.now()
      await deleteExpiredTickets(db, now)
      await deleteStreamEvents(db, addSeconds(now, -keptSeconds))
    },
  },
]
