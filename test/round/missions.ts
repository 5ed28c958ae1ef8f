import type { Test } from 'tap'
import type { Stage } from './stage.ts'

const email = (state: string) => `upr@${state.toLowerCase()}.mission.example`

/** Every mission is invited, that of the State under Review too; three register. */
export async function inviteTheMissions(t: Test, stage: Stage) {
  const { admin } = stage
  const round = '/v1/pre-sessions/38'
  await admin.post(200, `${round}/invitations`)
  const coverage = (await admin.get(`${round}/invitations/coverage`)).body
  t.match(coverage, { complete: true, missing: [], statesUnderReview: { length: 14 } })

  for (const state of ['FRA', 'CHE', 'BEL'])
    await admin.post(201, `${round}/registrations`, { state, name: `Delegate of ${state}`, email: email(state) })
}

/** On the day they enter by their links. */
export async function enterAsMissions(stage: Stage) {
  const enter = (state: string) => stage.enter({ email: email(state), purpose: 'mission' })
  return { france: await enter('FRA'), switzerland: await enter('CHE'), belgium: await enter('BEL') }
}
