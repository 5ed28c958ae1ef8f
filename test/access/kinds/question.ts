import { callerNames } from '../callers.ts'
import { type Kind, type PreparedRecord, tableOf } from '../kind.ts'
import type { World } from '../world.ts'
import { application } from './application.ts'
import { aSlot, slot } from './slot.ts'

const situations = {
  queued: 'put by a third State; the moderator has not looked at it',
  own: 'put by the mission',
  held: 'held by the moderator',
  merged: 'joined into another question',
  approved: 'let through, to the panel',
  asked: 'called',
  unnamed: 'called, without its State’s name',
  toSpeaker: 'called, to a speaker who consented to everything',
  toSpeakerForMissions: 'called, to a speaker who is shown to missions alone',
  toHiddenSpeaker: 'called, to a speaker who consented to nothing',
  inWriting: 'called, answered in writing by a speaker who consented to everything',
  unreleased: 'called, about a country that is not released, in another slot',
}
type Situation = keyof typeof situations

const elsewhere = ['applicantOfOtherRound', 'missionOfOtherRound', 'secretariatOfOtherRound', 'adminOfOtherRound']
const everybody = Object.fromEntries(
  callerNames.map((name) => [
    name,
    ['secretariat', 'admin', 'integration'].includes(name) ? 'staff' : elsewhere.includes(name) ? '404' : '= public',
  ]),
) as Record<(typeof callerNames)[number], string>

const verdicts = tableOf(
  `
  situation            | public  | applicant | mission  | missionUnderReview | moderator
  queued               | 404     | 404       | 404      | 404                | moderator
  own                  | 404     | 404       | own      | 404                | moderator
  held                 | 404     | 404       | 404      | 404                | moderator
  merged               | 404     | 404       | 404      | 404                | moderator
  approved             | 404     | speaker   | mission  | 404                | moderator
  asked                | public  | speaker   | mission  | public             | moderator
  unnamed              | public~ | speaker~  | mission~ | public~            | moderator
  toSpeaker            | public  | speaker   | mission  | public             | moderator
  toSpeakerForMissions | 404     | 404       | mission  | 404                | moderator
  toHiddenSpeaker      | 404     | 404       | 404      | 404                | moderator
  inWriting            | public  | speaker   | mission  | public             | moderator
  unreleased           | 404     | 404       | 404      | 404                | 404
`,
  everybody,
)

const unnamed = [
  'id',
  'slotId',
  'kind',
  'country',
  'addressedTo',
  'applicationId',
  'text',
  'status',
  'askedAt',
  'answeredAt',
]
const named = [...unnamed, 'state']
const written = ['answer', 'answerDueOn']
const votes = ['votes', 'voted']

/** Of whom the questions are, so that none of the rules about numbers is met. */
const askers: Record<Situation, string> = {
  queued: 'CHE',
  own: 'FRA',
  held: 'CHE',
  merged: 'CHE',
  approved: 'CHE',
  asked: 'ITA',
  unnamed: 'ITA',
  toSpeaker: 'ITA',
  toSpeakerForMissions: 'ESP',
  toHiddenSpeaker: 'ESP',
  inWriting: 'ESP',
  unreleased: 'NOR',
}
/** Whom they are put to, by the situation of the application. */
const addressees: Partial<Record<Situation, string>> = {
  toSpeaker: 'released',
  toSpeakerForMissions: 'forMissions',
  toHiddenSpeaker: 'withoutConsent',
}
const ways: Partial<Record<Situation, string[]>> = {
  held: ['held'],
  approved: ['approved'],
  inWriting: ['approved', 'asked', 'lapsed', 'answeredInWriting'],
}
const called = ['approved', 'asked']

