/** Who makes a move: a person by a request, the service by itself, the applicant, or the extension of a deadline. */
export type Actor = 'person' | 'applicant' | 'system' | 'deadlineExtension'

export interface State<S extends string = string> {
  name: S
  description: string
  final?: true
}

export interface Transition<S extends string = string> {
  from: S
  to: S
  by: Actor
  description: string
}

export interface Lifecycle<S extends string = string> {
  name: string
  description: string
  initial: S
  states: readonly State<S>[]
  transitions: readonly Transition<S>[]
}

/** The same move from several states. */
export function movesFrom<S extends string>(
  froms: readonly S[],
  to: S,
  by: Actor,
  description: string,
): Transition<S>[] {
  return froms.map((from) => ({ from, to, by, description }))
}

/** The same move to several states. */
export function movesTo<S extends string>(from: S, tos: readonly S[], by: Actor, description: string): Transition<S>[] {
  return tos.map((to) => ({ from, to, by, description }))
}
