import type { Deps } from '../deps.ts'
import type { Task, Tick } from '../jobs/worker.ts'

export const jotformTasks = (_deps: Deps): Record<string, Task> => ({})
export const jotformTicks = (_deps: Deps): Tick[] => []
