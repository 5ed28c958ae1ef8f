import t from 'tap'
import { callForApplications } from './call.ts'
import { makeProgramme } from './programme.ts'
import { select } from './selection.ts'
import { openStage } from './stage.ts'
import { sendStatements } from './statements.ts'

t.test('a whole round, from the call to the published programme', async (t) => {
  const stage = await openStage(t)
  const applied = await callForApplications(t, stage)
  const speakers = await select(t, stage, applied)
  await sendStatements(t, stage, applied, speakers)
  await makeProgramme(t, stage, applied)
})
