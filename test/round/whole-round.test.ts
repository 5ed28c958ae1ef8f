import t from 'tap'
import { callForApplications } from './call.ts'
import { inviteTheMissions } from './missions.ts'
import { makeProgramme } from './programme.ts'
import { askAndAnswer } from './questions.ts'
import { select } from './selection.ts'
import { openStage } from './stage.ts'
import { sendStatements } from './statements.ts'

t.test('a whole round, from the call to the last answered question', async (t) => {
  const stage = await openStage(t)
  const applied = await callForApplications(t, stage)
  const speakers = await select(t, stage, applied)
  await sendStatements(t, stage, applied, speakers)
  const { block } = await makeProgramme(t, stage, applied)
  await inviteTheMissions(t, stage)
  await askAndAnswer(t, stage, block)
})
