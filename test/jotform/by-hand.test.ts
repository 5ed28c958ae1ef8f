import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Intake, jotform, startIntake } from '../support/jotform-intake.ts'

const upload = async ({ app, round }: Intake, applicationId: string, kind = 'uprSubmission') => {
  const folder = join(round.dir, 'files')
  const owner = readdirSync(folder)[0] as string
  const pdf = readFileSync(join(folder, owner, readdirSync(join(folder, owner))[0] as string))
  const part = (head: string, content: Buffer | string) =>
    Buffer.concat([
      Buffer.from(`--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ])
  const payload = Buffer.concat([
    part('name="kind"', kind),
    part('name="file"; filename="a.pdf"', pdf),
    Buffer.from('--b--\r\n'),
  ])
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  return app.admin.post(`/v1/applications/${applicationId}/documents`, payload, headers)
}
const read = async ({ app }: Intake, id: string) => {
  const submission = (await app.admin.get(`${jotform}/submissions/${id}`)).json()
  const path = `/v1/applications/${submission.applicationId}`
  const application = (await app.admin.get(path)).json()
  const history = (await app.admin.get(`${path}/history?limit=100`)).json().data as { action: string }[]
  const versions = (await app.admin.get(`${path}/versions?limit=100`)).json().data
  return { submission, application, versions, actions: history.map(({ action }) => action) }
}
const find = (intake: Intake, wanted: (one: Intake['round']['expected'][number]) => boolean) =>
  intake.round.expected.find(
    (one) => one.kind === 'normal' && one.receivedAt < '2021-01-08T12' && wanted(one),
  ) as Intake['round']['expected'][number]

t.test('a UPR submission added by hand before the deadline counts, and no projection takes it away', async (t) => {
  const intake = await startIntake(t)
  const { submissionID } = find(intake, ({ missing }) => missing.length === 1 && missing[0] === '/uprSubmission')
  intake.api.keepOnly(submissionID)
  await intake.moveTo('2021-01-08T20:00:00Z')
  const before = await read(intake, submissionID)
  t.match(before.application, { outcome: 'incomplete' })
  const added = await upload(intake, before.application.id)
  t.equal(added.statusCode, 201, added.body)
  const path = `${jotform}/forms/${intake.round.mapping.formId}`
  for (const then of ['at once', 'after another mapping']) {
    const now = await read(intake, submissionID)
    t.match(now.application, { outcome: 'eligible', uprSubmission: { documentIds: [added.json().id] } }, then)
    t.same(now.versions, before.versions, 'no version was made or changed')
    t.ok(now.actions.includes('application.documentAddedByHand'))
    await intake.app.admin.put(path, { ...intake.round.mapping, testRules: [] })
    await intake.settled()
  }
})

t.test('after the deadline it counts only in place of a file whose copy failed', async (t) => {
  const intake = await startIntake(t)
  intake.api.faults.loginPageForFiles = true
  const withFile = find(intake, ({ outcome, special }) => outcome === 'eligible' && special === null)
  const without = find(intake, ({ missing }) => missing.length === 1 && missing[0] === '/uprSubmission')
  intake.api.keepOnly(withFile.submissionID, without.submissionID)
  await intake.moveTo('2021-01-09T10:00:00Z')
  const failed = await read(intake, withFile.submissionID)
  t.match(failed, { submission: { state: 'needsAttention' }, application: { outcome: 'needsReview' } })
  t.equal((await upload(intake, failed.application.id, 'other')).statusCode, 201)
  t.match(await read(intake, withFile.submissionID), { application: { outcome: 'needsReview' } })
  const added = await upload(intake, failed.application.id)
  await intake.settled()
  const mended = await read(intake, withFile.submissionID)
  t.match(mended, { submission: { state: 'imported' }, application: { outcome: 'eligible' } })
  t.ok(mended.application.uprSubmission.documentIds.includes(added.json().id))

  const late = await read(intake, without.submissionID)
  t.equal((await upload(intake, late.application.id)).statusCode, 201)
  t.match(await read(intake, without.submissionID), { application: { outcome: 'incomplete' } })
})
