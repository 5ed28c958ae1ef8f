import type { Deps } from '../deps.ts'
import type { Tick } from '../jobs/worker.ts'
import type { Intake } from '../people/intake.ts'
import { applyDaily } from './service.ts'

/** How often it is looked whether today's run was made. */
const everyMs = 3_600_000

export const retentionTicks = (deps: Deps, intake: Intake): Tick[] => [
  { name: 'retention', everyMs, run: () => applyDaily(deps, intake) },
]
