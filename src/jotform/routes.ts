import type { App, Deps } from '../deps.ts'

export const jotformRoutes = (_deps: Deps) => async (_app: App) => {}
