import type { App, Deps } from '../deps.ts'
import { hookRoutes } from './hook.ts'
import { deliveryRoutes } from './routes-deliveries.ts'
import { formRoutes } from './routes-forms.ts'
import { importRoutes } from './routes-imports.ts'
import { submissionRoutes } from './routes-submissions.ts'

export const jotformRoutes = (deps: Deps) => async (app: App) => {
  await app.register(hookRoutes(deps))
  await app.register(importRoutes(deps))
  formRoutes(app, deps)
  deliveryRoutes(app, deps)
  submissionRoutes(app, deps)
}
