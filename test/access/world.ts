import type { Test } from 'tap'
import { testApp } from '../support/app.ts'
import { credentials, otherRound, round } from './callers.ts'
import type { Kind, PreparedRecord } from './kind.ts'
import { aSlot } from './kinds/slot.ts'

/** After the release of Denmark, before that of Belgium. */
export const standing = '2021-02-20T12:00:00Z'

/** One service with a record for every situation of every kind, and a credential for everybody. */
export async function makeWorld(t: Test, kinds: Kind[]) {
  const service = await testApp(t, { now: '2020-12-15T10:00:00Z' })
  const { admin, clock } = service
  await admin.post('/v1/pre-sessions', {
    number: otherRound,
    format: 'virtual',
    dates: { start: '2021-08-16', end: '2021-08-20', precision: 'week' },
    timeZone: 'Europe/Zurich',
    applicationDeadline: { local: '2021-05-16T23:59' },
  })
  await admin.post(`/v1/pre-sessions/${otherRound}/transitions`, { to: 'callOpen' })
  // The slot that the moderator moderates.
  const moderated = (await admin.post('/v1/qa-slots', aSlot)).json().id as string
  const world = { ...service, ...credentials(service, moderated), round, moderated }
  const prepared = new Map<Kind, Record<string, PreparedRecord>>()
  for (const kind of kinds) prepared.set(kind, await kind.prepare(world, prepared))
  clock.set(standing)
  return { ...world, prepared }
}

type Made = Awaited<ReturnType<typeof makeWorld>>
export type World = Omit<Made, 'prepared'>
export type PreparedWorld = Made
