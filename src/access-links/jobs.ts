import type { Deps } from '../deps.ts'
import type { Task } from '../jobs/worker.ts'
import { answerRequest } from './service.ts'

export const accessLinkTasks = (deps: Deps): Record<string, Task> => ({
  'access-link': (payload) => answerRequest(deps, (payload as { requestId: string }).requestId),
})
