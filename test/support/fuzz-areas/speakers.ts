import { aCompleteApplication } from '../builders.ts'
import { hiddenWord } from '../fuzz-leaks.ts'
import { type Area, country, numbers, otherCountry, roundOfSpeakers, type Seeding } from './area.ts'

export const speakerCount = 4
export const filmedCount = 22
const consents = ['showNameInProgramme', 'shareWithMissions', 'publishStatement', 'publishVideo']

/** The round of speakers, and in it people who were selected: some to speak in slots, some for a video each. */
export const speakers: Area = {
  async seed(seeding) {
    const { clock, post, session } = seeding
    const before = clock.now()
    clock.set('2020-10-02T10:00:00Z')
    await post('/v1/pre-sessions', {
      number: roundOfSpeakers,
      format: 'virtual',
      dates: { start: '2020-12-14', end: '2020-12-18', precision: 'exact' },
      timeZone: 'Europe/Zurich',
      applicationDeadline: { local: '2020-11-15T23:59', timeZone: 'Europe/Zurich' },
    })
    const path = `/v1/pre-sessions/${roundOfSpeakers}`
    await post(`${path}/transitions`, { to: 'callOpen' })
    const names: Record<string, string> = {}
    const all = [
      ...numbers(speakerCount).map((n) => `speaker${n}`),
      ...numbers(filmedCount).map((n) => `filmed${n}`),
      'hidden1',
      'hidden2',
    ]
    await Promise.all(
      all.map(async (name) => {
        names[name] = await aSelected(seeding, name)
      }),
    )
    await post(`${path}/transitions`, { to: 'callClosed' })
    await post(`${path}/countries/${country}/release`, { at: '2020-10-03T10:00:00Z' })
    clock.set(before)
    await session('ses_speaker', { role: 'applicant', email: emailOf('speaker1') })
    await session('ses_other_speaker', { role: 'applicant', email: emailOf('speaker2') })
    for (const [token, state] of Object.entries(missions))
      await session(token, { role: 'mission', email: `upr@${state.toLowerCase()}.example`, state })
    return names
  },
  cases: {},
}

export const missions = { ses_mission: 'FRA', ses_other_mission: 'CHE', ses_reviewed_mission: country }
export const emailOf = (name: string) => `${name}@speakers.example`

async function aSelected({ create, post }: Seeding, name: string): Promise<string> {
  const body = aCompleteApplication()
  const word = name.replace('hidden', hiddenWord)
  const id = await create('/v1/applications', {
    ...body,
    preSession: roundOfSpeakers,
    // One is at risk, of the other one the country is not released.
    country: name === 'hidden2' ? otherCountry : country,
    organisation: { ...body.organisation, name: `Organisation of ${word}`, email: `office-${word}@speakers.example` },
    speaker: { firstName: word, lastName: 'Speaker', email: emailOf(word), atRisk: name === 'hidden1' },
    consents,
  })
  await post(`/v1/applications/${id}/submission`)
  await post(`/v1/applications/${id}/decisions`, { decision: 'selected', reason: `About ${hiddenWord}` })
  await post(`/v1/applications/${id}/answers`, { answer: 'confirmed' })
  return id
}
