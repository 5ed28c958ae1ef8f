import type { Deps } from '../deps.ts'
import type { Task, Tick } from '../jobs/worker.ts'
import { interpretDelivery } from './admission.ts'
import { copyFile, type FileKey } from './file-copies.ts'
import { remapForm } from './forms.ts'
import { pollNow, runDuePolls } from './polls.ts'
import { projectSubmission } from './projection.ts'
import { verifyPending } from './verification.ts'

/** How often due polls are looked for, in real time; whether one is due is asked of the service's clock. */
const pollTickMs = 5_000

export const jotformTasks = (deps: Deps): Record<string, Task> => ({
  'jotform-interpret': (payload) => interpretDelivery(deps, (payload as { deliveryId: string }).deliveryId),
  'jotform-verify': (payload, signal) =>
    verifyPending(deps, (payload as { formId: string }).formId, { onlyDue: true, signal }),
  'jotform-file': (payload) => copyFile(deps, payload as FileKey),
  'jotform-settle': (payload) =>
    deps.db
      .transaction()
      .execute((tx) => projectSubmission(tx, deps, payload as { formId: string; submissionId: string })),
  'jotform-poll': (payload, signal) => pollNow(deps, (payload as { formId: string }).formId, signal),
  'jotform-remap': (payload) => remapForm(deps, (payload as { formId: string }).formId),
})

export const jotformTicks = (deps: Deps): Tick[] => [
  { name: 'jotform-polls', everyMs: pollTickMs, run: (signal) => runDuePolls(deps, signal) },
]
