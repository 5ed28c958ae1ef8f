import type { Test } from 'tap'
import { type CallerName, callerNames, describe } from '../access/callers.ts'
import type { PreparedRecord } from '../access/kind.ts'
import { application } from '../access/kinds/application.ts'
import { readPolicy } from '../access/policy.ts'
import { kindsOf } from '../access/render.ts'
import type { Row } from '../access/rows.ts'
import { nobody } from '../access/words.ts'
import { makeWorld } from '../access/world.ts'
import type { testApp } from '../support/app.ts'
import { type Place, readDocument } from '../support/document.ts'

const isStaff = (name: CallerName) => ['secretariat', 'admin', 'integration'].includes(describe(name).role)

/** Whoever is not staff. */
export const outsiders = callerNames.filter((name) => !isStaff(name))
/** Those who know no record, one of each sort. */
export const strangers: CallerName[] = [
  'public',
  'otherApplicant',
  'mission',
  'missionUnderReview',
  'moderator',
  'formerReviewer',
]

/** The world of the access policy, and hands with which each caller asks. */
export async function leakWorld(t: Test & Parameters<typeof testApp>[0]) {
  const policy = await readPolicy()
  const { operations } = await readDocument()
  const world = await makeWorld(t, kindsOf(policy))
  const records = world.prepared.get(application) as Record<string, PreparedRecord>
  /** As an applicant or a mission that this record knows; without one, as one that none knows. */
  const hands = async (caller: CallerName, record: Pick<PreparedRecord, 'email' | 'country'> = nobody) => {
    const bearer = await world.bearer(caller, record)
    return world.as(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` })
  }
  const rowOf = ({ tags, operationId }: Place): Row | undefined => policy.get(tags[0] as string)?.[operationId]
  const mayCall = (caller: CallerName, place: Place) => {
    const roles = rowOf(place)?.roles ?? []
    return roles === 'public' || roles.includes(describe(caller).role)
  }
  return {
    world,
    records,
    hands,
    operations,
    rowOf,
    mayCall,
    record: (name: string) => records[name] as PreparedRecord,
  }
}

export type LeakWorld = Awaited<ReturnType<typeof leakWorld>>
