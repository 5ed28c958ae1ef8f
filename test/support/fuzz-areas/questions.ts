import { type Area, country, type FuzzCase, ids, named, numbers } from './area.ts'
import { missions } from './speakers.ts'

const words = 'Which of the recommendations has had the least effect?'
const slot: FuzzCase = { params: { id: '{{qaLive}}' } }
const askers = ['mission', 'otherMission'] as const

export const questions: Area = {
  async seed({ by, create, post, put }, names) {
    const path = `/v1/qa-slots/${names.qaLive}/questions`
    const made: Record<string, string> = {}
    const ask = async (name: string, body: object = {}) => {
      made[name] = await create(path, { text: words, country, ...body })
      return `/v1/questions/${made[name]}`
    }
    const ofMission = { state: 'NOR' }
    for (const n of numbers(4)) await ask(`queued${n}`, ofMission)
    for (const n of numbers(6)) await ask(`approved${n}`)
    for (const n of numbers(2)) await post(`${await ask(`asked${n}`)}/transitions`, { to: 'asked' })
    for (const n of numbers(3)) await post(`${await ask(`lapsed${n}`)}/transitions`, { to: 'lapsed' })
    const otherMission = by(Object.keys(missions)[1] as string)
    for (const n of numbers(6)) {
      const voted = await otherMission.put(`/v1/questions/${made[`approved${n}`]}/votes/mine`, {})
      if (voted.statusCode >= 300) throw new Error(voted.body)
    }
    await post(`${await ask('asked3', { applicationId: names.hidden1 })}/transitions`, { to: 'asked' })
    await put(`/v1/qa-slots/${names.qaLive}/question-queue`, { order: 'time' })
    return made
  },
  cases: {
    listQuestions: [slot, { ...slot, bearer: 'mission' }, { ...slot, bearer: 'qaModerator' }],
    putQuestion: [
      { ...slot, body: { text: words, country } },
      { ...slot, body: { text: words, applicationId: '{{speaker1}}' } },
      { ...slot, body: { text: words, country, state: 'CHL', showsState: false } },
      { ...slot, bearer: 'qaModerator', body: { text: words } },
      ...askers.map((bearer) => ({ ...slot, bearer, body: { text: words, country, showsState: false } })),
      { ...slot, bearer: 'reviewedMission', body: { kind: 'floor', country } },
      { ...slot, bearer: 'reviewedMission', body: { kind: 'openingStatement', text: 'Two minutes' } },
    ],
    getQuestion: [...ids('approved', 2), ...ids('asked', 3), { ...ids('approved', 1)[0], bearer: 'mission' }],
    transitionQuestion: [
      ...ids('queued', 4).map((it) => ({ ...it, bearer: 'qaModerator', body: { to: 'approved' } })),
      ...ids('queued', 4).map((it) => ({ ...it, body: { to: 'held', reason: 'Hostile' } })),
      ...ids('queued', 4).map((it) => ({ ...it, body: { to: 'merged', into: '{{approved6}}' } })),
      ...ids('asked', 2).map((it) => ({ ...it, body: { to: 'approved' } })),
      ...ids('asked', 2).map((it) => ({ ...it, body: { to: 'asked' } })),
      ...ids('lapsed', 3).map((it) => ({ ...it, body: { to: 'answeredInWriting', answer: 'None.' } })),
    ],
    voteForQuestion: named('approved', 6).map((id) => ({ params: { id }, bearer: 'mission', body: {} })),
    withdrawVote: named('approved', 6).map((id) => ({ params: { id }, bearer: 'otherMission' })),
    getQuestionQueue: [slot, { ...slot, bearer: 'qaModerator' }],
    orderQuestionQueue: [
      { ...slot, body: { order: 'turn' } },
      { ...slot, bearer: 'qaModerator', body: { order: 'time' } },
    ],
    listenToSlot: [slot, { ...slot, bearer: 'mission' }, { ...slot, bearer: 'speaker' }, { ...slot, bearer: 'none' }],
    createEventTicket: ['admin', 'mission', 'qaModerator', 'speaker'].map((bearer) => ({
      bearer,
      body: { slotId: '{{qaLive}}' },
    })),
  },
}
