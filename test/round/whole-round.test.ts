import t from 'tap'
import { callForApplications } from './call.ts'
import { select } from './selection.ts'
import { openStage } from './stage.ts'

t.test('a whole round, from the call to the release', async (t) => {
  const stage = await openStage(t)
  const applied = await callForApplications(t, stage)
  await select(t, stage, applied)
})
