import fc from 'fast-check'
import t from 'tap'
import {
  type AssessmentFacts,
  assess,
  assessmentForApplicant,
  outcomes,
  policyVersion,
} from '../../src/domain/assessment.ts'
import { effectiveDeadline } from '../../src/domain/effective-deadline.ts'
import { judgeApiReceipt } from '../../src/domain/receipt.ts'
import { precedence } from './assessment.cases.ts'
import { deadline, facts, withValue } from './facts.ts'

const rule = (given: Partial<AssessmentFacts>, number: string) =>
  assess({ ...facts, ...given } as AssessmentFacts).rules.find((one) => one.rule === number)

for (const { name, given, outcome, missing = [] } of precedence) {
  t.test(`${outcome}: ${name}`, async (t) => {
    const assessment = assess({ ...facts, ...given } as AssessmentFacts)
    t.equal(assessment.outcome, outcome, assessment.rules.map((one) => `${one.rule} ${one.outcome}`).join(', '))
    t.strictSame(assessment.missing, missing)
    t.strictSame(
      assessment.rules.map((one) => one.rule),
      ['R4', 'R5', 'R6', 'R7', 'R8', 'R9', 'R10', 'R11', 'R12'],
    )
    for (const one of assessment.rules) t.match(one.message, /^["A-Z].*\.$/s, one.rule)
    t.strictSame(JSON.parse(JSON.stringify(assessment)), assessment, 'it can be stored as JSON')
  })
}

t.test('every outcome occurs', async (t) => {
  t.strictSame(new Set(precedence.map((one) => one.outcome)), new Set(outcomes))
  t.match(assess(facts), { evaluatedAt: facts.now, policyVersion })
})

t.test('R4 says when it arrived, what was left, and shows the values compared', async (t) => {
  const at = (receivedAt: string) => ({ receipt: judgeApiReceipt(receivedAt, deadline.closesAt) })
  t.match(rule(at('2021-01-08T20:00:00Z'), 'R4'), {
    outcome: 'pass',
    message:
      'Received on Friday 8 January 2021, 21:00:00 (Europe/Zurich, UTC+01:00), 3 hours before the deadline closed.',
    evidence: {
      receivedAt: '2021-01-08T20:00:00Z',
      closesAt: deadline.closesAt,
      marginSeconds: 10_800,
      basis: 'requestRead',
    },
  })
  t.match(rule(at('2021-01-08T22:59:59.999Z'), 'R4'), { outcome: 'warn', message: /0\.001 seconds before.*once more/ })
  t.match(rule(at('2021-01-08T23:00:00Z'), 'R4'), { outcome: 'fail', message: /at the very moment/ })
  t.match(rule(at('2021-01-10T00:01:05Z'), 'R4'), { outcome: 'fail', message: /1 day 1 hour after/ })
})

t.test('R5 shows the clock time, the place and the wording, and doubts CET in summer', async (t) => {
  t.match(rule({}, 'R5'), {
    outcome: 'pass',
    message: /23:59 on Friday 8 January 2021 in Europe\/Zurich \(UTC\+01:00\).*2021-01-08T23:00:00Z/,
    evidence: { wording: deadline.wording, offset: '+01:00' },
  })
  const summer = {
    local: '2021-08-16T23:59',
    timeZone: 'Europe/Zurich',
    closesAt: '2021-08-16T22:00:00Z',
    source: 'round' as const,
  }
  const say = (wording?: string) => rule({ deadline: { ...summer, ...(wording && { wording }) } }, 'R5')
  t.match(say('23h59 CET on 16 August 2021'), { outcome: 'warn', message: /says CET/ })
  t.match(say('23h59 CEST on 16 August 2021'), { outcome: 'pass' })
  t.match(say(), { outcome: 'pass', evidence: { wording: null } })
  t.match(rule({ deadline: { ...facts.deadline, wording: '23h59 CEST' } }, 'R5'), {
    outcome: 'warn',
    message: /says CEST/,
  })
})

t.test('R6 and R7 tell of an extension and of a waiver', async (t) => {
  const later = { local: '2021-01-15T23:59', timeZone: 'Europe/Zurich', closesAt: '2021-01-15T23:00:00Z' }
  t.match(rule({}, 'R6'), { outcome: 'pass', evidence: { isExtended: false } })
  const waiver = { until: '2021-01-20T12:00:00Z' }
  const waived = effectiveDeadline(deadline, later, waiver)
  t.match(rule({ deadline: waived }, 'R6'), {
    message: /from 23:59 on Friday 8 January 2021 to 23:59 on Friday 15 January 2021/,
    evidence: { originalClosesAt: deadline.closesAt, closesAt: later.closesAt },
  })
  const receipt = judgeApiReceipt('2021-01-19T00:00:00Z', waiver.until)
  t.match(rule({ deadline: waived, receipt }, 'R7'), {
    outcome: 'pass',
    message: /not late\. A waiver gives this applicant time until Wednesday 20 January 2021/,
    evidence: { waivedUntil: waiver.until, generalClosesAt: later.closesAt },
  })
  t.equal(assess({ ...facts, deadline: waived, receipt }).outcome, 'eligible')
  const { waived: _, ...bare } = waived
  t.match(rule({ deadline: bare, receipt }, 'R7'), { evidence: { generalClosesAt: null } })
  const missed = judgeApiReceipt('2021-01-20T12:00:00Z', waiver.until)
  t.equal(assess({ ...facts, deadline: waived, receipt: missed }).outcome, 'late')
})

t.test('R10 flags linked applications to staff and hides them from the applicant', async (t) => {
  const linked = [{ applicationId: '0190-other', why: 'sameOrganisation' }]
  const full = assess({ ...facts, linked })
  t.match(full.rules[6], { rule: 'R10', outcome: 'warn', message: /flagged/, evidence: { linked } })
  t.strictSame(assessmentForApplicant(full), assess(facts))
  const refused = assess({ ...facts, linked, country: undefined })
  t.match(refused.rules[6], { outcome: 'fail', message: /flagged/ })
  t.strictSame(assessmentForApplicant(refused), assess({ ...facts, country: undefined } as AssessmentFacts))
})

t.test('R11 knows a State by its code, records the GANHRI status and waits for what is missing', async (t) => {
  const nhri = withValue('/organisation/type', 'nhri')
  const ganhriStatus = { status: 'B' as const, asOf: '2019-03-01' }
  const given = { ...nhri, organisation: { ...nhri.organisation, basedIn: 'bel', ganhriStatus } }
  t.match(rule({ body: given, basedInIso3: undefined }, 'R11'), { outcome: 'pass', evidence: { ganhriStatus } })
  t.match(rule({ body: { ...nhri, country: 'bel' } }, 'R11'), { outcome: 'pass' })
  t.match(rule({ body: { ...nhri, country: '' } }, 'R11'), { outcome: 'unknown', evidence: { awaits: ['/country'] } })
  t.match(rule({ body: nhri, basedInIso3: 'DNK' }, 'R11'), { outcome: 'fail', message: /DNK and applies for Belgium/ })
  t.match(rule({ body: nhri, basedInIso3: 'DNK', country: undefined }, 'R11'), { message: /applies for BEL/ })
})

t.test('R12 records ECOSOC status and never refuses', async (t) => {
  t.match(rule({}, 'R12'), { outcome: 'pass', evidence: { ecosocStatus: null } })
  t.match(rule({ body: withValue('/organisation/ecosocStatus', 'roster') }, 'R12'), {
    outcome: 'pass',
    evidence: { ecosocStatus: 'roster' },
  })
})

t.test('an empty draft is assessed without fault', async (t) => {
  const draft = assess({
    ...facts,
    body: { preSession: 38 },
    country: undefined,
    basedInIso3: undefined,
  } as AssessmentFacts)
  t.equal(draft.outcome, 'incomplete')
  t.strictSame(draft.missing, [...facts.settings.requiredFields])
})

t.test('the clock of the applicant is nowhere in the facts', async (t) => {
  t.strictSame(assess({ ...facts, now: '2031-01-01T00:00:00Z' }), {
    ...assess(facts),
    evaluatedAt: '2031-01-01T00:00:00Z',
  })
})

t.test('no content whatsoever makes a rule throw', async (t) => {
  const fields = [
    ...facts.settings.requiredFields,
    '/organisation/ganhriStatus',
    '/organisation/phone',
    '/consents',
    '/speaker/timeZone',
  ]
  const change = fc.tuple(fc.constantFrom(...fields), fc.anything({ maxDepth: 2 }))
  const holds = fc.property(change, fc.option(fc.string(), { nil: undefined }), ([pointer, value], basedIn) => {
    const assessment = assess({ ...facts, body: withValue(pointer, value), basedInIso3: basedIn })
    return outcomes.includes(assessment.outcome) && assessment.rules.length === 9
  })
  fc.assert(holds, { seed: 38, numRuns: 2000 })
  t.pass('2000 bodies')
})
