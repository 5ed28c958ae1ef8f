import type { App, Deps } from '../deps.ts'

export const documentRoutes = (_deps: Deps) => async (_app: App) => {}
