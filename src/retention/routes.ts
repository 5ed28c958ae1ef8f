import type { App, Deps } from '../deps.ts'
import { retentionClasses, retentionNames } from '../domain/retention.ts'
import { staffRoles } from '../http/access.ts'
import { ref } from '../http/schemas.ts'
import type { Intake } from '../people/intake.ts'
import { findLastRun } from './queries.ts'
import { RetentionPolicy, RetentionRun } from './schemas.ts'
import { applyNow, countDue, daysOf } from './service.ts'

const tags = ['people']

export const retentionRoutes = (deps: Deps, intake: Intake) => async (app: App) => {
  app.get(
    '',
    {
      config: { access: staffRoles, wholeService: true },
      schema: {
        operationId: 'getRetention',
        tags,
        summary: 'Get retention periods',
        description:
          'How long each class of data is kept, from when on, and what the daily run did last. Periods are configured with RETENTION_DAYS, such as `drafts=60,sessions=7`.',
        response: { 200: { description: 'The periods.', ...ref(RetentionPolicy) } },
      },
    },
    async ({ receivedAt: now }) => {
      const classes = []
      for (const name of retentionNames) {
        const { what, from, days: defaultDays } = retentionClasses[name]
        const due = await countDue(deps, name, now)
        classes.push({ class: name, what, days: daysOf(deps, name), defaultDays, from, due })
      }
      const last = await findLastRun(deps.db)
      const lastRun =
        last === undefined
          ? null
          : { startedAt: last.started_at, finishedAt: last.finished_at as string, counts: last.counts }
      return { classes, lastRun }
    },
  )

  app.post(
    '/runs',
    {
      config: { access: ['admin'], wholeService: true },
      schema: {
        operationId: 'applyRetention',
        tags,
        summary: 'Apply retention periods',
        description:
          'Removes what is due now instead of with the daily run. Look at `due` first: nothing of it comes back. In the sandbox the clock that was set counts.',
        response: { 200: { description: 'What was removed.', ...ref(RetentionRun) } },
      },
    },
    async ({ caller, receivedAt: now }) => {
      const counts = await applyNow(deps, intake, { now, actor: caller.id })
      return { startedAt: now, finishedAt: deps.clock.now(), counts }
    },
  )
}
