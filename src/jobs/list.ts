import { accessLinkTasks } from '../access-links/jobs.ts'
import { auditTicks } from '../audit/jobs.ts'
import type { Deps } from '../deps.ts'
import { documentTasks, documentTicks } from '../documents/erasing.ts'
import { idempotencyTicks } from '../idempotency/jobs.ts'
import { jotformTasks, jotformTicks } from '../jotform/jobs.ts'
import { mailTasks, mailTicks } from '../mail/jobs.ts'
import { slotTasks, slotTicks } from '../slots/jobs.ts'
import { streamTicks } from '../streams/jobs.ts'
import { videoCheckTasks } from '../video-submissions/check-jobs.ts'
import { videoTasks, videoTicks } from '../video-submissions/jobs.ts'
import type { Task, Tick } from './worker.ts'

/** Every job of the service by its name. */
export const listTasks = (deps: Deps): Record<string, Task> => ({
  ...jotformTasks(deps),
  ...accessLinkTasks(deps),
  ...mailTasks(deps),
  ...videoCheckTasks(deps),
  ...documentTasks(deps),
  ...slotTasks(deps),
  ...videoTasks(deps),
})

/** Everything that runs by clock. */
export const listTicks = (deps: Deps): Tick[] => [
  ...jotformTicks(deps),
  ...mailTicks(deps),
  ...documentTicks(deps),
  ...slotTicks(deps),
  ...auditTicks(deps),
  ...idempotencyTicks(deps),
  ...videoTicks(deps),
  ...streamTicks(deps),
]

/** What runs when the sandbox's clock was set: the ticks at once, so that whatever fell due is done before the answer. */
export const onClockSet = (deps: Deps): ((now: string) => Promise<void>)[] =>
  listTicks(deps).map((tick) => () => tick.run())
