import t from 'tap'
import { checkRound, startIntake } from '../support/jotform-intake.ts'

for (const name of ['round38', 'hostile'] as const) {
  t.test(`${name} as it happened: every submission gets the expected decision`, async (t) => {
    const intake = await startIntake(t, { round: name })
    for (const delivery of intake.round.deliveries) {
      await intake.moveTo(delivery.arrivesAt)
      t.equal(await intake.deliver(delivery), 200)
      await intake.settled()
    }
    for (const instant of [
      '2021-01-08T23:05:00Z',
      '2021-01-08T23:16:00Z',
      '2021-01-09T00:40:00Z',
      '2021-01-09T01:20:00Z',
    ]) {
      await intake.moveTo(instant)
    }
    await checkRound(t, intake)
  })
}
