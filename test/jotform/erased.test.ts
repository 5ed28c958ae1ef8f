import t from 'tap'
import { interpretDelivery } from '../../src/jotform/admission.ts'
import { hashErased, markErased } from '../../src/jotform/erased.ts'
import { type Intake, jotform, startIntake } from '../support/jotform-intake.ts'

const isKnown = async ({ app }: Intake, id: string) =>
  (await app.admin.get(`${jotform}/submissions/${id}`)).statusCode === 200

t.test('what was erased comes back by no way', async (t) => {
  const intake = await startIntake(t)
  const { app, round } = intake
  const { formId } = round.mapping
  const [delivery] = round.deliveries
  if (delivery === undefined) return
  const submissionId = delivery.submissionID
  const key = { formId, submissionId }
  await intake.moveTo(delivery.arrivesAt, { poll: false })
  await intake.deliver(delivery)
  await intake.settled()
  const { deliveries } = (await app.admin.get(`${jotform}/submissions/${submissionId}`)).json()
  const [original] = deliveries
  await app.db.transaction().execute(async (tx) => {
    for (let times = 0; times < 2; times += 1) await markErased(tx, app.deps, { ...key, at: app.deps.clock.now() })
    await tx.deleteFrom('application').where('submission_id', '=', submissionId).execute()
    await tx.deleteFrom('jotform_submission').where('submission_id', '=', submissionId).execute()
  })

  await t.test('a replay, and the delivery goes too', async (t) => {
    t.equal((await app.admin.post(`${jotform}/deliveries/${original.id}/replays`)).statusCode, 202)
    await intake.settled()
    t.notOk(await isKnown(intake, submissionId))
    await interpretDelivery(app.deps, original.id)
    t.same((await app.admin.get(`${jotform}/deliveries?submissionId=${submissionId}`)).json().data, [])
  })

  await t.test('a delivery', async (t) => {
    t.equal(await intake.deliver(delivery), 200)
    await intake.settled()
    t.notOk(await isKnown(intake, submissionId))
    t.same((await app.admin.get(`${jotform}/deliveries`)).json().data, [])
  })

  await t.test('an import', async (t) => {
    const row = round.rows.find(({ id }) => id === submissionId)
    for (const query of ['?dryRun=true', '']) {
      const report = (await app.admin.post(`${jotform}/imports${query}`, [row])).json()
      t.match(report, { created: 0, faults: [{ row: 0, message: /erased/ }] })
    }
    t.notOk(await isKnown(intake, submissionId))
  })

  await t.test('a poll, which does not call it missed', async (t) => {
    await app.admin.post(`${jotform}/forms/${formId}/polls`)
    await intake.settled()
    t.notOk(await isKnown(intake, submissionId))
    const runs = await app.db.selectFrom('jotform_poll_run').select(['listed', 'recovered']).execute()
    t.match(runs.at(-1), { listed: 1, recovered: 0 })
  })
})

t.test('the mark is a keyed hash of form and submission', (t) => {
  const key = { formId: '203423859147358', submissionId: '4856715181114297811' }
  const hash = (byte: number, of = key) => hashErased({ keys: { erased: Buffer.alloc(32, byte) } as never }, of)
  t.equal(hash(1).length, 32)
  t.notSame(hash(1), hash(2))
  t.notSame(hash(1), hash(1, { ...key, formId: '203423859147359' }))
  t.end()
})
