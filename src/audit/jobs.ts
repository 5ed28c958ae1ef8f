import type { Deps } from '../deps.ts'
import type { Tick } from '../jobs/worker.ts'
import { sealAudit } from './sealer.ts'

/** Twice a second, so that an entry is in the chain within one. */
const sealEveryMs = 500

export const auditTicks = (deps: Deps): Tick[] => [
  { name: 'seal-audit', everyMs: sealEveryMs, run: async () => void (await sealAudit(deps)) },
]
