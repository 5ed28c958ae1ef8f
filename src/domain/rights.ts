import type { Fault } from './faults.ts'

/** What a credential may do: its role, narrowed to scopes, rounds and countries; without limits, all of them. */
export interface Rights {
  role: string
  scopes: readonly string[]
  preSessions?: readonly number[] | undefined
  countries?: readonly string[] | undefined
}

/** The roles that each role may hand on. */
const below: Record<string, readonly string[]> = {
  admin: ['admin', 'secretariat', 'reviewer', 'integration'],
  secretariat: ['secretariat', 'reviewer', 'integration'],
}

/** Nobody gives away more than he has: everything in which the wanted rights go beyond those of the giver. */
export function excessOf(giver: Rights, wanted: Rights): Fault[] {
  const faults: Fault[] = []
  const tell = (field: string, message: string) =>
    faults.push({ pointer: `/${field}`, code: 'more_than_you_have', message })
  if (!below[giver.role]?.includes(wanted.role))
    tell('role', `The role ${giver.role} cannot give the role ${wanted.role}.`)
  const scopes = beyond(everything(giver.scopes), everything(wanted.scopes))
  if (scopes.length > 0) tell('scopes', `Your credential lacks: ${scopes.join(', ')}.`)
  const rounds = beyond(giver.preSessions, wanted.preSessions)
  if (rounds.length > 0) tell('preSessions', `Your credential is not for: ${rounds.join(', ')}.`)
  const countries = beyond(giver.countries, wanted.countries)
  if (countries.length > 0) tell('countries', `Your credential is not for: ${countries.join(', ')}.`)
  return faults
}

/** What is left of rights whose owner has these: in everything the narrower of both. */
export function narrowedBy(owner: Rights, own: Rights): Rights {
  return {
    role: own.role,
    scopes: common(everything(owner.scopes), everything(own.scopes)) ?? ['*'],
    preSessions: common(owner.preSessions, own.preSessions),
    countries: common(owner.countries, own.countries),
  }
}

/** `*` is no limit. */
const everything = (scopes: readonly string[]): readonly string[] | undefined =>
  scopes.includes('*') ? undefined : scopes

/** What of `wanted` is outside `limit`; no limit takes everything, and everything fits no limit. */
function beyond<T>(limit: readonly T[] | undefined, wanted: readonly T[] | undefined): (T | 'all')[] {
  if (limit === undefined) return []
  return wanted === undefined ? ['all'] : wanted.filter((one) => !limit.includes(one))
}

function common<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): readonly T[] | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return b.filter((one) => a.includes(one))
}
