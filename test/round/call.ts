import type { Test } from 'tap'
import { aCompleteApplication } from '../support/builders.ts'
import { readRound } from '../support/jotform-fixtures.ts'
import { hookPath, jotform } from '../support/jotform-intake.ts'
import type { Stage } from './stage.ts'

export interface Speaker {
  email: string
  country: string
  firstName: string
  atRisk?: boolean
}

/** Who applies over the API; the marks in their names are looked for where they must not be. */
export const speakers = {
  zoe: { email: 'zoe@ligue.example', country: 'BEL', firstName: 'ZoëMark' },
  ada: { email: 'ada@liga.example', country: 'BEL', firstName: 'AdaMark', atRisk: true },
  lars: { email: 'lars@forening.example', country: 'DNK', firstName: 'LarsMark' },
  reserve: { email: 'rita@koalition.example', country: 'DNK', firstName: 'RitaMark' },
} satisfies Record<string, Speaker>

export type Applied = Record<keyof typeof speakers, string>

/** The call: applications by Jotform and over the API, on time and one second late, and a country that is given more time. */
export async function callForApplications(t: Test, stage: Stage): Promise<Applied> {
  const { admin, anyone, at, until } = stage
  const round = readRound('round38')
  await at('2020-12-15T10:00:00Z')
  await admin.put(200, `${jotform}/forms/${round.mapping.formId}`, round.mapping)
  t.match((await anyone.get('/v1/pre-sessions/38')).body, { status: 'callOpen', acceptingApplications: true })

  const ids: Record<string, string> = {}
  for (const [name, { email, country, firstName, atRisk = false }] of Object.entries<Speaker>(speakers)) {
    const body = aCompleteApplication()
    const created = await admin.post(201, '/v1/applications', {
      ...body,
      country,
      organisation: { ...body.organisation, name: `Organisation of ${firstName}`, email },
      speaker: { ...body.speaker, firstName, email, atRisk },
    })
    t.equal((await admin.post(200, `/v1/applications/${created.body.id}/submission`)).body.outcome, 'eligible', name)
    ids[name] = created.body.id
  }

  // The last second of the deadline, and the first that is too late, each as Jotform would post it.
  const arrivals = [
    { instant: '2021-01-08T22:59:59Z', outcome: 'eligible', special: 0 },
    { instant: '2021-01-08T23:00:00Z', outcome: 'late', special: 1 },
  ]
  const whole = round.expected.filter((one) => one.outcome === 'eligible' && one.special === null)
  for (const { instant, outcome, special } of arrivals) {
    const expected = whole[special]
    const delivery = round.deliveries.find(({ submissionID }) => submissionID === expected?.submissionID)
    if (expected === undefined || delivery === undefined) throw new Error('The fixtures hold no such delivery.')
    await at(instant)
    await anyone.post(200, hookPath, round.read(delivery.file), { 'content-type': delivery.contentType })
    const applicationId = await until('application from Jotform', async () => {
      const found = await admin.send('GET', `${jotform}/submissions/${delivery.submissionID}`)
      return (found.body as { applicationId?: string | null } | undefined)?.applicationId ?? undefined
    })
    t.equal((await admin.get(`/v1/applications/${applicationId}`)).body.outcome, outcome, instant)
  }
  t.equal((await anyone.get('/v1/pre-sessions/38')).body.acceptingApplications, false, 'time alone closes the door')

  // Storms in Palau: three more days, for one country.
  await at('2021-01-09T08:00:00Z')
  await admin.post(201, '/v1/pre-sessions/38/countries/PLW/deadline-extensions', {
    local: '2021-01-11T23:59',
    reason: 'Power cuts.',
  })
  t.equal((await anyone.get('/v1/pre-sessions/38/countries/PLW')).body.acceptingApplications, true)
  return ids as Applied
}
