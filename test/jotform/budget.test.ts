import t from 'tap'
import { hookPath, type Intake, jotform, outcomeOf, startIntake } from '../support/jotform-intake.ts'

const forge = async ({ app, round }: Intake, submissionID: string) => {
  const fields = { formID: round.mapping.formId, submissionID, rawRequest: '{"q3_countryUnder":"Belgium"}' }
  const response = await app.inject({
    method: 'POST',
    url: hookPath,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  })
  return response.statusCode
}
const forgedId = (n: number) => `4856715181${100_000_000 + n}`
const callsOf = ({ api }: Intake) => api.log.filter(({ path }) => !path.startsWith('/uploads/'))
const codes = async ({ app }: Intake) =>
  (await app.admin.get(`${jotform}/status`)).json().alerts.map(({ code }: { code: string }) => code) as string[]

t.test('with few calls left only polls ask Jotform, and they confirm what is real', async (t) => {
  const intake = await startIntake(t)
  const [delivery] = intake.round.deliveries
  if (delivery === undefined) return
  intake.api.setLimitLeft(150)
  await intake.moveTo(delivery.arrivesAt)
  intake.api.log.length = 0
  t.equal(await intake.deliver(delivery), 200)
  t.equal(await forge(intake, forgedId(1)), 200)
  await intake.settled()
  t.same(callsOf(intake), [], 'a delivery costs no call')
  t.match(await outcomeOf(intake, forgedId(1)), { verification: 'unverified', state: 'verifying' })
  await intake.moveTo(new Date(Date.parse(delivery.arrivesAt) + 11 * 60_000).toISOString())
  t.match(await outcomeOf(intake, delivery.submissionID), { verification: 'verified', application: 'created' })
  t.match(await outcomeOf(intake, forgedId(1)), { verification: 'unverified' })
  t.notOk(callsOf(intake).some(({ path }) => path.startsWith('/submission/')))
})

t.test("a flood with the secret cannot use up the day's calls", async (t) => {
  const intake = await startIntake(t)
  intake.api.keepOnly()
  await intake.moveTo('2021-01-08T20:00:00Z')
  intake.api.log.length = 0
  for (let n = 0; n < 250; n += 1) t.equal(await forge(intake, forgedId(n)), 200)
  await intake.settled()
  const calls = callsOf(intake).length
  t.ok(calls > 0 && calls <= 200, `${calls} calls for 250 forged deliveries`)
})

t.test('an alert ends after two days, a count does not', async (t) => {
  const intake = await startIntake(t)
  intake.api.faults.loginPageForFiles = true
  intake.api.keepOnly(...intake.round.rows.slice(0, 5).map(({ id }) => id))
  await intake.moveTo('2021-01-12T10:00:00Z')
  await forge(intake, forgedId(1))
  await intake.settled()
  for (const minutes of ['15', '30', '45']) await intake.moveTo(`2021-01-12T10:${minutes}:00Z`)
  t.match(await outcomeOf(intake, forgedId(1)), { verification: 'forged' })
  const before = (await intake.app.admin.get(`${jotform}/status`)).json()
  const watched = ['missedWebhooks', 'needsAttention', 'forgedDeliveries']
  const present = await codes(intake)
  for (const code of watched) t.ok(present.includes(code), code)
  await intake.moveTo('2021-01-14T11:00:00Z', { poll: false })
  const later = await codes(intake)
  for (const code of watched) t.notOk(later.includes(code), code)
  const { counts, forgedCount, recoveredCount } = (await intake.app.admin.get(`${jotform}/status`)).json()
  t.same(
    { counts, forgedCount, recoveredCount },
    {
      counts: before.counts,
      forgedCount: 1,
      recoveredCount: before.recoveredCount,
    },
  )
})
