import { accessLinkTasks } from '../access-links/jobs.ts'
import { auditTicks } from '../audit/jobs.ts'
import type { Deps } from '../deps.ts'
import { copyTasks } from '../documents/copies.ts'
import { documentTasks, documentTicks } from '../documents/erasing.ts'
import { scanTasks } from '../documents/scans.ts'
import { idempotencyTicks } from '../idempotency/jobs.ts'
import { jotformTasks, jotformTicks } from '../jotform/jobs.ts'
import { jotformIntake } from '../jotform/people.ts'
import { mailTasks, mailTicks } from '../mail/jobs.ts'
import { malwareTicks } from '../malware/jobs.ts'
import { retentionTicks } from '../retention/jobs.ts'
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
  ...copyTasks(deps),
  ...scanTasks(deps),
})

/** What follows the service's clock, in the sandbox as soon as it is set. */
const listClockTicks = (deps: Deps): Tick[] => [
  ...jotformTicks(deps),
  ...mailTicks(deps),
  ...documentTicks(deps),
  ...slotTicks(deps),
  ...auditTicks(deps),
  ...idempotencyTicks(deps),
  ...videoTicks(deps),
  ...streamTicks(deps),
]

/** Everything that runs by clock. */
export const listTicks = (deps: Deps): Tick[] => [
  ...listClockTicks(deps),
  // Not when a clock is set: what is erased does not come back when it is set back.
  ...retentionTicks(deps, jotformIntake(deps)),
  ...malwareTicks(deps),
]

/** What runs when the sandbox's clock was set: the ticks at once, so that whatever fell due is done before the answer. */
export const onClockSet = (deps: Deps): ((now: string) => Promise<void>)[] =>
  listClockTicks(deps).map((tick) => () => tick.run())
