import type { App, Deps } from '../deps.ts'
import { availabilityRoutes } from './availability-routes.ts'
import { dayRoutes } from './day-routes.ts'
import { qaSlots, screenings, slotRoutes } from './routes.ts'
import { seatRoutes } from './seat-routes.ts'
import { swapRoutes } from './swap-routes.ts'

/** Everything about slots: both kinds have the same operations. */
export const allSlotRoutes = (deps: Deps) => async (app: App) => {
  for (const names of [qaSlots, screenings]) {
    await app.register(slotRoutes(deps, names), { prefix: names.path })
    await app.register(seatRoutes(deps, names), { prefix: names.path })
    await app.register(swapRoutes(deps, names), { prefix: names.path })
    await app.register(dayRoutes(deps, names), { prefix: names.path })
  }
  await app.register(availabilityRoutes(deps), { prefix: '/v1/applications' })
}
