import { callerNames } from '../callers.ts'
import { type Kind, tableOf } from '../kind.ts'
import { application } from './application.ts'

const situations = {
  planned: 'not in the published programme',
  published: 'in the published programme; the applicant has a seat in it, the moderator moderates it',
}

const elsewhere = ['applicantOfOtherRound', 'missionOfOtherRound', 'secretariatOfOtherRound', 'adminOfOtherRound']
const everybody = Object.fromEntries(
  callerNames.map((name) => [
    name,
    ['secretariat', 'admin', 'integration'].includes(name) ? 'staff' : elsewhere.includes(name) ? '404' : '= public',
  ]),
) as Record<(typeof callerNames)[number], string>

const fields = ['id', 'kind', 'preSession', 'countries', 'title', 'startsAt', 'endsAt', 'room', 'status']

export const slot: Kind = {
  name: 'slot',
  about: 'Who takes part is told where to join and who moderates; everybody else when, where and on which countries.',
  situations,
  verdicts: tableOf(
    `
    situation | public | applicant   | moderator
    planned   | 404    | public      | 404
    published | public | participant | participant
  `,
    everybody,
  ),
  shows: {
    staff: { canaries: 'all' },
    participant: { canaries: ['joinUrl', 'moderatorName'], keys: [...fields, 'joinUrl', 'moderators'] },
    public: { canaries: [], keys: fields },
  },
  after: [application],
  never: { id: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10' },
  findIn: (answer, { params }) => (answer as { data: { id: string }[] }).data.find(({ id }) => id === params.id),

  async prepare({ admin, db, clock, moderated }, prepared) {
    clock.set('2021-02-16T10:00:00Z')
    const speakers = prepared.get(application) ?? {}
    const email = speakers.released?.email as string
    const canaries = (name: string) => ({
      joinUrl: `https://meet.example/canary-${name}-join`,
      moderatorName: `canary-${name}-moderator`,
      moderatorEmail: `canary-${name}@moderator.example`,
    })
    const one = (id: string, name: string) => ({ params: { id }, email, country: 'DNK', canaries: canaries(name) })
    const open = async (id: string, name: string) => {
      const { joinUrl, moderatorName, moderatorEmail } = canaries(name)
      const moderators = [{ name: moderatorName, email: moderatorEmail }]
      const changed = await admin.patch(`/v1/qa-slots/${id}`, { joinUrl, moderators }, { 'if-match': '*' })
      if (changed.statusCode !== 200) throw new Error(changed.body)
      return one(id, name)
    }
    const planned = await admin.post('/v1/qa-slots', {
      ...aSlot,
      room: 'B',
      startsAt: '2021-03-25T09:45:00Z',
      endsAt: '2021-03-25T10:30:00Z',
    })
    const records = { planned: await open(planned.json().id, 'planned'), published: await open(moderated, 'published') }
    for (const name of seated) {
      const applicationId = speakers[name]?.params.id
      await admin.post(`/v1/applications/${applicationId}/answers`, { answer: 'confirmed' })
      const booked = await admin.post(`/v1/qa-slots/${moderated}/speakers`, { applicationId })
      if (booked.statusCode !== 201) throw new Error(booked.body)
    }
    await db.updateTable('slot').set({ published_at: '2021-02-16T11:00:00Z' }).where('id', '=', moderated).execute()
    return records
  },
  copy: async (_world, record) => record,
}

export const aSlot = {
  preSession: 38,
  countries: ['DNK'],
  startsAt: '2021-03-24T09:45:00Z',
  endsAt: '2021-03-24T10:30:00Z',
  room: 'A',
}

/** Of the prepared applications, those whose speakers have a seat in the published slot. */
export const seated = [
  'released',
  'withoutConsent',
  'consentWithdrawn',
  'forMissions',
  'forAllMissions',
  'forProgramme',
  'atRisk',
  'riskUnanswered',
  'riskLater',
]
