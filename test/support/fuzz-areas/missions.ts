import { type Area, type FuzzCase, ids, type Names, numbers, roundOfSpeakers } from './area.ts'

const round = '38'
const open: FuzzCase = { params: { number: round } }
const states = ['CHE', 'FRA', 'NOR', 'PLW']

export const missions: Area = {
  async seed({ create, patch, post }) {
    await patch('/v1/missions/CHE', { emails: ['upr@che.example'] })
    await post(`/v1/pre-sessions/${round}/invitations`)
    const made: Names = {}
    for (const n of numbers(6)) {
      const registration = { state: 'CHE', name: `Delegate ${n}`, email: `delegate-${n}@che.example` }
      made[`registration${n}`] = await create(`/v1/pre-sessions/${round}/registrations`, registration)
    }
    for (const n of numbers(6))
      made[`delegate${n}`] = await create('/v1/mission-delegates', { state: 'CHL', email: `upr-${n}@chl.example` })
    return made
  },
  cases: {
    registerDelegate: numbers(12).map((n) => ({ body: { state: 'NOR', email: `upr-${n}@nor.example` } })),
    revokeDelegate: ids('delegate', 6),
    getMission: states.map((state) => ({ params: { state } })),
    updateMission: states.flatMap((state): FuzzCase[] => [
      { params: { state }, body: { emails: [`upr@${state.toLowerCase()}.example`], inGeneva: true } },
      { params: { state }, body: { inGeneva: false, note: 'Reached in New York' } },
    ]),
    inviteMissions: [open],
    listInvitations: [open],
    getInvitationCoverage: [open],
    deliverInvitation: states.map((state) => ({
      params: { number: round, state },
      body: { channel: 'noteVerbale', note: 'To the mission in New York' },
    })),
    listRegistrations: [open, { params: { number: String(roundOfSpeakers) }, bearer: 'mission' }],
    registerForRound: [
      ...numbers(12).map((n) => ({ ...open, body: { state: 'NOR', name: 'Mona', email: `mona-${n}@nor.example` } })),
      {
        params: { number: String(roundOfSpeakers) },
        bearer: 'mission',
        body: { name: 'Mona', email: 'mona@fra.example', position: 'Second Secretary' },
      },
    ],
    cancelRegistration: numbers(6).map((n) => ({ params: { number: round, id: `{{registration${n}}}` } })),
    getAttendance: [{ params: { number: String(roundOfSpeakers) } }],
  },
}
