import t from 'tap'
import type { AnswerKind } from '../../src/jotform/mapping-format.ts'
import { mappingTargets, type Target } from '../../src/jotform/mapping-targets.ts'
import { hookPath, jotform, startIntake } from '../support/jotform-intake.ts'

/** An answer that can be read as its kind. */
const answers: Record<AnswerKind, unknown> = {
  text: 'Something',
  email: 'a@b.example',
  phone: { full: '+41 22 900 00 00' },
  address: { addr_line1: 'Rue de Lausanne 1', city: 'Geneva', country: 'Switzerland' },
  fullName: { first: 'Zoë', last: 'Machel' },
  number: '1998',
  date: { day: '05', month: '01', year: '2020' },
  country: 'Belgium',
  choice: 'An option',
  choices: ['An option'],
  boolean: 'Yes',
  files: [],
  list: '[{"Name":"One"}]',
}

const codeFor = (to: string, { codes }: Target) =>
  codes?.[0] ?? ({ '/country': 'BEL', '/issues': 'right-to-health' }[to] || 'code')

t.test('an application that one question alone fills can be read, whichever it is', async (t) => {
  const intake = await startIntake(t, { withoutKey: true, withoutMapping: true })
  const { app } = intake
  let number = 0
  for (const [to, target] of mappingTargets) {
    for (const as of target.as) {
      number += 1
      const [formId, submissionId] = [`20342385914${1000 + number}`, `48567151811142${10_000 + number}`]
      const choices = as === 'choice' || as === 'choices' ? { choices: { 'An option': codeFor(to, target) } } : {}
      const columns = as === 'list' ? { columns: { Name: 'name' } } : {}
      const mapping = {
        formId,
        preSession: 38,
        testRules: [],
        ignore: [],
        fields: [{ qid: '3', name: 'q', to, as, ...choices, ...columns }],
      }
      const put = await app.admin.put(`${jotform}/forms/${formId}`, mapping)
      t.equal(put.statusCode, 200, `${to} as ${as}: ${put.body}`)
      const rawRequest = JSON.stringify({ q3_q: answers[as] })
      const payload = new URLSearchParams({ formID: formId, submissionID: submissionId, rawRequest }).toString()
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      await app.inject({ method: 'POST', url: hookPath, headers, payload })
      await intake.settled()
      const { applicationId } = (await app.admin.get(`${jotform}/submissions/${submissionId}`)).json()
      const detail = await app.admin.get(`/v1/applications/${applicationId}`)
      t.equal(detail.statusCode, 200, `${to} as ${as}`)
      t.equal((await app.admin.get('/v1/applications?limit=1')).statusCode, 200, `${to} as ${as}: list`)
      if (to === '/organisation/address' && as === 'text')
        t.same(detail.json().organisation.address, { line1: 'Something' })
    }
  }
})
