import type { Actor, Lifecycle, Transition } from './lifecycle.ts'
import { applicationLifecycles } from './lifecycles-application.ts'
import { intakeLifecycle } from './lifecycles-intake.ts'
import { questionLifecycle } from './lifecycles-question.ts'
import { roundLifecycles } from './lifecycles-round.ts'
import { slotLifecycle } from './lifecycles-slot.ts'
import { videoLifecycles } from './lifecycles-video.ts'

export type { Actor, Lifecycle, State, Transition } from './lifecycle.ts'

/** Every state machine of the service by its name, as data for rules and frontends alike. */
export const lifecycles = {
  ...roundLifecycles,
  ...applicationLifecycles,
  ...intakeLifecycle,
  ...slotLifecycle,
  ...videoLifecycles,
  ...questionLifecycle,
}
export type LifecycleName = keyof typeof lifecycles

/** The moves that are open from a state; with `by`, only those that this actor may make. */
export function legalMoves(machine: Lifecycle, from: string, by?: Actor): Transition[] {
  return machine.transitions.filter((move) => move.from === from && (by === undefined || move.by === by))
}

/** Whether a move from one state to another is open; with `by`, whether this actor may make it. */
export function canMove(machine: Lifecycle, from: string, to: string, by?: Actor): boolean {
  return legalMoves(machine, from, by).some((move) => move.to === to)
}