export const question: Kind = {
  name: 'question',
  about:
    'Outside, nothing of a question shows before the release of its country, nor one put to a speaker who is not to be known. Missions see what is let through, the public and the mission of the State under Review what was called. Here `~` says that the State which put it is not named.',
  situations,
  verdicts,
  shows: {
    staff: { canaries: 'all' },
    moderator: {
      canaries: ['text', 'holdReason', 'answer'],
      keys: [...named, ...written, 'showsState', 'holdReason', 'mergedInto', 'votes', 'putAt', 'approvedAt'],
    },
    own: { canaries: ['text'], keys: [...named, ...written, 'showsState', 'mergedInto', 'votes', 'putAt'] },
    mission: { canaries: ['text', 'answer'], keys: [...named, ...written, ...votes] },
    'mission~': { canaries: ['text'], keys: [...unnamed, ...written, ...votes] },
    speaker: { canaries: ['text', 'answer'], keys: [...named, ...written] },
    'speaker~': { canaries: ['text'], keys: [...unnamed, ...written] },
    public: { canaries: ['text'], keys: named },
    'public~': { canaries: ['text'], keys: unnamed },
  },
  after: [application, slot],
  never: { id: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10' },
  findIn: (answer, { params }) => (answer as { data: { id: string }[] }).data.find(({ id }) => id === params.id),

  async prepare(world, prepared) {
    world.clock.set('2021-02-16T12:00:00Z')
    const speakers = prepared.get(application) ?? {}
    const records: Record<string, PreparedRecord> = {}
    const email = speakers.released?.email as string
    for (const situation of Object.keys(situations) as Situation[]) {
      const isElsewhere = situation === 'unreleased'
      const slotId = isElsewhere ? await anUnreleasedSlot(world) : world.moderated
      const applicationId = speakers[addressees[situation] ?? '']?.params.id
      const made = await put(world, { slotId, situation, applicationId, answeredBy: speakers.released?.params.id })
      const country = isElsewhere ? 'BEL' : 'DNK'
      records[situation] = { params: { id: made.id }, email, country, canaries: made.canaries }
    }
    const [into, merged] = [records.approved?.params.id, records.merged?.params.id]
    await ok(world.admin.post(`/v1/questions/${merged}/transitions`, { to: 'merged', into }))
    return records
  },
  // A vote that is cast twice is one.
  copy: async (_world, record) => record,
}

/** The same, met in the list of their slot. */
export const questionOfSlot: Kind = {
  ...question,
  name: 'question in the list of its slot',
  situations: Object.fromEntries(Object.entries(situations).filter(([name]) => name !== 'unreleased')),
  verdicts: Object.fromEntries(Object.entries(verdicts).filter(([name]) => name !== 'unreleased')),
  after: [question],
  isMetElsewhere: true,
  findIn: (answer, { params }) =>
    (answer as { data: { id: string }[] }).data.find(({ id }) => id === params.questionId),
  prepare: async ({ moderated }, prepared) =>
    Object.fromEntries(
      Object.entries(prepared.get(question) ?? {})
        .filter(([name]) => name !== 'unreleased')
        .map(([name, record]) => [
          name,
          { ...record, params: { id: moderated, questionId: record.params.id as string } },
        ]),
    ),
}

const ok = async (sent: ReturnType<World['admin']['post']>) => {
  const answer = await sent
  if (answer.statusCode >= 300) throw new Error(answer.body)
  return answer.json()
}

async function anUnreleasedSlot({ admin, db }: World): Promise<string> {
  const { id } = await ok(admin.post('/v1/qa-slots', { ...aSlot, countries: ['BEL'], room: 'C' }))
  await db.updateTable('slot').set({ published_at: '2021-02-16T11:00:00Z' }).where('id', '=', id).execute()
  return id
}

interface Wanted {
  slotId: string
  situation: Situation
  applicationId: string | undefined
  answeredBy: string | undefined
}

async function put({ admin }: World, { slotId, situation, applicationId, answeredBy }: Wanted) {
  const canary = (field: string) => `canary-question-${situation}-${field}`.toLowerCase()
  const canaries: Record<string, string> = { text: canary('text') }
  const { id } = await ok(
    admin.post(`/v1/qa-slots/${slotId}/questions`, {
      text: canaries.text,
      state: askers[situation],
      showsState: situation !== 'unnamed',
      applicationId,
    }),
  )
  const isUntouched = situation === 'queued' || situation === 'own' || situation === 'merged'
  for (const to of isUntouched ? [] : (ways[situation] ?? called)) {
    if (to === 'held') canaries.holdReason = canary('reason')
    if (to === 'answeredInWriting') canaries.answer = canary('answer')
    const more = {
      held: { reason: canaries.holdReason },
      answeredInWriting: { answer: canaries.answer, applicationId: answeredBy },
    }
    await ok(admin.post(`/v1/questions/${id}/transitions`, { to, ...more[to as 'held'] }))
  }
  return { id: id as string, canaries }
}
